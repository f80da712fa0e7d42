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
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// prober is one check. Everything that does not change between its runs is
// made once.
type prober struct {
	opts     Options
	env      probe.Env
	request  *http.Request // without body and context
	secrets  http.Header
	asserts  asserts
	buffers  *sync.Pool  // of *bytes.Buffer
	kept     route       // over connections of the last run
	fresh    route       // over a new connection
	suspects atomic.Bool // the last attempt failed: the next takes a new connection
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
	c := &prober{opts: o, env: env, buffers: &p.buffers}
	if c.asserts, err = compile(&o); err != nil {
		return nil, err
	}
	if err := c.prepare(u); err != nil {
		return nil, err
	}
	if c.kept, err = p.route(o, env, u.Hostname(), !o.KeepAlive); err != nil {
		return nil, err
	}
	c.fresh, err = p.route(o, env, u.Hostname(), true)
	return c, err
}

// prepare makes the request that every run sends.
func (c *prober) prepare(u *url.URL) error {
	req, err := http.NewRequest(strings.ToUpper(c.opts.Method), u.String(), http.NoBody) //nolint:noctx // each run gives its own
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "method or url")
	}
	req.Header.Set("User-Agent", c.env.Agent())
	for name, value := range c.opts.Headers {
		req.Header.Set(name, value)
	}
	c.secrets, err = readSecrets(c.opts.SecretHeaders)
	if err != nil {
		return err
	}
	for name, values := range c.secrets {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	c.request = req
	return nil
}

func readSecrets(from map[string]config.Secret) (http.Header, error) {
	h := make(http.Header, len(from))
	for name, secret := range from {
		value, err := secret.Value()
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "secret_headers: read the value of %s", name)
		}
		h.Set(name, value)
	}
	return h, nil
}

// Target is the host of the URL.
func (c *prober) Target() string { return c.request.URL.Hostname() }

// route sends requests to the check's own host, as the operator wrote it, over
// one transport and to all others, where redirects lead, over a stricter one.
type route struct {
	host        string
	own, others *http.Transport
}

func (p *Pool) route(o Options, env probe.Env, host string, fresh bool) (route, error) {
	s := settings{tls: o.TLS, proxy: o.Proxy, own: true, fresh: fresh}
	own, err := p.transport(s, env)
	if err != nil {
		return route{}, err
	}
	s.own = false
	others, err := p.transport(s, env)
	return route{host: host, own: own, others: others}, err
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
	via := &c.kept
	if c.suspects.Load() {
		via = &c.fresh
	}
	rec := newRecorder()
	result := c.exchange(ctx, via, rec)
	result.Steps = rec.finish()
	c.suspects.Store(result.Outcome == outcry.Bad)
	return result
}

func (c *prober) exchange(ctx context.Context, via *route, rec *recorder) probe.Result {
	began := time.Now()
	client := http.Client{Transport: via, CheckRedirect: c.redirect(rec)}
	resp, err := client.Do(c.outgoing(rec.attach(ctx)))
	if err != nil {
		return c.failure(ctx, err, rec)
	}
	body, err := rec.read(resp, c.buffers)
	if err != nil {
		return c.failure(ctx, err, rec)
	}
	defer body.release()
	result := c.asserts.judge(resp, body)
	if took := time.Since(began); result.Outcome == outcry.Good && c.opts.MaxLatency > 0 && took > c.opts.MaxLatency {
		return probe.Bad(probe.ReasonSlow, "took "+took.Round(time.Millisecond).String()+", wanted at most "+c.opts.MaxLatency.String())
	}
	if result.Outcome == outcry.Good && resp.TLS != nil {
		if err := c.opts.TLS.Verify(resp.TLS, c.env.Time()); err != nil {
			return probe.Failed(err)
		}
	}
	return result
}

// outgoing is the request of one run: a shallow copy, because a client changes
// neither the header nor the URL that it is given.
func (c *prober) outgoing(ctx context.Context) *http.Request {
	req := c.request.WithContext(ctx)
	if c.opts.Body != "" {
		req.Body = newBody(c.opts.Body)
		req.ContentLength = int64(len(c.opts.Body))
		req.GetBody = getBody(c.opts.Body)
	}
	return req
}
