package web

import (
	"sync"

	"github.com/outcry/outcry/internal/page"
)

// translation holds the pages in one language other than the site's own. They
// are rendered when somebody first asks for them, and again when they have
// changed and somebody asks: a language that nobody reads costs nothing.
type translation struct {
	memory *page.Memory

	mu    sync.Mutex
	of    *page.World // what views were made of
	views map[string]page.View
	docs  map[string]*held
}

// in gives a page in a language; asked is for somebody who named the language
// in the address, who gets the site's own language in that way too. What is no
// page for people, or cannot be rendered, comes back as it is.
func (s *site) in(h *held, lang int, asked bool) *held {
	if !h.people || lang == 0 && !asked {
		return h
	}
	t := s.translations[lang]
	version := h.doc.Version + "." + s.renderer.Code(lang)
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.docs[h.doc.Path]; d != nil && d.doc.Version == version {
		return d
	}
	if world := s.public.Load(); t.of != world {
		t.of = world
		t.views = t.memory.Localized(*world, lang, s.version)
		t.docs = keepKnown(t.docs, t.views)
	}
	v, ok := t.views[h.doc.Path]
	if !ok {
		return h
	}
	d, err := s.render(v, h.doc.ModTime, t.docs[h.doc.Path])
	if err != nil {
		return h
	}
	d.step = h.step
	d.follow(t.docs[h.doc.Path])
	t.docs[h.doc.Path] = d
	return d
}

// keepKnown drops documents that there are no more.
func keepKnown(docs map[string]*held, views map[string]page.View) map[string]*held {
	out := make(map[string]*held, len(docs))
	for path, d := range docs {
		if _, ok := views[path]; ok {
			out[path] = d
		}
	}
	return out
}

// version of the original at a path.
func (s *site) version(path string) string {
	if h := s.get(path); h != nil {
		return h.doc.Version
	}
	return ""
}

// keptPreferences bounds the memory of Accept-Language headers; a browser sends
// one of a few thousand in use.
const keptPreferences = 4096

// preferences remembers which language an Accept-Language header prefers.
type preferences struct {
	mu    sync.RWMutex
	known map[string]int
}

func (s *site) preferred(header []byte) int {
	if len(header) == 0 || s.languages == 1 {
		return 0
	}
	p := &s.preferences
	p.mu.RLock()
	lang, ok := p.known[string(header)]
	p.mu.RUnlock()
	if ok {
		return lang
	}
	lang = s.renderer.Preferred(string(header))
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= keptPreferences {
		clear(p.known)
	}
	p.known[string(header)] = lang
	return lang
}
