package vantage

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Times of a client.
const (
	pollEvery    = 10 * time.Second // the core is asked for checks
	calmEvery    = 30 * time.Second // the same over NATS, where it says when to ask
	revokedEvery = time.Minute      // the same, after it has refused us
	callTimeout  = 15 * time.Second
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 10 * time.Second
	lastFlush    = 3 * time.Second
	maxAgenda    = 16 << 20
)

// ClientConfig is what a client needs.
type ClientConfig struct {
	Core      string // address of the core's pages, https or http, or of its NATS listener, tls or nats
	Token     func() (string, error)
	Region    string
	Carrier   string
	UserAgent string
	HTTP      *http.Client                                                         // for https and http
	Dial      func(ctx context.Context, network, address string) (net.Conn, error) // for tls and nats
	TLS       *tls.Config                                                          // for tls
	Spool     *Spool
	Apply     func(Agenda) error // puts checks into force; an empty agenda stops all
	Log       *slog.Logger
	Dropped   func(n int) // results that were too old; may be nil
}

// Client is a vantage's side of the talk.
type Client struct {
	cfg     ClientConfig
	core    *url.URL
	tag     string
	refused bool // the core does not accept us: nothing is checked
	away    bool // the core did not answer last time

	line   current       // to the core, over NATS
	look   chan struct{} // asks for checks at once
	retry  chan struct{} // delivers at once
	redial chan struct{} // tries NATS at once
}

// NewClient makes one. Its error is of CodeInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	u, err := url.Parse(cfg.Core)
	if err != nil || u.Host == "" {
		return nil, outcry.FieldErrorf("vantage.core", "is no address")
	}
	poke := func() chan struct{} { return make(chan struct{}, 1) }
	return &Client{cfg: cfg, core: u, look: poke(), retry: poke(), redial: poke()}, nil
}

// Joined reports whether the core is connected over NATS.
func (c *Client) Joined() bool { l, _ := c.line.get(); return l != nil }

// Run asks for checks and delivers results until the context ends, and then
// delivers once more.
func (c *Client) Run(ctx context.Context) error {
	c.resume(ctx)
	held, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var loops, holder sync.WaitGroup
	tried := make(chan struct{})
	holder.Go(func() { c.hold(held, sync.OnceFunc(func() { close(tried) })) })
	select { // what is asked now would be asked twice
	case <-tried:
	case <-ctx.Done():
	}
	loops.Go(func() { c.deliverAll(ctx) })
	for ctx.Err() == nil {
		c.poll(ctx)
		pause(ctx, c.interval(), c.look)
	}
	loops.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	if _, err := c.deliver(last); err != nil {
		c.cfg.Log.Info("vantage: the last results are delivered after the next start", "error", err)
	}
	stop()
	holder.Wait()
	return nil
}

// interval is until the core is asked again, if nothing happens.
func (c *Client) interval() time.Duration {
	switch {
	case c.refused:
		return revokedEvery
	case c.Joined():
		return calmEvery
	}
	return pollEvery
}

// resume begins with what the core said before this process started: it may be
// away now.
func (c *Client) resume(ctx context.Context) {
	data, err := c.cfg.Spool.noted(ctx)
	var a Agenda
	if err == nil && len(data) > 0 {
		if err = json.Unmarshal(data, &a); err == nil {
			err = c.cfg.Apply(a)
		}
	}
	if err != nil {
		c.cfg.Log.Warn("vantage: the checks of before the start cannot be used", "error", err)
	}
}

// poll asks for checks.
func (c *Client) poll(ctx context.Context) {
	err := c.ask(ctx)
	code := outcry.CodeOf(err)
	switch {
	case err == nil && (c.away || c.refused):
		c.cfg.Log.Info("vantage: the core answers", "core", c.cfg.Core)
		c.away, c.refused = false, false
		poke(c.redial)
		poke(c.retry)
	case err == nil, ctx.Err() != nil:
	case code == outcry.CodeUnauthorized || code == outcry.CodeForbidden:
		c.stop(ctx, err)
	case !c.away:
		c.cfg.Log.Warn("vantage: the core does not answer: checks go on, results are kept", "core", c.cfg.Core, "error", err)
		c.away = true
	}
}

