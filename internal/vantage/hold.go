package vantage

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Times of a connection to the core.
const (
	steadyAfter  = 30 * time.Second // the time after which a line that is lost was a good one
	blockedEvery = 5 * time.Minute  // NATS is tried again where it does not get through
)

// current is the line in use, and why there is none.
type current struct {
	mu   sync.Mutex
	line *line
	why  error
}

func (c *current) get() (*line, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.line, c.why
}

func (c *current) set(l *line, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line, c.why = l, why
}

// hold keeps a line to the core until the context ends. It says when it has
// tried for the first time.
func (c *Client) hold(ctx context.Context, tried func()) {
	defer tried()
	backoff, blocked := firstBackoff, false
	for first := true; ctx.Err() == nil; first = false {
		began := time.Now()
		l, err := c.dial(ctx)
		c.line.set(l, err)
		tried()
		if !first { // whoever waits may find the core now, or learn that it refuses us
			poke(c.look)
			poke(c.retry)
		}
		if err != nil {
			blocked = c.unjoined(err, blocked)
			pause(ctx, jitter(again(err, backoff)), c.redial)
			backoff = min(2*backoff, maxBackoff)
			continue
		}
		c.cfg.Log.Info("vantage: joined over NATS", "core", c.cfg.Core)
		blocked = false
		l.wait(ctx)
		c.line.set(nil, outcry.Errorf(outcry.CodeUnavailable, "%s has ended the connection", c.cfg.Core))
		if time.Since(began) > steadyAfter {
			backoff = firstBackoff
		}
		pause(ctx, jitter(backoff), nil)
		backoff = min(2*backoff, maxBackoff)
	}
}

// unjoined tells of an attempt that failed, loudly when it is the first that did
// not get through where HTTP does.
func (c *Client) unjoined(err error, told bool) (blocked bool) {
	blocked = stopped(err)
	if blocked && !told {
		c.cfg.Log.Warn("vantage: NATS over WebSocket does not get through to the core: it is asked by HTTPS requests", "core", c.cfg.Core, "again", blockedEvery, "error", err)
		return true
	}
	c.cfg.Log.Debug("vantage: not joined over NATS", "core", c.cfg.Core, "error", err)
	return blocked || told
}

// again is when the core is dialled once more after an error.
func again(err error, backoff time.Duration) time.Duration {
	switch code := outcry.CodeOf(err); {
	case stopped(err):
		return blockedEvery
	case code == outcry.CodeUnauthorized || code == outcry.CodeForbidden:
		return revokedEvery
	}
	return backoff
}

// Errors of a way on which HTTP passes and NATS does not. With errMute the upgrade
// was answered, which the core's own words follow at once; a proxy that answers
// it by itself has none to pass on.
var (
	errBlocked = errors.New("the answer is none of a core that speaks NATS over WebSocket; a proxy may need to be told of upgrades")
	errMute    = errors.New("the upgrade to a WebSocket was answered, and nothing came after it; a proxy before the core may need to be told to pass on what follows the upgrade of " + PathNATS)
)

// stopped reports whether an error is of such a way.
func stopped(err error) bool { return errors.Is(err, errBlocked) || errors.Is(err, errMute) }
