package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// tallyReader reads tallies back, and how far they are complete.
type tallyReader interface {
	Tallies(ctx context.Context, q store.TallyQuery) ([]outcry.Tally, error)
	Position(ctx context.Context, partition int) (seq uint64, complete outcry.Tick, at time.Time, err error)
}

// clock drives a court through the ticks of real time: each is judged as soon
// as every partition has counted it, or when it has waited long enough. The
// judge does not wait for stragglers.
type clock struct {
	court      *court
	tallies    tallyReader
	partitions int
	now        func() time.Time
	log        *slog.Logger
	alive      func(outcry.Tick) float64 // coverage
	late       *lateness
	complete   outcry.Tick  // the last tick that is counted
	behind     atomic.Int64 // ticks that wait to be judged, for /metrics
}

const (
	// judgeDelay is how long after a tick's end it is judged: signals on their
	// way have arrived by then.
	judgeDelay = time.Second
	// patience is how long a tick waits for a counter that is behind.
	patience = 30 * time.Second
	// lookAgain is how often the clock looks for a tick that has become due.
	lookAgain = 200 * time.Millisecond
	// mostTicks bounds how many ticks are judged in one transaction.
	mostTicks = 360
)

// run judges until ctx ends. next is the first tick to judge. An error of
// CodeConflict means that another process judges.
func (c *clock) run(ctx context.Context, next outcry.Tick) error {
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for known := false; ; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
		var err error
		if !known {
			if err = c.know(ctx, next); err == nil {
				known = true
			}
		}
		if known {
			next, err = c.work(ctx, next)
		}
		switch {
		case outcry.CodeOf(err) == outcry.CodeConflict:
			return err
		case err != nil && ctx.Err() == nil:
			c.log.Error("clock: judging is held up, and is tried again", "next", next.Start(), "error", err)
		}
	}
}

// know has the lateness know what the ticks before next were judged from.
func (c *clock) know(ctx context.Context, next outcry.Tick) error {
	judged, err := c.tallies.Tallies(ctx, store.TallyQuery{From: next - c.late.ticks, To: next, Cells: true})
	if err != nil {
		return err
	}
	c.late.know(judged)
	return nil
}

// work judges what has become due, and gives the tick that is next.
func (c *clock) work(ctx context.Context, next outcry.Tick) (outcry.Tick, error) {
	due, err := c.due(ctx)
	if err != nil {
		return next, err
	}
	c.behind.Store(max(int64(due-next), 0))
	for next < due && ctx.Err() == nil {
		to := min(due, next+mostTicks)
		tallies, err := c.tallies.Tallies(ctx, store.TallyQuery{From: next - c.late.ticks, To: to, Cells: true})
		if err != nil {
			return next, err
		}
		from := next
		next = to // judged once, also when it cannot be stored yet
		if err := c.court.sit(ctx, from, to, c.late.through(from, to, tallies), c.at(to), c.coverage); err != nil {
			return next, err
		}
	}
	return next, nil
}

// at says when the ticks before to are judged: the last of them now.
func (c *clock) at(to outcry.Tick) func(outcry.Tick) time.Time {
	return func(t outcry.Tick) time.Time {
		if t == to-1 {
			return c.now()
		}
		return t.End().Add(judgeDelay)
	}
}

// coverage is that of the collectors, and none for a tick that has run out of
// patience: what came in is not counted yet, which is not the same as nothing.
func (c *clock) coverage(t outcry.Tick) float64 {
	if t > c.complete {
		return 0
	}
	return c.alive(t)
}

// due is the first tick that may not be judged yet.
func (c *clock) due(ctx context.Context) (outcry.Tick, error) {
	now := c.now()
	ended := outcry.TickOf(now.Add(-judgeDelay))
	complete := ended - 1
	for p := range c.partitions {
		_, done, _, err := c.tallies.Position(ctx, p)
		if err != nil {
			return 0, err
		}
		complete = min(complete, done)
	}
	c.complete = complete
	return max(complete+1, outcry.TickOf(now.Add(-patience))), nil
}
