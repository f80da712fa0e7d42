package listen

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

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
)

// Bounds of one fetch.
const (
	fetchTimeout = 20 * time.Second
	maxBody      = 8 << 20 // bytes, unpacked
	maxHeader    = 64 << 10
	maxRedirects = 5
	idleTimeout  = 2 * time.Minute // so that a poll every minute finds its connection
)

// fetcher gets documents. It keeps two sets of connections: to hosts that the
// operator wrote, and to those that a redirect leads to.
type fetcher struct {
	own, strict *http.Client
	agent       string
}

func newFetcher(guard *netguard.Guard, agent string) *fetcher {
	return &fetcher{own: newClient(guard.Own().Dialer(nil).Paced()), strict: newClient(guard.Dialer(nil).Paced()), agent: agent}
}

func newClient(d *netguard.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: d.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: idleTimeout,
			TLSHandshakeTimeout: fetchTimeout / 2, MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (f *fetcher) close() {
	f.own.CloseIdleConnections()
	f.strict.CloseIdleConnections()
}

// answer is what a fetch brought.
type answer struct {
	unchanged      bool // 304
	body           []byte
	etag, modified string
}

// away is a failure to get any document: it says nothing of what the page says.
type away struct {
	status     int           // 0: none
	retryAfter time.Duration // 0: not said
	err        error
}

func (e *away) Error() string {
	if e.status != 0 {
		return fmt.Sprintf("answered with status %d", e.status)
	}
	return e.err.Error()
}

func (e *away) Unwrap() error { return e.err }

// fetch gets a document, unless it is as it was. Its errors are *away, but for
// a body that is too large.
func (f *fetcher) fetch(ctx context.Context, d *doc, now time.Time) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	target, client := d.url, f.own
	for range maxRedirects + 1 {
		resp, err := f.get(ctx, client, target, d)
		if err != nil {
			return nil, &away{err: err}
		}
		next, err := redirected(resp, target)
		if err != nil {
			return nil, &away{err: errors.Join(err, resp.Body.Close())}
		}
		if next == nil {
			return read(resp, now)
		}
		if err := resp.Body.Close(); err != nil {
			return nil, &away{err: err}
		}
		if target, client = next, f.strict; strings.EqualFold(next.Host, d.url.Host) {
			client = f.own
		}
	}
	return nil, &away{err: fmt.Errorf("more than %d redirects", maxRedirects)}
}

func (f *fetcher) get(ctx context.Context, c *http.Client, target *url.URL, d *doc) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", f.agent)
	req.Header.Set("Accept", "application/json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5")
	if d.etag != "" {
		req.Header.Set("If-None-Match", d.etag)
	}
	if d.modified != "" {
		req.Header.Set("If-Modified-Since", d.modified)
	}
	resp, err := c.Do(req)
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // its text would repeat the address, which may hold a token
	}
	return resp, err
}

// redirected is where an answer leads on to; nil when it is the end. Nothing
// leads from https to http.
func redirected(resp *http.Response, from *url.URL) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	next, err := resp.Location()
	switch {
	case err != nil:
		return nil, fmt.Errorf("redirected nowhere: %w", err)
	case next.Scheme != "https" && (next.Scheme != "http" || from.Scheme == "https"):
		return nil, fmt.Errorf("redirected to a URL of scheme %q", next.Scheme)
	}
	return next, nil
}

// read takes an answer in, and closes it.
func read(resp *http.Response, now time.Time) (*answer, error) {
	defer resp.Body.Close() //nolint:errcheck // it was read, or is given up
	switch resp.StatusCode {
	case http.StatusNotModified:
		return &answer{unchanged: true}, nil
	case http.StatusOK:
	default:
		return nil, &away{status: resp.StatusCode, retryAfter: retryAfter(resp.Header.Get("Retry-After"), now)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, &away{err: fmt.Errorf("read the document: %w", err)}
	}
	if len(body) > maxBody {
		return nil, outcry.Errorf(outcry.CodeTooLarge, "the document is over %d MiB", maxBody>>20)
	}
	return &answer{body: body, etag: validator(resp.Header.Get("ETag")), modified: validator(resp.Header.Get("Last-Modified"))}, nil
}

// validator keeps what a server wants to be asked by, unless it is absurd.
func validator(s string) string {
	if len(s) > 512 {
		return ""
	}
	return s
}

// longestWait is the most that a server can ask us to wait.
const longestWait = time.Hour

// retryAfter reads a Retry-After (RFC 9110, 10.2.3): seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}
