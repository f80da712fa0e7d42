package probe

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// takes is a prober whose attempts take a time, and which counts them.
type takes struct {
	time time.Duration
	mu   sync.Mutex
	runs int
}

func (p *takes) Probe(ctx context.Context) Result {
	p.mu.Lock()
	p.runs++
	p.mu.Unlock()
	Sleep(ctx, p.time)
	return Good("")
}

func TestACrewIsAsLargeAsItNeedsToBe(t *testing.T) {
	for _, c := range []struct {
		says   string
		jobs   int
		every  time.Duration
		behind int32 // goroutines that wait
	}{
		{"one after the other needs one", 100, 2 * time.Second, 1},
		{"three at a time need three", 100, 400 * time.Millisecond, 3},
		{"of a burst some stay", 100, 0, maxIdle},
	} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan *run, c.jobs)
			crew := &crew{jobs: make(chan *run), ended: ended}
			ctx, cancel := context.WithCancel(t.Context())
			prober := &takes{time: time.Second}
			e := &entry{check: Check{Prober: prober, Timeout: time.Minute}}
			for range c.jobs {
				crew.do(ctx, &run{entry: e})
				Sleep(ctx, c.every)
				synctest.Wait()
			}
			Sleep(ctx, time.Minute)
			synctest.Wait()
			if n := crew.idle.Load(); n != c.behind || len(ended) != c.jobs || prober.runs != c.jobs {
				t.Errorf("%s: %d wait for a job, wanted %d; %d of %d runs are over, %d were made", c.says, n, c.behind, len(ended), c.jobs, prober.runs)
			}
			cancel()
			crew.all.Wait()
			if n := crew.idle.Load(); n != 0 {
				t.Errorf("%s: %d stay after the end", c.says, n)
			}
		})
	}
}
