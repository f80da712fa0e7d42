package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry/internal/netguard"
)

// ErrUnchanged is the answer 304 to a conditional request.
var ErrUnchanged = errors.New("not modified")

// Web gets what sources are over HTTP: through the guard, with bounds.
type Web struct {
	Client *http.Client
	Agent  string
	Idle   time.Duration // if set, in place of the source's own: a stream that brings nothing for so long is dead
}

// Patience is how long a stream may bring nothing.
func (w *Web) Patience(own time.Duration) time.Duration {
	if w.Idle > 0 {
		return w.Idle
	}
	return own
}

// NewWeb makes one. The hosts are the operator's own choice, so that local ones
// need to be allowed by name as everywhere; redirects are not followed.
func NewWeb(guard *netguard.Guard, agent string) *Web {
	d := guard.Own().Dialer(nil).Paced()
	return &Web{Agent: agent, Client: &http.Client{
		Transport: &http.Transport{
			DialContext: d.DialContext, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second, IdleConnTimeout: 2 * time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answer is a good answer. It has to be closed.
type Answer struct {
	Header http.Header
	*Alive // its body
}

// Get asks for a document or a stream; see [Web.Do].
func (w *Web) Get(ctx context.Context, target, token string, idle time.Duration) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	return w.Do(req, token, idle)
}

// Do sends a request with our name and a bearer token, and gives the answer when
// it is good: its body must bring something in every such time. 304 is
// [ErrUnchanged], 429 and 503 are [Throttled].
func (w *Web) Do(req *http.Request, token string, idle time.Duration) (*Answer, error) {
	req.Header.Set("User-Agent", w.Agent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := w.Client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // its text would repeat the address, which may hold a token
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", req.URL.Host, err)
	}
	if resp.StatusCode < 300 {
		return &Answer{Header: resp.Header, Alive: KeepAlive(resp.Body, w.Patience(idle))}, nil
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil, ErrUnchanged
	}
	err = fmt.Errorf("%s answered with status %d", req.URL.Host, resp.StatusCode)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		err = &Throttled{After: RetryAfter(resp.Header, time.Now()), Err: err}
	}
	return nil, err
}

// RetryAfter reads Retry-After (RFC 9110, 10.2.3), and X's own header.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	if n, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
		return max(0, time.Unix(n, 0).Sub(now))
	}
	return 0
}

// Alive is a body that must bring something within a time, again and again:
// networks' streams send a sign of life where there are no posts. A body that
// does not ends with an error that says so.
type Alive struct {
	body  io.ReadCloser
	timer *time.Timer
	idle  time.Duration
	ended chan struct{}
}

// KeepAlive watches a body.
func KeepAlive(body io.ReadCloser, idle time.Duration) *Alive {
	a := &Alive{body: body, idle: idle, ended: make(chan struct{})}
	a.timer = time.AfterFunc(idle, func() { close(a.ended); body.Close() }) //nolint:errcheck // to end the read
	return a
}

// Read reads on.
func (a *Alive) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if n > 0 {
		a.timer.Reset(a.idle)
	}
	select {
	case <-a.ended:
		return n, fmt.Errorf("nothing came for %v", a.idle)
	default:
		return n, err
	}
}

// Close ends it. What was read is what counts, so that no error comes of it.
func (a *Alive) Close() {
	a.timer.Stop()
	a.body.Close() //nolint:errcheck // see above
}

// ReadAll reads a body that may not be larger than so many bytes.
func ReadAll(body io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return data, err
}
