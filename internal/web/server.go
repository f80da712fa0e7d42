package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
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
	Readers      []Reader          // who may see what operators see, and change nothing
	Version      string            // of the product, for the API's description
	Sites        []Site            // pages with a host of their own
	Origins      []string          // sites whose pages may hold a report form: https://www.example.com
	Descriptors  int               // that the process may have open; zero: what the system says
}

// Reader is the holder of a token of the role read.
type Reader struct {
	Name, Secret string
	Only         bool // the token has no other role: whatever it changes is refused
}

// Site is a page that has a host of its own.
type Site struct {
	ID       string // the page's
	Host     string // that it answers for, without a port
	Password string // that opens it, with any user name; empty: it is open to everybody
	Page     page.Options
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
	Reports   http.Handler // POST /api/v1/reports
	Places    Places       // nil: visitors' places are not known
	Moderator Moderator    // nil: no comments are kept here
	Planner   Planner      // nil: nobody plans maintenance here
	// Subscribers keeps who wants to be told; nil: nobody is. The pages offer it
	// where their options have a key.
	Subscribers Subscribers
	Turnstile   Turnstile               // for strangers' requests besides reports; nil lets all through
	Mounts      map[string]http.Handler // further handlers by ServeMux pattern: alert webhooks
}

// Server serves one site. It is an [http.Handler].
type Server struct {
	config   Config
	deps     Deps
	renderer *page.Renderer
	site     *site            // of every host that has no other
	sites    []*site          // all, the main one first
	hosts    map[string]*site // those with a host of their own
	last     atomic.Pointer[page.World]
	hub      *hub
	room     *room
	life     string // names this run of the process in the live stream's ids
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
	s := &Server{config: c, deps: d, renderer: r, hub: newHub(c.MaxListeners), room: newRoom(c.Descriptors), life: rand.Text()[:8], tokens: newTokens(c.Operators, c.Readers)}
	if s.meter, err = newMeter(d.Metrics, s.hub); err != nil {
		return nil, err
	}
	if err := s.addSites(r); err != nil {
		return nil, err
	}
	if s.rest, err = s.routes(); err != nil {
		return nil, err
	}
	return s, s.Publish(page.World{Now: d.Now()})
}

// ServeHTTP serves finished documents at once and hands the rest on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.room.crowded() {
		w.Header()["Connection"] = valueClose
	}
	at := s.at(r)
	if at.gate != nil && !s.admits(at, w, r) {
		return
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if h := at.get(r.URL.Path); h != nil {
			lang, asked := at.language(r)
			s.meter.document(h.kind, at.in(h, lang, asked).serve(w, r))
			return
		}
	}
	s.rest.ServeHTTP(w, r)
}

// Publish makes the world what visitors see. It renders what has changed,
// swaps it in and tells the listeners. It may be called from any goroutine;
// an error leaves the documents that it concerns as they were.
func (s *Server) Publish(w page.World) error {
	s.last.Store(&w)
	var problems []error
	for _, at := range s.sites {
		changed, err := at.publish(w, s.deps.Now())
		problems = append(problems, err)
		s.meter.rendered(len(changed))
		s.hub.wake(at.host, changed)
	}
	return errors.Join(problems...)
}

func (s *Server) lastWorld() page.World { return *s.last.Load() }

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
	w := s.lastWorld()
	if now.Sub(w.Now) < page.StaleAfter {
		return
	}
	w.Now = now
	if err := s.Publish(w); err != nil {
		s.deps.Log.Error("page not rendered anew", "err", err)
	}
}
