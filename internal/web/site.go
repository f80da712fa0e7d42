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
	docs     atomic.Pointer[map[string]*held]
	public   atomic.Pointer[page.World] // as strangers may know it
	fixed    map[string]*held           // the script, and robots.txt

	mu   sync.Mutex
	last page.World // as it was published
}

func newSite(r *page.Renderer) (*site, error) {
	s := &site{renderer: r, fixed: make(map[string]*held)}
	robots, err := page.NewDocument("/robots.txt", "1", "text/plain; charset=utf-8", time.Unix(0, 0), []byte("User-agent: *\nDisallow: /events\n"))
	if err != nil {
		return nil, err
	}
	s.fixed[robots.Path] = hold(robots, nil, "", cacheDay)
	s.fixed[r.Script().Path] = hold(r.Script(), nil, "", cacheForEver)
	s.docs.Store(&s.fixed)
	s.public.Store(&page.World{})
	return s, nil
}

func (s *site) get(path string) *held { return (*s.docs.Load())[path] }

func (s *site) lastWorld() page.World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// publish renders the views that are new and gives their paths. A document
// that cannot be rendered stays as it was.
func (s *site) publish(w page.World, now time.Time) (changed []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	views, err := s.renderer.Views(w)
	if err != nil {
		return nil, err
	}
	old := *s.docs.Load()
	docs := make(map[string]*held, len(views)+len(s.fixed)+1)
	for path, h := range s.fixed {
		docs[path] = h
	}
	var problems []error
	for _, v := range views {
		h := old[v.Path]
		if h == nil || h.doc.Version != v.Version {
			fresh, err := s.render(v, now)
			switch {
			case err == nil:
				h, changed = fresh, append(changed, v.Path)
			case h == nil:
				problems = append(problems, err)
				continue
			default:
				problems = append(problems, err)
			}
		}
		docs[v.Path] = h
		for _, a := range v.Aliases {
			docs[a] = h
		}
	}
	public := w.Public()
	s.last = w
	s.public.Store(&public)
	s.docs.Store(&docs)
	return changed, errors.Join(problems...)
}

// render makes a document, and keeps the recipe of its thank-you variant for
// when the first reporter asks for it.
func (s *site) render(v page.View, now time.Time) (*held, error) {
	doc, err := s.renderer.Render(v, now)
	if err != nil {
		return nil, err
	}
	policy := ""
	if strings.HasPrefix(doc.ContentType, "text/html") {
		policy = s.renderer.Policy()
	}
	h := hold(doc, nil, policy, cachePage)
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
