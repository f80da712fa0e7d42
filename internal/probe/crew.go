package probe

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// crew does the runs of a scheduler, in goroutines that are used again: a check
// needs more stack than a new one has, and to grow it anew at each run was a
// sixteenth of what an HTTP check costs.
type crew struct {
	jobs  chan *run // to those that wait for one
	ended chan<- *run
	idle  atomic.Int32
	all   sync.WaitGroup
}

// maxIdle is how many may wait for a job; more are needed in bursts only.
const maxIdle = 16

// do has somebody do a run, by whom it is handed back when it is over. All end
// with the context.
func (c *crew) do(ctx context.Context, r *run) {
	select {
	case c.jobs <- r:
	default:
		c.all.Go(func() { c.work(ctx, r) })
	}
}

func (c *crew) work(ctx context.Context, r *run) {
	for {
		r.result = r.entry.check.run(ctx)
		r.finished = time.Now()
		c.ended <- r
		if r = c.next(ctx); r == nil {
			return
		}
	}
}

// next waits for another job; nil: there is none to wait for.
func (c *crew) next(ctx context.Context) *run {
	defer c.idle.Add(-1)
	if c.idle.Add(1) > maxIdle {
		return nil
	}
	select {
	case r := <-c.jobs:
		return r
	case <-ctx.Done():
		return nil
	}
}
