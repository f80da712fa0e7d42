// Package deskcheck probes the desk of a business over HTTP: a customer's
// message reaches its webhook, signed, and an answer comes back within the
// service level.
//
// The message is POSTed as JSON: type "message.created", id, conversation,
// from, text and at. Three headers sign it after the Standard Webhooks
// specification 1.0 (webhook-id, webhook-timestamp, webhook-signature). The
// business answers in one of two ways:
//
//	200 {"text": "Hello!"}             at once, or
//	202 Location: /answers/4711        later: asked for again and again (GET, signed
//	                                   as well), this gives 200 {"text": …}, or 202,
//	                                   204 or 404 while there is none
//
// Any other 4xx rejects the message. Redirects are not followed, and the
// Location must be of the webhook's own origin. The folder examples/responder
// has a business that does all this.
//
// Steps: dns, connect, tls, ask, answer.
package deskcheck

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type conversation over http.
type Options struct {
	URL    string           `yaml:"url,required"`    // of the webhook
	Secret config.Secret    `yaml:"secret,required"` // signs the message
	Ask    string           `yaml:"ask"`             // what the customer says
	Expect string           `yaml:"expect"`          // regular expression (RE2) for the answer; default: any text
	Within time.Duration    `yaml:"within"`          // the service level, less than the timeout; default 5s
	TLS    probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() {
	o.Ask, o.Within = "Hello, is anybody there? (This is a check.)", 5*time.Second
}

type prober struct {
	*probe.Endpoint
	opts   Options
	expect *regexp.Regexp
	agent  string
	now    func() time.Time
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	at, err := env.Endpoint(o.URL, probe.Dialect{Scheme: "http", TLSScheme: "https", Port: "80", TLSPort: "443", ALPN: "http/1.1"}, o.TLS)
	if err != nil {
		return nil, err
	}
	p := &prober{Endpoint: at, opts: o, agent: env.Agent(), now: env.Time}
	if err := env.VerifySecret("secret", o.Secret); err != nil {
		return nil, err
	}
	switch {
	case o.Within <= 0:
		return nil, outcry.FieldErrorf("within", "a positive time, not %s", o.Within)
	case o.Ask == "":
		return nil, outcry.FieldErrorf("ask", "a customer who says nothing gets no answer")
	}
	if p.expect, err = regexp.Compile(o.Expect); err != nil {
		return nil, outcry.FieldErrorf("expect", "%s", err)
	}
	return p, nil
}

// Probe asks, and waits for the answer.
func (p *prober) Probe(ctx context.Context) probe.Result {
	return probe.Timed(ctx, "answered", p.talk)
}

func (p *prober) talk(ctx context.Context, trail *probe.Trail) (time.Duration, error) {
	secret, err := probe.ReadSecret("secret", p.opts.Secret)
	if err != nil {
		return 0, err
	}
	key, err := keyOf(secret)
	if err != nil {
		return 0, &probe.Fault{Reason: probe.ReasonInternal, Err: err}
	}
	conn, err := p.Connect(ctx, trail)
	if err != nil {
		return 0, err
	}
	d := newDesk(p, key, conn)
	defer d.leave()
	if err := trail.Do("ask", func() (string, error) { return d.ask(ctx) }); err != nil {
		return 0, err
	}
	err = trail.Do("answer", func() (string, error) { return d.wait(ctx) })
	return d.took, err
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}
