package page

import (
	"time"
)

// Problem is a page that tells a person what went wrong with a request.
type Problem struct {
	Status    int    // of HTTP
	Title     string // "There is no such page"
	Message   string // what to do about it
	Field     string // of the input, when it is at fault
	RequestID string // to quote to the operator; may be empty
	Back      string // path to go on to; "/" when empty
	Lang      int
}

// Problem renders an error page. It is not compressed: it is made for one
// request.
func (r *Renderer) Problem(p Problem, now time.Time) ([]byte, error) {
	p.Title, p.Message, p.Field = clean(r.tongues[p.Lang].t(p.Title), maxLine), clean(p.Message, maxLine), clean(p.Field, maxName)
	if p.Back == "" {
		p.Back = "/"
	}
	return r.html(View{template: "problem", title: p.Title, mediaType: typeHTML, data: p, tongue: p.Lang}, now, 0)
}
