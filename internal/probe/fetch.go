package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/outcry/outcry/internal/netguard"
)

// Fetching is how one HTTP exchange is made on the way to something else: a
// registry's record, a gateway's answer. Checks of HTTP itself are those of
// package httpcheck.
type Fetching struct {
	Step      string // its name, behind dns, connect and tls
	TLS       TLSOptions
	MaxBody   int64 // bytes; more is an error
	Redirects int   // followed at most, under the strict guard where they lead to other hosts
}

// Fetched is an answer that was read whole.
type Fetched struct {
	Status int
	Header http.Header
	Body   []byte
}

// maxFetchedHeader bounds an answer's header, in bytes.
const maxFetchedHeader = 64 << 10

// Fetch makes an exchange over a connection of its own. Errors name the host
// and never the URL's path or query, which may hold secrets.
func (e Env) Fetch(ctx context.Context, t *Trail, req *http.Request, f Fetching) (*Fetched, error) {
	host := req.URL.Host
	dialer := e.Own()
	for hop := 0; ; hop++ {
		if req.URL.Host != host {
			dialer = e.Guard.Dialer(e.Resolver)
			req.Header.Del("Authorization")
		}
		conn, err := e.reach(ctx, t, dialer, req.URL, f.TLS)
		if err != nil {
			return nil, err
		}
		var got *Fetched
		err = t.Do(f.Step, func() (string, error) {
			got, err = exchange(ctx, conn, req, f.MaxBody)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("status %d, %d bytes", got.Status, len(got.Body)), nil
		})
		_ = conn.Close() //nolint:errcheck // the answer has been read
		if err != nil || f.Redirects == 0 || got.Status < 300 || got.Status > 399 || got.Header.Get("Location") == "" {
			return got, err
		}
		if hop == f.Redirects {
			return nil, &Fault{Reason: ReasonRedirect, Err: fmt.Errorf("more than %d redirects", f.Redirects)}
		}
		if req, err = follow(ctx, req, got.Header.Get("Location")); err != nil {
			return nil, err
		}
	}
}

func (e Env) reach(ctx context.Context, t *Trail, d *netguard.Dialer, u *url.URL, o TLSOptions) (net.Conn, error) {
	port := "80"
	var cfg *tls.Config
	if u.Scheme == "https" {
		port = "443"
		var err error
		if cfg, err = o.Config(e, u.Hostname()); err != nil {
			return nil, err
		}
		cfg.NextProtos = []string{"http/1.1"}
	}
	address, err := HostPort(u, port)
	if err != nil {
		return nil, err
	}
	return t.Secure(ctx, d, address, cfg, o)
}

// follow makes the request that a redirect asks for.
func follow(ctx context.Context, req *http.Request, location string) (*http.Request, error) {
	u, err := req.URL.Parse(location)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, &Fault{Reason: ReasonRedirect, Err: errors.New("a redirect to what is no URL of HTTP")}
	}
	next, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, &Fault{Reason: ReasonRedirect, Err: errors.New("a redirect to what is no URL of HTTP")}
	}
	next.Header = req.Header.Clone()
	return next, nil
}

// exchange sends a request over a connection and reads the answer.
func exchange(ctx context.Context, conn net.Conn, req *http.Request, maxBody int64) (*Fetched, error) {
	given := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	transport := &http.Transport{
		DialContext: given, DialTLSContext: given, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxFetchedHeader,
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, exchangeError(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or is of no interest
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, exchangeError(ctx, err)
	}
	if int64(len(body)) > maxBody {
		return nil, &Fault{Reason: ReasonTooLarge, Err: fmt.Errorf("the answer goes on after %d bytes", maxBody)}
	}
	return &Fetched{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func exchangeError(ctx context.Context, err error) error {
	if ctx.Err() != nil || Classify(err) == ReasonTimeout {
		return fmt.Errorf("no answer within the time: %w", context.DeadlineExceeded)
	}
	return fmt.Errorf("wait for the answer: %w", err)
}
