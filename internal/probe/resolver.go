package probe

import (
	"context"
	"net"
	"sync"
	"time"
)

// lookups ask the resolver for the name servers of the root, which every one
// that works knows: to tell a name that cannot be looked up from a vantage
// that can look up none. They belong to the loop of a scheduler.
type lookups struct {
	resolver *net.Resolver
	flying   bool
	done     chan round
	group    sync.WaitGroup
}

func newLookups(env Env) *lookups {
	l := &lookups{resolver: env.Resolver, done: make(chan round, 1)}
	if l.resolver == nil {
		l.resolver = net.DefaultResolver
	}
	return l
}

// ask begins a look-up, unless one goes on.
func (l *lookups) ask(ctx context.Context) {
	if l.flying {
		return
	}
	l.flying = true
	l.group.Go(func() {
		r := round{began: time.Now()}
		r.answered = l.answers(ctx)
		r.ended = time.Now()
		l.done <- r
	})
}

func (l *lookups) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	_, err := l.resolver.LookupNS(ctx, ".")
	return err == nil // one that says there is no root says so of every public name, too
}

// wait waits for a look-up that goes on.
func (l *lookups) wait() { l.group.Wait() }
