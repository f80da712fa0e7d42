package httpcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/outcry/outcry/internal/probe"
)

// redirect decides about each hop.
func (c *prober) redirect(rec *recorder) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if c.redirects == 0 {
			return http.ErrUseLastResponse
		}
		if len(via) > c.redirects {
			return &probe.Fault{Reason: probe.ReasonRedirect, Err: fmt.Errorf("more than %d redirects", c.redirects)}
		}
		if s := req.URL.Scheme; s != "http" && s != "https" {
			return &probe.Fault{Reason: probe.ReasonRedirect, Err: fmt.Errorf("redirected to a URL of scheme %q", s)}
		}
		if !strings.EqualFold(req.URL.Host, c.request.URL.Host) || req.URL.Scheme != c.request.URL.Scheme {
			c.withhold(req)
		}
		rec.hop(req.URL)
		return nil
	}
}

// withhold takes the secrets, and the Host that was meant for the first
// server, out of a request to another one.
func (c *prober) withhold(req *http.Request) {
	for name := range c.secrets {
		req.Header.Del(name)
	}
	req.Header.Del("Host")
}

// failure is the result of an exchange that gave no whole answer.
func (c *prober) failure(ctx context.Context, err error, rec *recorder) probe.Result {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // its text would repeat the query, which may hold a token
	}
	reason := probe.Classify(err)
	turnedAway, ok := errors.AsType[*probe.Fault](context.Cause(ctx))
	switch {
	case ok:
		err = turnedAway
	case ctx.Err() != nil && reason != probe.ReasonBlocked:
		err = fmt.Errorf("no end of it within the time (while: %s): %w", rec.phase(), context.Cause(ctx))
	case strings.Contains(err.Error(), "no Location header"), strings.Contains(err.Error(), "failed to parse Location"):
		err = &probe.Fault{Reason: probe.ReasonRedirect, Err: err}
	case strings.Contains(err.Error(), "client conn could not be established") && rec.hungUp(): // net/http has no value for it, nor the reason
		err = &probe.Fault{Reason: probe.ReasonReset, Err: errors.New("the server hung up before the request")}
	case rec.inHandshake() && (reason == probe.ReasonReset || reason == probe.ReasonProtocol):
		err = &probe.Fault{Reason: probe.ReasonTLS, Err: err}
	}
	return probe.Failed(err)
}

func newBody(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }

func getBody(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return newBody(s), nil }
}
