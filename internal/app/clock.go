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

// run judges until ctx ends. next is the first tick to judge.
func (c *clock) run(ctx context.Context, next outcry.Tick) error {
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
		due, err := c.due(ctx)
		if err != nil {
			c.log.Error("clock: the counters' watermark cannot be read; judging waits", "error", err)
			continue
		}
		c.behind.Store(max(int64(due-next), 0))
		for next < due && ctx.Err() == nil {
			to := min(due, next+mostTicks)
			if err := c.judge(ctx, next, to); err != nil {
				if outcry.CodeOf(err) == outcry.CodeConflict {
					return err
				}
				c.log.Error("clock: a tick could not be judged; it is tried again", "tick", next.Start(), "error", err)
				break
			}
			next = to
		}
	}
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
	return max(complete+1, outcry.TickOf(now.Add(-patience))), nil
}

func (c *clock) judge(ctx context.Context, from, to outcry.Tick) error {
	tallies, err := c.tallies.Tallies(ctx, store.TallyQuery{From: from - c.late.ticks, To: to, Cells: true})
	if err != nil {
		return err
	}
	tallies = c.late.through(from, to, tallies)
	at := func(t outcry.Tick) time.Time {
		if now := c.now(); t == to-1 {
			return now
		}
		return t.End().Add(judgeDelay)
	}
	return c.court.sit(ctx, from, to, tallies, at, c.alive)
}
