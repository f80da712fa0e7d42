package webpush

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Queue has who waits, and takes words for them.
type Queue interface {
	WaitingSubscribers(ctx context.Context) ([]outcry.Waiting, error)
	TellSubscribers(ctx context.Context, n outcry.Notice) (told int64, err error)
}

// Incidents are as they are stored.
type Incidents interface {
	Incident(ctx context.Context, id string) (outcry.Incident, error)
	// OpenIncidents gives those about a service that are not over.
	OpenIncidents(ctx context.Context, service string) ([]outcry.Incident, error)
}

// Watcher finds out what those who wait have to be told.
type Watcher struct {
	queue     Queue
	incidents Incidents
	told      func() // words are due
	log       *slog.Logger
	now       func() time.Time
	poke      chan struct{}
	waiting   prometheus.Gauge
}

// NewWatcher makes a watcher; told is called when words have become due.
func NewWatcher(q Queue, in Incidents, told func(), log *slog.Logger, now func() time.Time, reg prometheus.Registerer) (*Watcher, error) {
	w := &Watcher{queue: q, incidents: in, told: told, log: log, now: now, poke: make(chan struct{}, 1), waiting: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "outcry_push_waiting", Help: "Visitors who wait for the word that a service is back.",
	})}
	if reg != nil {
		if err := reg.Register(w.waiting); err != nil {
			return nil, fmt.Errorf("register the metrics of those who wait: %w", err)
		}
	}
	return w, nil
}

// Poke says that an incident may have changed. It never blocks.
func (w *Watcher) Poke() {
	select {
	case w.poke <- struct{}{}:
	default: // it is about to look already
	}
}

// lookEvery is how often the watcher looks by itself: another process may have
// changed an incident, or somebody may have asked while it was closing.
const lookEvery = 10 * time.Second

// Run looks until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("who waits to be told of a service cannot be looked after; trying again", "in", lookEvery, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.poke:
		case <-time.After(lookEvery):
		}
	}
}

// look tells everybody what there is to tell.
func (w *Watcher) look(ctx context.Context) error {
	groups, err := w.queue.WaitingSubscribers(ctx)
	if err != nil {
		return err
	}
	waiting, told := 0, int64(0)
	for _, g := range groups {
		waiting += g.Count
		n, ok, err := w.word(ctx, g)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		some, err := w.queue.TellSubscribers(ctx, n)
		if err != nil {
			return err
		}
		told += some
	}
	w.waiting.Set(float64(waiting))
	if told > 0 {
		w.log.Info("visitors who asked are told", "visitors", told)
		w.told()
	}
	return nil
}

// word is what a group has to be told; ok is false when that is nothing.
func (w *Watcher) word(ctx context.Context, g outcry.Waiting) (n outcry.Notice, ok bool, err error) {
	in, err := w.incidents.Incident(ctx, g.Incident)
	if outcry.CodeOf(err) == outcry.CodeNotFound {
		return n, false, nil // too old to be kept; so will they be
	}
	if err != nil {
		return n, false, err
	}
	n = outcry.Notice{Kind: outcry.NoticeUpdated, Channel: Name, CreatedAt: w.now(), Incident: in, Update: latest(&in)}
	n.Incident.Services = []string{g.Service}
	if in.Open() && in.Public && slices.Contains(in.Services, g.Service) {
		return n, g.Updates && n.Update.At.UnixMilli() > g.Seen.UnixMilli(), nil
	}
	n.Kind = outcry.NoticeResolved
	open, err := w.incidents.OpenIncidents(ctx, g.Service)
	failing := func(o outcry.Incident) bool { return o.Public && slices.Contains(o.Services, g.Service) }
	return n, !slices.ContainsFunc(open, failing), err
}

// maxSaid is how much of an update is stored with each who is told, in runes.
const maxSaid = 400

// latest is the last word of an incident that the public may read. What the
// machine wrote may name services that a subscriber may not know: only its
// state is told.
func latest(in *outcry.Incident) outcry.Update {
	for i := len(in.Updates) - 1; i >= 0; i-- {
		u := in.Updates[i]
		if !u.Public {
			continue
		}
		if u.Author == outcry.AuthorAutomatic {
			u.Body = ""
		}
		if utf8.RuneCountInString(u.Body) > maxSaid {
			u.Body = string([]rune(u.Body)[:maxSaid]) + "…"
		}
		return u
	}
	return outcry.Update{}
}
