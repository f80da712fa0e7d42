package probe

import (
	"context"
	"sync"
	"time"
)

// Times of the references' rounds.
const (
	roundEvery   = 15 * time.Second // without being asked, so that a short cut is not missed
	roundTimeout = 3 * time.Second
)

// references asks the reference targets, by connecting to them, one round at a
// time. It belongs to the loop of a scheduler.
type references struct {
	addrs  []string
	env    Env
	flying bool
	done   chan round
	group  sync.WaitGroup
}

type round struct {
	began, ended time.Time
	answered     bool
}

func newReferences(addrs []string, env Env) *references {
	return &references{addrs: addrs, env: env, done: make(chan round, 1)}
}

// ticks gives the ticker of rounds; without references it never ticks.
func (f *references) ticks() *time.Ticker {
	t := time.NewTicker(roundEvery)
	if len(f.addrs) == 0 {
		t.Stop()
	}
	return t
}

// ask begins a round, unless one goes on.
func (f *references) ask(ctx context.Context) {
	if f.flying || len(f.addrs) == 0 {
		return
	}
	f.flying = true
	f.group.Go(func() {
		r := round{began: time.Now()}
		r.answered = f.anyAnswers(ctx)
		r.ended = time.Now()
		f.done <- r
	})
}

// anyAnswers connects to all at the same time, and stops at the first success.
func (f *references) anyAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	answers := make(chan bool, len(f.addrs))
	for _, addr := range f.addrs {
		go func() { answers <- f.answers(ctx, addr) }()
	}
	ok := false
	for range f.addrs {
		if <-answers {
			ok = true
			cancel() // the others have nothing to add
		}
	}
	return ok
}

func (f *references) answers(ctx context.Context, addr string) bool {
	conn, err := f.env.Own().DialContext(ctx, "tcp", addr)
	if err != nil {
		return Classify(err) == ReasonRefused // whoever refuses is there
	}
	return closeAfter(conn, nil) == nil
}

// wait waits for a round that goes on.
func (f *references) wait() { f.group.Wait() }
