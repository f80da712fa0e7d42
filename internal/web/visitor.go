package web

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// Places knows where a visitor is, by the address that the front door would
// count them under; what it does not know is empty.
type Places interface {
	Whereabouts(r *http.Request) (region, carrier string)
}

// you serves GET /s/{service}/you: is it just me? It is made for one visitor
// and kept by nobody.
func (s *Server) you(w http.ResponseWriter, r *http.Request) error {
	at := s.at(r)
	v := page.Visitor{}
	v.Lang, v.Asked = at.language(r)
	if s.deps.Places != nil {
		v.Region, v.Carrier = s.deps.Places.Whereabouts(r)
	}
	world := *at.public.Load()
	body, ok, err := at.renderer.You(world, r.PathValue("service"), v)
	if err != nil {
		return fmt.Errorf("render the answer to one visitor: %w", err)
	}
	if !ok {
		return outcry.Errorf(outcry.CodeNotFound, "It may have been withdrawn, or the address has a mistake.")
	}
	return page200(w, at, body)
}

// search serves GET /search?q=.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	at := s.at(r)
	v := page.Visitor{}
	v.Lang, v.Asked = at.language(r)
	body, err := at.renderer.Search(*at.public.Load(), r.URL.Query().Get("q"), v)
	if err != nil {
		return fmt.Errorf("render a search: %w", err)
	}
	return page200(w, at, body)
}

// page200 answers with a page that was made for one request.
func page200(w http.ResponseWriter, at *site, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", at.renderer.Policy())
	h.Set("Cache-Control", "private, no-store")
	h["Cross-Origin-Opener-Policy"] = valueOpener
	_, _ = w.Write(body) // the visitor may have gone
	return nil
}

// pictures are the preview cards that somebody has asked for, each drawn once per
// version of its page. A drawing takes tens of milliseconds, so two are never
// made at a time.
type pictures struct {
	mu   *sync.Mutex
	docs map[string]*held
}

func newPictures() pictures { return pictures{&sync.Mutex{}, make(map[string]*held)} }

// card serves GET /s/{service}/card.png.
func (s *Server) card(w http.ResponseWriter, r *http.Request) error {
	at := s.at(r)
	h, err := at.card(r.PathValue("service"))
	if err != nil {
		return err
	}
	h.serve(w, r)
	return nil
}

func (s *site) card(service string) (*held, error) {
	of := s.get("/s/" + service)
	if of == nil || of.kind != kindService {
		return nil, outcry.Errorf(outcry.CodeNotFound, "there is no such service")
	}
	s.cards.mu.Lock()
	defer s.cards.mu.Unlock()
	if h := s.cards.docs[service]; h != nil && h.doc.Version == of.doc.Version {
		return h, nil
	}
	png, ok, err := s.renderer.Card(*s.public.Load(), service)
	if err != nil {
		return nil, fmt.Errorf("draw the card of %s: %w", service, err)
	}
	if !ok {
		return nil, outcry.Errorf(outcry.CodeNotFound, "there is no such service")
	}
	cache := cacheCard
	if s.gate != nil {
		cache = cachePrivate
	}
	h := hold(page.NewCard("/s/"+service+"/card.png", of.doc.Version, of.doc.ModTime, png), nil, "", cache)
	s.cards.docs[service] = h // at most one per service
	return h, nil
}

// cacheCard lets those who show previews keep a picture for a minute.
const cacheCard = "public, max-age=60, stale-if-error=86400"
