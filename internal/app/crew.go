package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// crew is a group of loops that end together, when they are told to: those in
// front (listeners, probes) before those behind (counters, judge, notices), so
// that what is under way still finds somebody to take it.
type crew struct {
	ctx     context.Context
	stop    context.CancelFunc
	loops   sync.WaitGroup
	failure chan error // of the first loop that ended by itself
	log     *slog.Logger
}

// newCrew makes an empty crew. It outlives ctx: only dismiss ends it.
func newCrew(ctx context.Context, log *slog.Logger) *crew {
	c := &crew{failure: make(chan error, 1), log: log}
	c.ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	return c
}

// work runs a loop until the crew is dismissed. The error of one that ends by
// itself comes out of failure.
func (c *crew) work(name string, loop func(context.Context) error) {
	c.loops.Go(func() {
		err := loop(c.ctx)
		if err == nil || (c.ctx.Err() != nil && errors.Is(err, context.Canceled)) {
			return
		}
		if c.ctx.Err() != nil {
			c.log.Warn("not all was well at the end", "of", name, "error", err)
			return
		}
		select {
		case c.failure <- fmt.Errorf("%s: %w", name, err):
		default:
			c.log.Error("another part has failed too", "part", name, "error", err)
		}
	})
}

// dismiss ends the loops and waits for them.
func (c *crew) dismiss() error {
	c.stop()
	c.loops.Wait()
	return nil
}