// stop ends all checks: the core does not accept us any more.
func (c *Client) stop(ctx context.Context, why error) {
	if !c.refused {
		c.cfg.Log.Error("vantage: the core refuses this token: nothing is checked until it accepts it", "core", c.cfg.Core, "error", why)
	}
	c.refused, c.tag = true, ""
	if err := c.cfg.Apply(Agenda{}); err != nil {
		c.cfg.Log.Error("vantage: checks could not be stopped", "error", err)
	}
	if err := c.cfg.Spool.note(ctx, nil); err != nil {
		c.cfg.Log.Error("vantage: the checks that were kept could not be forgotten", "error", err)
	}
}

func (c *Client) ask(ctx context.Context) error {
	said, err := c.call(ctx, question{tag: c.tag})
	if err != nil || said.same {
		return err
	}
	var a Agenda
	if err := json.Unmarshal(said.body, &a); err != nil || a.Vantage == "" {
		return outcry.Wrap(outcry.CodeUnavailable, err, "understand what %s is (the address of the core?)", c.cfg.Core)
	}
	if err := c.cfg.Apply(a); err != nil {
		return fmt.Errorf("put the core's checks into force: %w", err)
	}
	c.cfg.Log.Info("vantage: the core's checks are in force", "vantage", a.Vantage, "checks", len(a.Checks))
	c.tag = said.tag
	return c.cfg.Spool.note(ctx, said.body)
}

// deliverAll delivers as results come, and patiently while the core is away.
func (c *Client) deliverAll(ctx context.Context) {
	backoff := firstBackoff
	for ctx.Err() == nil {
		left, err := c.deliver(ctx)
		switch {
		case err != nil:
			c.cfg.Log.Log(ctx, levelOf(err), "vantage: results wait", "in", backoff, "error", err)
			pause(ctx, jitter(backoff), c.retry)
			backoff = min(2*backoff, maxBackoff)
		case left == 0:
			backoff = firstBackoff
			select {
			case <-ctx.Done():
			case <-c.cfg.Spool.poke:
			}
		default:
			backoff = firstBackoff
		}
	}
}

// levelOf is how loudly a delivery's failure is told: that the core is away, or
// refuses us, is said where it is asked for checks.
func levelOf(err error) slog.Level {
	switch outcry.CodeOf(err) {
	case outcry.CodeUnavailable, outcry.CodeUnauthorized, outcry.CodeForbidden:
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// deliver hands the oldest results over, and says how many are left.
func (c *Client) deliver(ctx context.Context) (left int, err error) {
	s := c.cfg.Spool
	if gone, err := s.expire(ctx, time.Now()); err != nil {
		return 0, err
	} else if gone > 0 {
		c.cfg.Log.Error("vantage: results that the core never took have become too old", "results", gone)
		if c.cfg.Dropped != nil {
			c.cfg.Dropped(int(gone))
		}
	}
	list, all, err := s.oldest(ctx, maxResults)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	body, err := json.Marshal(Delivery{Spool: s.id, Sent: time.Now().UnixMilli(), Waiting: all, Region: c.cfg.Region, Carrier: c.cfg.Carrier, Results: list})
	if err != nil {
		return 0, err
	}
	said, err := c.call(ctx, question{results: body})
	if err != nil {
		return all, err
	}
	var r Receipt
	if err := json.Unmarshal(said.body, &r); err != nil || r.Through == 0 {
		return all, outcry.Wrap(outcry.CodeUnavailable, err, "read the receipt of %s", c.cfg.Core)
	}
	if r.Refused > 0 {
		c.cfg.Log.Warn("vantage: the core refused results", "refused", r.Refused)
	}
	return max(all-len(list), 0), s.forget(ctx, min(r.Through, list[len(list)-1].Number))
}

// question is for the agenda, or has results to deliver.
type question struct {
	tag     string // of the agenda that is known
	results []byte
}

// answer is what the core said.
type answer struct {
	same bool // the agenda is the one that is known
	tag  string
	body []byte
}

// call asks the core over NATS, and by HTTP while that does not work.
func (c *Client) call(ctx context.Context, q question) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	l, why := c.line.get()
	switch {
	case l != nil:
		return l.call(ctx, q, c.cfg.Core)
	case c.speaksHTTP():
		return c.callHTTP(ctx, q)
	case why == nil:
		why = outcry.Errorf(outcry.CodeUnavailable, "%s is not connected", c.cfg.Core)
	}
	return answer{}, why
}

// pause waits for a time, or until it is woken.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// poke wakes who waits, or will.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// jitter is a time from half of d to d, so that many do not come at once.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2) } //nolint:gosec // it needs no secrecy
