package web

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outcry/outcry/internal/page"
)

// site holds the finished documents. Readers load one pointer; writers take
// turns.
type site struct {
	renderer *page.Renderer
	memory   *page.Memory
	docs     atomic.Pointer[map[string]*held]
	public   atomic.Pointer[page.World] // as strangers may know it
	fixed    map[string]*held           // the scripts, and robots.txt

	page         string // its page's ID; empty: every page that is not locked
	host         string // that it answers for; empty: for all that have no other
	gate         *gate  // nil: open to everybody
	languages    int
	translations []*translation // by the renderer's index of languages
	preferences  preferences
	cards        pictures

	mu   sync.Mutex
	step uint64 // changes published so far
}

func newSite(r *page.Renderer) (*site, error) {
	s := &site{renderer: r, memory: r.NewMemory(), fixed: make(map[string]*held), languages: len(r.Languages()), preferences: preferences{known: make(map[string]int)}, cards: newPictures()}
	for range s.languages {
		s.translations = append(s.translations, &translation{memory: r.NewMemory(), docs: make(map[string]*held)})
	}
	robots, err := r.Robots()
	if err != nil {
		return nil, err
	}
	s.fixed[robots.Path] = hold(robots, nil, "", cacheDay)
	for _, a := range r.Brand() {
		cache := cacheHour
		switch {
		case r.Locked():
			cache = cachePrivate
		case a.ForEver:
			cache = cacheForEver
		}
		s.fixed[a.Path] = hold(a.Document, nil, a.Policy, cache)
	}
	s.fixed[r.Script().Path] = hold(r.Script(), nil, "", cacheForEver)
	s.fixed[r.Widget().Path] = hold(r.Widget(), nil, "", cacheHour)
	s.fixed[r.Worker().Path] = hold(r.Worker(), nil, r.WorkerPolicy(), cachePage)
	s.docs.Store(&s.fixed)
	s.public.Store(&page.World{})
	return s, nil
}

func (s *site) get(path string) *held { return (*s.docs.Load())[path] }

// publish renders the views that are new and gives their paths. A document
// that cannot be rendered stays as it was.
func (s *site) publish(w page.World, now time.Time) (changed []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w = s.worldOf(w)
	views, err := s.memory.Views(w)
	if err != nil {
		return nil, err
	}
	s.step++
	old := *s.docs.Load()
	docs := make(map[string]*held, len(views)+len(s.fixed)+1)
	for path, h := range s.fixed {
		docs[path] = h
	}
	fresh, failed := s.renderAll(views, old, now)
	var problems []error
	for i, v := range views {
		h := old[v.Path]
		if failed[i] != nil {
			problems = append(problems, failed[i])
		}
		if n := fresh[i]; n != nil {
			n.step = s.step
			n.follow(h)
			h, changed = n, append(changed, v.Path)
		}
		if h == nil {
			continue
		}
		docs[v.Path] = h
		for _, a := range v.Aliases {
			docs[a] = h
		}
	}
	public := w.Public()
	s.public.Store(&public)
	s.docs.Store(&docs)
	return changed, errors.Join(problems...)
}

// worldOf is the part of the world that this site shows.
func (s *site) worldOf(w page.World) page.World {
	if s.page == "" {
		return w.Open()
	}
	return w.On(s.page)
}

// renderAll makes the documents of those views of which the old one is of
// another version. What it gives is in the order of the views, nil where nothing
// was to be made.
func (s *site) renderAll(views []page.View, old map[string]*held, now time.Time) ([]*held, []error) {
	fresh, failed := make([]*held, len(views)), make([]error, len(views))
	page.Spread(len(views), func(i int) {
		if h := old[views[i].Path]; h == nil || h.doc.Version != views[i].Version {
			fresh[i], failed[i] = s.render(views[i], now, h)
		}
	})
	return fresh, failed
}

// render makes a document, and keeps the recipe of its thank-you variant for
// when the first reporter asks for it.
func (s *site) render(v page.View, now time.Time, old *held) (*held, error) {
	var before *page.Document
	if old != nil {
		before = old.doc
	}
	doc, err := s.renderer.RenderAfter(before, v, now)
	if err != nil {
		return nil, err
	}
	policy := ""
	switch {
	case v.Framable():
		policy = s.renderer.FramePolicy()
	case strings.HasPrefix(doc.ContentType, "text/html"):
		policy = s.renderer.Policy()
	}
	cache := cachePage
	if s.gate != nil {
		cache = cachePrivate
	}
	h := hold(doc, nil, policy, cache)
	if thanked, ok := v.Thanked(); ok {
		h.thanks = sync.OnceValue(func() *held {
			doc, err := s.renderer.Render(thanked, now)
			if err != nil {
				return nil // the page without the thanks is served instead
			}
			return hold(doc, nil, policy, cachePrivate)
		})
	}
	return h, nil
}
