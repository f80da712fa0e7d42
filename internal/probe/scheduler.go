package probe

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Config is what a scheduler needs.
type Config struct {
	Vantage     string       // name of the place from which its checks run
	Scope       outcry.Scope // region and carrier of the vantage
	References  []string     // HOST:PORT that answer a TCP connect when we are online
	Concurrency int          // runs at a time; 0: DefaultConcurrency
	Env         Env          // to dial the references
	Log         *slog.Logger
	Metrics     *Metrics // may be nil
}

// DefaultConcurrency bounds the runs at a time: enough for 10,000 checks of
// which a third hang. Beyond it runs are late, and counted as such.
const DefaultConcurrency = 4096

// slack is how early a run may begin, so that one wake-up serves several.
const slack = time.Millisecond

// Scheduler runs checks. One goroutine owns all state and has a crew of others do
// the runs.
type Scheduler struct {
	cfg    Config
	outbox *Outbox
	log    *slog.Logger

	mu      sync.Mutex
	pending []Check // of the last Update that the loop has not taken
	changed chan struct{}

	// Of the loop only:
	agenda   agenda
	entries  map[string]*entry
	byHost   map[string][]*entry
	phases   *phases
	vantage  *Vantage
	held     []*run // failures whose witnesses are being heard
	reviewed time.Time
	refs     *references
	names    *lookups
	flying   int
	cut      bool // what was last announced of the vantage
	ended    chan *run
	crew     crew
}

// run is one run of a check.
type run struct {
	entry    *entry
	began    time.Time
	finished time.Time
	result   Result
}

// NewScheduler makes a scheduler without checks that sends to the sender.
func NewScheduler(cfg Config, to Sender) *Scheduler {
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = DefaultConcurrency
	}
	ended := make(chan *run, 256)
	return &Scheduler{
		cfg: cfg, log: cfg.Log, outbox: NewOutbox(to, cfg.Log, cfg.Metrics),
		changed: make(chan struct{}, 1), ended: ended, crew: crew{jobs: make(chan *run), ended: ended},
		entries: make(map[string]*entry), byHost: make(map[string][]*entry),
		phases: newPhases(cfg.Vantage), vantage: NewVantage(len(cfg.References) > 0),
		refs: newReferences(cfg.References, cfg.Env), names: newLookups(cfg.Env),
	}
}

// Update replaces the checks, also while running. Those that are the same
// as before go on undisturbed; probers that are not taken are closed. When a
// check is invalid nothing changes, and the error tells of all of them.
func (s *Scheduler) Update(checks []Check) error {
	normal := make([]Check, len(checks))
	names := make(map[string]bool, len(checks))
	var errs []error
	for i, c := range checks {
		n, err := c.normal()
		if err == nil && names[c.Name] {
			err = outcry.FieldErrorf("name", "two checks are called %s", c.Name)
		}
		errs = append(errs, err)
		normal[i], names[c.Name] = n, true
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.mu.Lock()
	superseded := s.pending
	s.pending = normal
	s.mu.Unlock()
	closeProbers(superseded, s.log)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return nil
}

// Run schedules until the context ends. It returns when every run is over,
// probers are closed and what was found is sent, or lost after a few seconds.
func (s *Scheduler) Run(ctx context.Context) {
	var outbox sync.WaitGroup
	defer outbox.Wait()
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop() // after the last signal was added
	outbox.Go(func() { s.outbox.Run(sending) })

	s.loop(ctx)
	for ; s.flying > 0; s.flying-- {
		<-s.ended // they end soon: their context has
	}
	s.crew.all.Wait()
	s.refs.wait()
	s.names.wait()
	for _, e := range s.entries {
		closeProber(e.check.Prober, s.log)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	closeProbers(s.pending, s.log) // of an Update that came too late
	s.pending = nil
}

func (s *Scheduler) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	s.refs.ask(ctx) // to learn whether they ever answer
	rounds := s.refs.ticks()
	defer rounds.Stop()
	for {
		timer.Reset(s.wake())
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
			s.take()
		case r := <-s.ended:
			s.finish(ctx, r)
		case r := <-s.refs.done:
			s.refs.flying = false
			s.vantage.Round(r.began, r.ended, r.answered)
		case r := <-s.names.done:
			s.names.flying = false
			s.vantage.Looked(r.began, r.ended, r.answered)
		case <-rounds.C:
			s.refs.ask(ctx)
		case <-timer.C:
		}
		s.start(ctx)
		s.review(time.Now())
	}
}

// wake is how long there is nothing to do.
func (s *Scheduler) wake() time.Duration {
	d := time.Hour
	if len(s.agenda) > 0 && s.flying < s.cfg.Concurrency {
		d = time.Until(s.agenda[0].due)
	}
	if len(s.held) > 0 {
		d = min(d, time.Until(s.reviewed.Add(reviewEvery)))
	}
	return max(d, 0)
}

// start begins the runs that are due.
func (s *Scheduler) start(ctx context.Context) {
	now := time.Now()
	for len(s.agenda) > 0 && s.flying < s.cfg.Concurrency && s.agenda[0].due.Sub(now) <= slack {
		e := s.agenda[0]
		s.agenda.remove(e)
		s.cfg.Metrics.started(max(now.Sub(e.due), 0))
		e.running, e.began = true, now
		s.flying++
		s.crew.do(ctx, &run{entry: e, began: now})
	}
}

// finish takes the result of a run, and puts its check back on the agenda.
func (s *Scheduler) finish(ctx context.Context, r *run) {
	s.flying--
	e := r.entry
	e.running = false
	if e.removed {
		closeProber(e.check.Prober, s.log)
		return
	}
	s.cfg.Metrics.skip(e.next(r.finished))
	s.agenda.add(e)
	if ctx.Err() == nil {
		s.conclude(ctx, r)
	}
}

// emit sends the signal of a run.
func (s *Scheduler) emit(r *run) {
	c := &r.entry.check
	s.cfg.Metrics.ran(c.Type, &r.result)
	at := r.finished.UTC().Truncate(time.Millisecond)
	signal := outcry.Signal{
		Kind: outcry.KindProbe, Outcome: r.result.Outcome, At: at, Service: c.Service,
		Scope: within(c.Scope, s.cfg.Scope), Vantage: outcry.Route(s.cfg.Vantage, c.Scope), Reason: string(r.result.Reason),
		Latency: r.result.Latency.Round(time.Millisecond), ID: signalID(s.cfg.Vantage, c.Name, at),
	}
	if r.result.Outcome == outcry.Bad {
		signal.Symptom = c.Symptom
	}
	s.outbox.Add(signal)
}

// within is the scope of a check from a vantage: its own where it has one, as a
// check of one carrier's route has, else the vantage's.
func within(check, vantage outcry.Scope) outcry.Scope {
	return outcry.Scope{
		Region: cmp.Or(check.Region, vantage.Region), Carrier: cmp.Or(check.Carrier, vantage.Carrier),
		Platform: cmp.Or(check.Platform, vantage.Platform), Version: cmp.Or(check.Version, vantage.Version),
		Segment: cmp.Or(check.Segment, vantage.Segment),
	}
}

func closeProbers(checks []Check, log *slog.Logger) {
	for i := range checks {
		closeProber(checks[i].Prober, log)
	}
}

func closeProber(p Prober, log *slog.Logger) {
	c, ok := p.(io.Closer)
	if !ok {
		return
	}
	if err := c.Close(); err != nil {
		log.Warn("a prober could not be closed", "error", err)
	}
}
