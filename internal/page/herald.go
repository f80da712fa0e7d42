package page

import (
	"html"
	"sync"
	"time"

	"github.com/microcosm-cc/bluemonday"

	"github.com/outcry/outcry"
)

// Call is what a visitor's browser shows when it is told of a service, in the
// visitor's language.
type Call struct {
	Title string `json:"title"`
	// Body may name instants as {0}, {1}: the browser says them in its own zone.
	Body string      `json:"body,omitempty"`
	At   []time.Time `json:"at,omitempty"`
	Lang string      `json:"lang"`
	Dir  string      `json:"dir"`
	Path string      `json:"path"` // on the site that was subscribed at
	Tag  string      `json:"tag"`  // a newer call of the same one takes its place
}

// Herald says in every language of the pages what has become of an incident.
type Herald struct{ tongues map[string]*tongue }

// NewHerald reads the languages.
func NewHerald() (*Herald, error) {
	all, err := newTongues()
	if err != nil {
		return nil, err
	}
	h := &Herald{tongues: make(map[string]*tongue, len(all))}
	for _, w := range all {
		h.tongues[w.Code] = w
	}
	return h, nil
}

// maxCall bounds what is said of an update, in runes.
const maxCall = 240

// Say tells a notice about one service, of that name.
func (h *Herald) Say(lang, name string, n *outcry.Notice) Call {
	w := h.tongues[lang]
	if w == nil {
		w = h.tongues[english]
	}
	in, service := &n.Incident, ""
	if len(in.Services) > 0 {
		service = in.Services[0]
	}
	name = clean(name, maxName)
	c := Call{Lang: w.Code, Dir: w.Dir, Path: servicePath(service) + "?lang=" + w.Code, Tag: service}
	switch {
	case n.Kind != outcry.NoticeResolved:
		c.Title, c.Body = w.t(phrasesOf(present(in)).one, name), w.t(stateWord(n.Update.State))
		if said := clean(plainly(n.Update.Body), maxCall); said != "" {
			c.Body = w.t("%[1]s: %[2]s", c.Body, said)
		}
	case in.State == outcry.StateDismissed:
		c.Title, c.Body = w.t("%s is working.", name), w.t("Withdrawn: it was nothing")
	default:
		c.Title = w.t("%s is working again.", name)
		c.Body, c.At = w.t("It was failing from about %[1]s until %[2]s.", "{0}", "{1}"), []time.Time{began(in).UTC(), over(in).UTC()}
	}
	return c
}

// over is when people stopped to feel it.
func over(in *outcry.Incident) time.Time {
	if at := in.Over(); !at.IsZero() {
		return at
	}
	return ended(in, in.UpdatedAt)
}

// bare takes all markup out of HTML.
// fixed: it does not change after it is made.
var bare = sync.OnceValue(bluemonday.StrictPolicy)

// plainly is what Markdown says, without its marks.
func plainly(text string) string { return html.UnescapeString(bare().Sanitize(string(marked(text)))) }
