package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// follower keeps a board up to date from the store, in a process that serves
// pages and does not judge itself.
type follower struct {
	board   *board
	book    followed
	next    outcry.Tick // first that the board has not heard
	changed func()
	log     *slog.Logger
}

// followed is the store, as a follower reads it.
type followed interface {
	tallyReader
	Incidents(ctx context.Context, q store.IncidentQuery) ([]outcry.Incident, error)
	LoadJudge(ctx context.Context) (store.JudgeState, error)
}

// followEvery is how often the store is looked at: a change is on the page
// within a second.
const followEvery = 500 * time.Millisecond

func (f *follower) run(ctx context.Context) error {
	for next := f.next; ; {
		var err error
		next, err = f.look(ctx, next)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end that was asked for
		}
		if err != nil {
			f.log.Error("pages: the store cannot be read; they show the last that is known", "error", err)
		}
		wait(ctx, followEvery)
	}
}

func (f *follower) look(ctx context.Context, next outcry.Tick) (outcry.Tick, error) {
	changed, err := f.incidents(ctx)
	if err != nil {
		return next, err
	}
	st, err := f.book.LoadJudge(ctx)
	if err != nil {
		return next, err
	}
	if st.Tick >= next {
		tallies, err := f.book.Tallies(ctx, store.TallyQuery{From: next, To: st.Tick + 1, Cells: true})
		if err != nil {
			return next, err
		}
		for t := next; t <= st.Tick; t++ {
			var now []outcry.Tally
			now, tallies = cut(tallies, t)
			f.board.heard(t, now, f.board.standing())
		}
		next, changed = st.Tick+1, true
	}
	if changed {
		f.changed()
	}
	return next, nil
}

// incidents takes over what has changed.
func (f *follower) incidents(ctx context.Context) (changed bool, err error) {
	now := time.Now()
	open, err := f.book.Incidents(ctx, store.IncidentQuery{Open: true, Limit: 1000})
	if err != nil {
		return false, err
	}
	lately, err := f.book.Incidents(ctx, store.IncidentQuery{From: now.Add(-24 * time.Hour), To: now.Add(time.Hour), Limit: 1000})
	if err != nil {
		return false, err
	}
	for _, in := range append(open, lately...) {
		if f.board.version(in.ID) != in.Version {
			f.board.changed(in)
			changed = true
		}
	}
	return changed, nil
}

// version of an incident as the board shows it; 0: it does not.
func (b *board) version(id string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.incidents[id].Version
}

// standing gives, for a board that hears no verdicts, what its open incidents
// say of the services.
func (b *board) standing() []outcry.Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []outcry.Verdict
	for id := range b.incidents {
		in := b.incidents[id]
		if !in.Open() {
			continue
		}
		c := outcry.CondFailing
		if in.State == outcry.StateMonitoring {
			c = outcry.CondRecovering
		}
		for _, s := range in.Services {
			out = append(out, outcry.Verdict{Service: s, Condition: c})
		}
	}
	return out
}
