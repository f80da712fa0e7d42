package page

import "net/url"

// widgetView is what an embedded frame shows: one line for each service.
type widgetView struct {
	Hero Hero
	Rows []*fragment // of rowViews
	Home string      // address of the whole page; the frame's link opens it
}

// widgets gives /widget for all services and /widget/{service} for each: small
// documents that other sites may frame (see [Renderer.FramePolicy]).
func (b *builder) widgets() []View {
	out := []View{b.widget("/widget", "/", b.standings)}
	for _, s := range b.standings {
		out = append(out, b.view("widget", s.ID, s.prints.state, func(b *builder) View {
			return b.widget("/widget/"+url.PathEscape(s.ID), servicePath(s.ID), []*standing{s})
		}))
	}
	return out
}

func (b *builder) widget(path, home string, of []*standing) View {
	v := widgetView{Hero: b.overall(of), Home: home}
	for _, s := range of {
		v.Rows = append(v.Rows, b.fragment("line", s.ID, s.prints.state, func(*builder) any {
			return rowView{Name: s.name, Path: servicePath(s.ID), Status: s.status}
		}))
	}
	return View{Path: path, template: "widget", title: b.opt.Name, mediaType: typeHTML, data: v}
}

// Framable reports whether a view is one that other sites may frame.
func (v View) Framable() bool { return v.template == "widget" }
