package listen

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
)

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Config is what a listener needs.
type Config struct {
	Guard     *netguard.Guard // nil: the strictest
	UserAgent string          // how we call ourselves; empty: "Outcry"
	Flights   int             // documents that are fetched at a time; 0: 64
	Now       func() time.Time
	Log       *slog.Logger
	Metrics   *Metrics // may be nil
}

// Listener polls sources.
type Listener struct {
	cfg     Config
	to      Sender
	fetcher *fetcher
	flights chan struct{}
	seed    maphash.Seed
	sources []*source
}

// New makes a listener to some sources. Its error is of CodeInvalid, and names
// every source that is wrong.
func New(cfg Config, sources []Source, to Sender) (*Listener, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "Outcry"
	}
	if cfg.Flights <= 0 {
		cfg.Flights = 64
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	l := &Listener{
		cfg: cfg, to: to, fetcher: newFetcher(cfg.Guard, cfg.UserAgent), flights: make(chan struct{}, cfg.Flights), seed: maphash.MakeSeed(),
	}
	var errs []error
	for _, s := range sources {
		one, err := newSource(s, cfg.Now)
		errs = append(errs, err)
		l.sources = append(l.sources, one)
	}
	return l, errors.Join(errs...)
}

// spread is over how long the first polls are spread, at most.
const spread = 30 * time.Second

// Run polls until the context ends.
func (l *Listener) Run(ctx context.Context) {
	defer l.fetcher.close()
	l.cfg.Metrics.listening(len(l.sources))
	var all sync.WaitGroup
	for _, s := range l.sources {
		all.Go(func() {
			wait := rand.N(min(s.Interval, spread)/2 + 1)
			for sleep(ctx, wait) {
				wait = l.poll(ctx, s)
			}
		})
	}
	all.Wait()
}

// sleep waits; false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// poll looks at a source once, says what there is to say, and gives the time
// until the next look.
func (l *Listener) poll(ctx context.Context, s *source) time.Duration {
	select {
	case l.flights <- struct{}{}:
		defer func() { <-l.flights }()
	case <-ctx.Done():
		return 0
	}
	result, err := l.look(ctx, s)
	if ctx.Err() != nil {
		return 0
	}
	l.cfg.Metrics.polled(s.Type, result)
	l.account(s, result, err)
	signals := s.voice.signals(s.now())
	if len(signals) > 0 {
		if err := l.to.Send(ctx, signals); err != nil {
			l.cfg.Log.Warn("listen: what a vendor says cannot be sent, will try again", "source", s.Name, "error", err)
			return jitter(min(s.Interval, 5*time.Second))
		}
		s.voice.sent(signals)
		l.cfg.Metrics.said(signals)
	}
	return s.next(err)
}

// Results of a look, as metrics name them.
const (
	resultChanged   = "changed"
	resultUnchanged = "unchanged"
	resultNonsense  = "nonsense"
	resultAway      = "away"
	resultThrottled = "throttled"
)

// look fetches and reads a source's documents.
func (l *Listener) look(ctx context.Context, s *source) (result string, err error) {
	changed := false
	keep := len(s.docs) > 1 || s.Format.Ages
	bodies := make([][]byte, len(s.docs))
	for i, d := range s.docs {
		got, err := l.fetcher.fetch(ctx, d, s.now())
		if err != nil {
			return classify(err), fmt.Errorf("fetch %s: %w", d.url.Redacted(), err)
		}
		changed = d.take(got, keep, l.seed) || changed
		if bodies[i] = got.body; got.unchanged {
			bodies[i] = d.body
		}
	}
	if !changed && s.voice.heard != nil && !s.Format.Ages {
		s.voice.hear(nil)
		return resultUnchanged, nil
	}
	doc, err := sense(s.Format, bodies, s.now())
	if err != nil {
		for _, d := range s.docs {
			d.forget()
		}
		return resultNonsense, err
	}
	s.voice.hear(&doc)
	return resultChanged, nil
}

// classify tells a failure to reach the page from a page of nonsense.
func classify(err error) string {
	a, ok := errors.AsType[*away](err)
	switch {
	case !ok:
		return resultNonsense
	case a.status == 429 || a.retryAfter > 0:
		return resultThrottled
	default:
		return resultAway
	}
}

// sense reads documents; a reader that panics has read nonsense.
func sense(f Format, bodies [][]byte, now time.Time) (d Document, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the reader broke on it: %v", v)
		}
	}()
	return f.Read(bodies, now)
}

// account keeps a source's failures, and logs when they begin and end.
func (l *Listener) account(s *source, result string, err error) {
	trusted := s.voice.distrust == ""
	switch result {
	case resultNonsense:
		s.voice.nonsense()
	case resultAway, resultThrottled:
		s.voice.missed(s.now())
	}
	switch now := s.voice.distrust == ""; {
	case err != nil && s.failed == 0:
		l.cfg.Log.Warn("listen: a vendor's page cannot be read", "source", s.Name, "result", result, "error", err)
	case err == nil && s.failed > 0:
		l.cfg.Log.Info("listen: a vendor's page can be read again", "source", s.Name, "failed_polls", s.failed)
	case trusted && !now:
		l.cfg.Log.Warn("listen: a vendor's page is in quarantine", "source", s.Name, "why", s.voice.distrust)
	}
	if result == resultChanged {
		if missing := s.voice.unlisted(); len(missing) > 0 {
			l.cfg.Log.Warn("listen: a vendor's page does not list what is mapped: what it says of that is unknown", "source", s.Name, "components", missing)
		}
	}
	if s.failed++; err == nil {
		s.failed = 0
	}
	l.cfg.Metrics.quarantined(s.Name, s.voice.distrust != "")
}

// Bounds of backing off.
const (
	maxBackoff = 10 * time.Minute
	maxDoubles = 6
)

// next is when to look again: at the interval, later the longer it fails, and
// not before the server wants it.
func (s *source) next(err error) time.Duration {
	wait := s.Interval
	if s.failed > 1 {
		wait = min(s.Interval<<min(s.failed-1, maxDoubles), max(maxBackoff, s.Interval))
	}
	if a, ok := errors.AsType[*away](err); ok {
		wait = max(wait, a.retryAfter)
	}
	return jitter(wait)
}

// jitter keeps pollers apart: up to a tenth more.
func jitter(d time.Duration) time.Duration { return d + rand.N(d/10+1) }
