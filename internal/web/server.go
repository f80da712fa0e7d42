package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// Config is what the operator sets.
type Config struct {
	Page         page.Options
	MaxListeners int               // of the live stream; further ones are told to poll; default 10,000
	Heartbeat    time.Duration     // of the live stream; default 15 s
	Operators    map[string]string // bearer tokens by operator's name; none: nobody commands
	Version      string            // of the product, for the API's description
}

// Tallier reads counts back.
type Tallier interface {
	// Tallies gives the merged report tallies of one service with from ≤ tick < to,
	// in order.
	Tallies(ctx context.Context, service string, from, to outcry.Tick) ([]outcry.Tally, error)
}

// Library reads incidents as operators see them, with what is not public.
type Library interface {
	Incident(ctx context.Context, id string) (outcry.Incident, error)
	Incidents(ctx context.Context, q Query) ([]outcry.Incident, error)
}

// Query chooses incidents, newest first.
type Query struct {
	Open    bool   // only those that are not over
	Service string // only those about it
	Limit   int
}

// Commander carries out what an operator says and gives the incident as it is
// then.
type Commander interface {
	Do(ctx context.Context, c Command) (outcry.Incident, error)
}

// Deps are the parts that the server is fitted with. Log is required; what
// stands behind a missing part answers that it is not available.
type Deps struct {
	Log       *slog.Logger
	Now       func() time.Time // time.Now when nil
	Metrics   prometheus.Registerer
	Tallies   Tallier
	Library   Library
	Commander Commander
	Reports   http.Handler            // POST /api/v1/reports
	Mounts    map[string]http.Handler // further handlers by ServeMux pattern: alert webhooks
}

// Server serves one site. It is an [http.Handler].
type Server struct {
	config   Config
	deps     Deps
	renderer *page.Renderer
	site     *site
	hub      *hub
	meter    *meter
	tokens   []token
	rest     http.Handler // everything that is not a finished document
	patterns []string
}

// New makes a server whose pages say that nothing has been heard yet.
func New(c Config, d Deps) (*Server, error) {
	if d.Log == nil {
		return nil, errors.New("web: a logger is required")
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if c.MaxListeners == 0 {
		c.MaxListeners = 10_000
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 15 * time.Second
	}
	r, err := page.New(c.Page)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, deps: d, renderer: r, hub: newHub(c.MaxListeners), tokens: newTokens(c.Operators)}
	if s.meter, err = newMeter(d.Metrics, s.hub); err != nil {
		return nil, err
	}
	if s.site, err = newSite(r); err != nil {
		return nil, err
	}
	s.rest = s.routes()
	return s, s.Publish(page.World{Now: d.Now()})
}

// ServeHTTP serves finished documents at once and hands the rest on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if h := s.site.get(r.URL.Path); h != nil {
			s.meter.document(h.kind, h.serve(w, r))
			return
		}
	}
	s.rest.ServeHTTP(w, r)
}

// Publish makes the world what visitors see. It renders what has changed,
// swaps it in and tells the listeners. It may be called from any goroutine;
// an error leaves the documents that it concerns as they were.
func (s *Server) Publish(w page.World) error {
	changed, err := s.site.publish(w, s.deps.Now())
	s.meter.rendered(len(changed))
	s.hub.wake(changed)
	return err
}

// Run re-reads the clock for the last world until the context ends, so that
// its age shows when nobody publishes any more. Then it lets the listeners go.
func (s *Server) Run(ctx context.Context) error {
	defer s.hub.close()
	tick := time.NewTicker(outcry.TickLength)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.age()
		}
	}
}

// age publishes the last world again once it is out of date.
func (s *Server) age() {
	now := s.deps.Now()
	w := s.site.lastWorld()
	if now.Sub(w.Now) < page.StaleAfter {
		return
	}
	w.Now = now
	if err := s.Publish(w); err != nil {
		s.deps.Log.Error("page not rendered anew", "err", err)
	}
}
