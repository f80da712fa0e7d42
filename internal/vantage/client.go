package vantage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/outcry/outcry"
)

// Times of a client.
const (
	pollEvery    = 10 * time.Second // the core is asked for checks
	revokedEvery = time.Minute      // the same, after it has refused us
	callTimeout  = 15 * time.Second
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 10 * time.Second
	lastFlush    = 3 * time.Second
	maxAgenda    = 16 << 20
)

// ClientConfig is what a client needs.
type ClientConfig struct {
	Core      string // address of the core's pages
	Token     func() (string, error)
	Region    string
	Carrier   string
	UserAgent string
	HTTP      *http.Client
	Spool     *Spool
	Apply     func(Agenda) error // puts checks into force; an empty agenda stops all
	Log       *slog.Logger
	Dropped   func(n int) // results that were too old; may be nil
}

// Client is a vantage's side of the talk.
type Client struct {
	cfg     ClientConfig
	tag     string
	refused bool // the core does not accept us: nothing is checked
	away    bool // the core did not answer last time
}

// NewClient makes one. Its error is of CodeInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	if u, err := url.Parse(cfg.Core); err != nil || u.Host == "" {
		return nil, outcry.FieldErrorf("vantage.core", "is no address")
	}
	return &Client{cfg: cfg}, nil
}

// Run asks for checks and delivers results until the context ends, and then
// delivers once more.
func (c *Client) Run(ctx context.Context) error {
	c.resume(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.deliverAll(ctx)
	}()
	for ctx.Err() == nil {
		c.poll(ctx)
		every := pollEvery
		if c.refused {
			every = revokedEvery
		}
		wait(ctx, every)
	}
	<-done
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	if _, err := c.deliver(last); err != nil {
		c.cfg.Log.Info("vantage: the last results are delivered after the next start", "error", err)
	}
	return nil
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
	said, err := c.call(ctx, http.MethodGet, "checks", nil)
	if err != nil || said.status == http.StatusNotModified {
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
			wait(ctx, backoff/2+rand.N(backoff/2)) //nolint:gosec // jitter needs no secrecy
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
	said, err := c.call(ctx, http.MethodPost, "results", body)
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

// answer is what the core said.
type answer struct {
	status int
	tag    string
	body   []byte
}

// call does one request to the core.
func (c *Client) call(ctx context.Context, method, path string, body []byte) (said answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	token, err := c.cfg.Token()
	if err != nil {
		return said, err
	}
	target, err := url.JoinPath(c.cfg.Core, "/api/v1/vantage/", path)
	if err != nil {
		return said, err
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return said, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if method == http.MethodGet && c.tag != "" {
		req.Header.Set("If-None-Match", c.tag)
	}
	res, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return said, outcry.Wrap(outcry.CodeUnavailable, err, "ask the core %s", c.cfg.Core)
	}
	defer res.Body.Close()
	said = answer{status: res.StatusCode, tag: res.Header.Get("ETag")}
	if said.body, err = io.ReadAll(io.LimitReader(res.Body, maxAgenda)); err != nil {
		return said, outcry.Wrap(outcry.CodeUnavailable, err, "read the answer of %s", c.cfg.Core)
	}
	return said, refusal(res.StatusCode, c.cfg.Core)
}

// refusal makes an error of a status that is none of success.
func refusal(status int, core string) error {
	switch {
	case status < 300 || status == http.StatusNotModified:
		return nil
	case status == http.StatusUnauthorized:
		return outcry.Errorf(outcry.CodeUnauthorized, "%s does not know this token", core)
	case status == http.StatusForbidden:
		return outcry.Errorf(outcry.CodeForbidden, "%s has revoked this vantage", core)
	case status == http.StatusTooManyRequests:
		return outcry.Errorf(outcry.CodeUnavailable, "%s takes no more at the moment", core)
	case status >= 400 && status < 500:
		return outcry.Errorf(outcry.CodeInvalid, "%s answered %d: is it of another version, or another server?", core, status)
	default:
		return outcry.Errorf(outcry.CodeUnavailable, "%s answered %d", core, status)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
