package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// View is all that one document says, and nothing that it does not say.
type View struct {
	Path    string   // the document's URL path
	Aliases []string // further paths of the same document
	// Version names the content: equal versions say the same.
	Version  string
	template string // of an HTML document
	tongue   int    // index of its language
	asked    bool   // for somebody who asked for the language: links keep it
	title    string
	card     string // address of its preview picture; empty: none
	said     string // what it says in one sentence
	data     any    // to the template, or the JSON or XML document itself
	failed   error  // that it cannot be had
	mediaType
}

type mediaType string

const (
	typeHTML mediaType = "text/html; charset=utf-8"
	typeJSON mediaType = "application/json; charset=utf-8"
	typeAtom mediaType = "application/atom+xml; charset=utf-8"
	typeRSS  mediaType = "application/rss+xml; charset=utf-8"

	typeJSONFeed mediaType = "application/feed+json; charset=utf-8"
	typeCalendar mediaType = "text/calendar; charset=utf-8"
	typeSVG      mediaType = "image/svg+xml; charset=utf-8"
	typeText     mediaType = "text/plain; charset=utf-8"
)

// rawJSON is a JSON document that has been written already.
type rawJSON []byte

// seal hashes the view together with the design's fingerprint, so that a new
// release renders everything anew. What is a JSON document is written with it.
func (r *Renderer) seal(v View) View {
	data, ok := v.data.(rawJSON)
	if !ok {
		var err error
		if data, err = json.Marshal(v.data); err != nil {
			v.failed = fmt.Errorf("hash the view of %s: %w", v.Path, err)
			return v
		}
	}
	if v.mediaType == typeJSON || v.mediaType == typeJSONFeed {
		v.data = data
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", r.fingerprint, v.Path, v.template, v.mediaType)
	h.Write(data)
	v.Version = base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
	return v
}

// Thanked gives the variant of a service's page that thanks for a report; ok
// is false for any other view.
func (v View) Thanked() (View, bool) {
	s, ok := v.data.(serviceView)
	if !ok {
		return View{}, false
	}
	s.Thanks = true
	v.data = s
	v.Version += "t"
	return v, true
}

// Open gives the world without what only locked pages show: those pages, and
// services that no open page names. A page of "all services" names none.
func (w World) Open() World {
	locked, open := make(map[string]bool), make(map[string]bool)
	var pages []Page
	for _, p := range w.Pages {
		in := open
		if p.Locked {
			in = locked
		} else {
			pages = append(pages, p)
		}
		for _, id := range p.Services {
			in[id] = true
		}
	}
	w.Pages = pages
	return w.hide(func(id string) bool { return locked[id] && !open[id] })
}

// On gives the world as one page of it shows it.
func (w World) On(page string) World {
	i := slices.IndexFunc(w.Pages, func(p Page) bool { return p.ID == page })
	if i < 0 {
		return World{Now: w.Now, Heard: w.Heard}
	}
	p := w.Pages[i]
	w.Pages = []Page{p}
	if len(p.Services) == 0 {
		return w
	}
	return w.hide(func(id string) bool { return !slices.Contains(p.Services, id) })
}

// hide makes services private.
func (w World) hide(hidden func(id string) bool) World {
	w.Services = slices.Clone(w.Services)
	for i := range w.Services {
		w.Services[i].Private = w.Services[i].Private || hidden(w.Services[i].ID)
	}
	return w
}

// Views gives the view of every document of the world, in the site's own
// language; what programs read is always in English.
func (r *Renderer) Views(w World) ([]View, error) { return r.views(w, nil) }

// Views gives the same, and remembers it.
func (m *Memory) Views(w World) ([]View, error) {
	defer m.begin()()
	return m.r.views(w, m)
}

func (r *Renderer) views(w World, m *Memory) ([]View, error) {
	own := r.builder(w, r.tongues[0], m)
	plain := own
	if own.Code != english {
		plain = r.builder(w, r.english(), m)
	}
	views := append(own.pages(), plain.documents()...)
	Spread(len(views), func(i int) {
		if views[i].Version == "" && views[i].failed == nil {
			views[i] = r.seal(views[i])
		}
	})
	var failed []error
	for i := range views {
		failed = append(failed, views[i].failed)
	}
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return views, nil
}

// Localized gives the pages for people in another language than the site's
// own, by path. Their versions are those of the originals, marked with the
// language: a page is out of date when its original is.
func (m *Memory) Localized(w World, lang int, original func(path string) (version string)) map[string]View {
	defer m.begin()()
	b := m.r.builder(w, m.r.tongues[lang], m)
	b.seal = nil
	out := make(map[string]View)
	for _, v := range b.pages() {
		v.tongue, v.asked = lang, true
		v.Version = original(v.Path) + "." + b.Code
		out[v.Path] = v
		for _, a := range v.Aliases {
			out[a] = v
		}
	}
	return out
}

// builder makes one for all views, which remembers what m remembers.
func (r *Renderer) builder(w World, in *tongue, m *Memory) *builder {
	b := newBuilder(r.opt, w, in)
	b.memory, b.seal = m, r.seal
	b.print()
	return b
}

// view keeps a document, with its version.
func (b *builder) view(what, id string, inputs uint64, make func(*builder) View) View {
	return keep(b, what, id, inputs, func(b *builder) View {
		if b.seal == nil {
			return make(b)
		}
		return b.seal(make(b))
	})
}

// pages are the documents for people.
func (b *builder) pages() []View {
	views := b.overviews()
	services := make([]View, len(b.standings))
	Spread(len(services), func(i int) {
		s := b.standings[i]
		services[i] = b.view("service", s.ID, s.prints.all, func(b *builder) View { return b.service(s) })
	})
	views = append(views, services...)
	for i := range b.world.Incidents {
		in := &b.world.Incidents[i]
		views = append(views, b.view("incident", in.ID, b.linked(in), func(b *builder) View { return b.incident(in) }))
	}
	views = append(views, b.histories()...)
	views = append(views, b.view("accuracy", "", b.prints.ledger, (*builder).accuracy))
	return append(views, b.widgets()...)
}

// documents are those for programs.
func (b *builder) documents() []View {
	views := b.several("v2", b.prints.v2, (*builder).statuspage)
	views = append(views, b.several("feeds", b.prints.feeds, (*builder).feeds)...)
	views = append(views, b.badges()...)
	views = append(views, b.serviceViews()...)
	return append(views, b.view("vendors", "", b.prints.vendors, func(b *builder) View {
		return View{Path: "/api/v1/vendors", mediaType: typeJSON, data: map[string][]VendorAPI{"vendors": b.recorded()}}
	}))
}

// several keeps documents that are made of the same.
func (b *builder) several(what string, inputs uint64, make func(*builder) []View) []View {
	return keep(b, what, "", inputs, func(b *builder) []View {
		out := make(b)
		for i := range out {
			out[i] = b.seal(out[i])
		}
		return out
	})
}
