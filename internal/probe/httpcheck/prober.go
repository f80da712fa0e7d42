package httpcheck

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// prober is one check. Everything that does not change between its runs is
// made once, and kept small: there may be ten thousand.
type prober struct {
	request    *http.Request // without body and context
	secrets    http.Header
	body       string
	redirects  int
	maxLatency time.Duration
	tls        *probe.TLSOptions // nil: nothing to verify but the chain
	now        func() time.Time
	asserts    asserts
	buffers    *sync.Pool  // of *bytes.Buffer
	kept       *route      // over connections of the last run
	fresh      *route      // over a new connection
	suspects   atomic.Bool // the last attempt failed: the next takes a new connection
}

// New makes the prober of a check; its errors are of CodeInvalid and name the
// option.
func (p *Pool) New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, outcry.FieldErrorf("url", "scheme %q is none of http, https", u.Scheme)
	}
	if err := o.bounds(); err != nil {
		return nil, err
	}
	c := &prober{
		body: o.Body, redirects: o.Redirects, maxLatency: o.MaxLatency, now: env.Time, buffers: &p.buffers,
	}
	if o.TLS.DaysLeft > 0 {
		c.tls = &o.TLS
	}
	if c.asserts, err = compile(&o); err != nil {
		return nil, err
	}
	if err := c.prepare(u, &o, env, p.plainHeader(env)); err != nil {
		return nil, err
	}
	if c.fresh, err = p.route(o, env, u.Hostname(), true); err != nil {
		return nil, err
	}
	c.kept = c.fresh
	if o.KeepAlive {
		c.kept, err = p.route(o, env, u.Hostname(), false)
	}
	return c, err
}

// prepare makes the request that every run sends. Plain is the header of all
// checks that have none of their own: clients do not change it.
func (c *prober) prepare(u *url.URL, o *Options, env probe.Env, plain http.Header) error {
	req, err := http.NewRequest(strings.ToUpper(o.Method), u.String(), http.NoBody) //nolint:noctx // each run gives its own
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "method or url")
	}
	c.request = req
	if len(o.Headers)+len(o.SecretHeaders) == 0 {
		req.Header = plain
		return nil
	}
	req.Header.Set("User-Agent", env.Agent())
	for name, value := range o.Headers {
		req.Header.Set(name, value)
	}
	if c.secrets, err = env.SecretHeaders(o.SecretHeaders); err != nil {
		return err
	}
	for name, values := range c.secrets {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	return nil
}

// Target is the host of the URL.
func (c *prober) Target() string { return c.request.URL.Hostname() }

// route sends requests to the check's own host, as the operator wrote it, over
// one way and to all others, where redirects lead, over a stricter one.
type route struct {
	host        string
	own, others *way
}

func (p *Pool) route(o Options, env probe.Env, host string, fresh bool) (*route, error) {
	s := settings{tls: o.TLS, proxy: o.Proxy, own: true, fresh: fresh}
	own, err := p.way(s, env)
	if err != nil {
		return nil, err
	}
	s.own = false
	others, err := p.way(s, env)
	return &route{host: host, own: own, others: others}, err
}

// RoundTrip implements [http.RoundTripper].
func (r *route) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.EqualFold(req.URL.Hostname(), r.host) {
		return r.own.RoundTrip(req)
	}
	return r.others.RoundTrip(req)
}

// Probe does one exchange, redirects included.
func (c *prober) Probe(ctx context.Context) probe.Result {
	via := c.kept
	if c.suspects.Load() {
		via = c.fresh
	}
	rec := newRecorder()
	result := c.exchange(ctx, via, rec, nil, nil)
	result.Steps = rec.finish()
	c.suspects.Store(result.Outcome == outcry.Bad)
	return result
}

// exchange does one. The jar, for cookies, and then, which is handed an answer
// that is as wanted, may be nil.
func (c *prober) exchange(ctx context.Context, via *route, rec *recorder, jar http.CookieJar, then func(*http.Response, *answer) error) probe.Result {
	began := time.Now()
	client := http.Client{Transport: via, CheckRedirect: c.redirect(rec), Jar: jar}
	ctx, end := rec.attach(ctx)
	defer end(nil)
	resp, err := client.Do(c.outgoing(ctx))
	if err != nil {
		return c.failure(ctx, err, rec)
	}
	body, err := rec.read(resp, c.buffers)
	if err != nil {
		return c.failure(ctx, err, rec)
	}
	defer body.release()
	result := c.asserts.judge(resp, body)
	if took := time.Since(began); result.Outcome == outcry.Good && c.maxLatency > 0 && took > c.maxLatency {
		return probe.Bad(probe.ReasonSlow, "took "+took.Round(time.Millisecond).String()+", wanted at most "+c.maxLatency.String())
	}
	if result.Outcome == outcry.Good && c.tls != nil && resp.TLS != nil {
		if err := c.tls.Verify(resp.TLS, c.now()); err != nil {
			return probe.Failed(err)
		}
	}
	if result.Outcome == outcry.Good && then != nil {
		if err := then(resp, body); err != nil {
			return probe.Failed(err)
		}
	}
	return result
}

// outgoing is the request of one run: a shallow copy, because a client changes
// neither the header nor the URL that it is given.
func (c *prober) outgoing(ctx context.Context) *http.Request {
	req := c.request.WithContext(ctx)
	if c.body != "" {
		req.Body = newBody(c.body)
		req.ContentLength = int64(len(c.body))
		req.GetBody = getBody(c.body)
	}
	return req
}
