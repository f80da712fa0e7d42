package netguard

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"golang.org/x/time/rate"
)

// How often a paced dialer connects to one address, and how many it remembers.
const (
	paceBurst   = 40
	pacePerS    = 10
	paceAtATime = 1000
)

// pace spaces the dials to each address.
type pace struct {
	mu    sync.Mutex
	of    map[string]*rate.Limiter
	burst int
	perS  rate.Limit
}

// Paced gives the same for clients of HTTP/2 that fetch or deliver. Net/http
// tries a request again, without end and without a pause, where the server takes
// the connection and says at once that it goes away: measured, 680 connections a
// second, at a server that sheds load. A paced dialer connects to one address at
// most 40 times at once and then ten times a second; further dials wait.
func (d *Dialer) Paced() *Dialer {
	p := *d
	p.pace = &pace{of: map[string]*rate.Limiter{}, burst: paceBurst, perS: pacePerS}
	return &p
}

// wait returns when the address may be dialled; nil does at once.
func (p *pace) wait(ctx context.Context, address string) error {
	if p == nil {
		return nil
	}
	if err := p.limiter(address).Wait(ctx); err != nil {
		return fmt.Errorf("too many connections were made to %s: %w", address, err)
	}
	return nil
}

func (p *pace) limiter(address string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, known := p.of[address]; known {
		return l
	}
	if len(p.of) >= paceAtATime {
		maps.DeleteFunc(p.of, func(_ string, l *rate.Limiter) bool { return l.Tokens() >= float64(p.burst) })
	}
	l := rate.NewLimiter(p.perS, p.burst)
	p.of[address] = l
	return l
}
