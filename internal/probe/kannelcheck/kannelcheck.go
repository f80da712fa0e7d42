// Package kannelcheck probes text messages through Kannel, the open-source
// gateway: whether the carrier's link is online, as the bearerbox's status page
// says, and whether the smsbox takes a message for it.
//
//	GET  {status}/status.xml            → <smsc><id>…</id><status>online 12s</status>
//	POST {url} with X-Kannel-… headers  → 202 "0: Accepted for delivery"
//
// Kannel tells what became of a message only by calling back, which is not
// waited for: the check is up when the message is taken for a link that is
// online. For the receipt, bind to the carrier, or to its test account, with a
// check over smpp. Steps: dns, connect, tls, status; dns, connect, tls, submit.
// Reasons beside those of the way there:
//
//	route-down       the link is not online, or the bearerbox does not know it
//	sign-in-refused  403, or the status page wants another password
//	throttled        503: Kannel's queue is full, or it is being stopped
//	rejected         any other answer but 202
package kannelcheck

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type sms over kannel.
type Options struct {
	URL            string           `yaml:"url,required"`  // of the smsbox: http://kannel:13013/cgi-bin/sendsms
	User           string           `yaml:"user,required"` // of a sendsms-user
	Password       config.Secret    `yaml:"password,required"`
	From           string           `yaml:"from"`
	To             string           `yaml:"to,required"`
	Text           string           `yaml:"text"`
	Route          string           `yaml:"route"`           // smsc-id of the link; empty: whichever Kannel takes
	Status         string           `yaml:"status"`          // of the bearerbox: http://kannel:13000; empty: its status is not asked for
	StatusPassword config.Secret    `yaml:"status_password"` // the bearerbox's
	TLS            probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Text = "Outcry: a test message" }

// ReasonRouteDown is the one reason that only this package has.
const ReasonRouteDown probe.Reason = "route-down"

const (
	maxText = 160
	maxBody = 1 << 20 // bytes of an answer
)

type prober struct {
	opts Options
	host string
	env  probe.Env
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	for field, raw := range map[string]string{"url": o.URL, "status": o.Status} {
		if raw == "" {
			continue
		}
		if s, err := probe.ParseURL(raw); err != nil || s.Scheme != "http" && s.Scheme != "https" || s.RawQuery != "" {
			return nil, outcry.FieldErrorf(field, "must be a URL of http without parameters")
		}
	}
	for field, text := range map[string]string{"user": o.User, "from": o.From, "to": o.To, "route": o.Route, "text": o.Text} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return nil, outcry.FieldErrorf(field, "must be printable ASCII")
		}
	}
	if o.Text == "" || len(o.Text) > maxText {
		return nil, outcry.FieldErrorf("text", "from 1 to %d characters", maxText)
	}
	if _, err := o.TLS.Config(env, u.Hostname()); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("password", o.Password); err != nil {
		return nil, err
	}
	return &prober{opts: o, host: u.Hostname(), env: env}, env.VerifySecret("status_password", o.StatusPassword)
}

// Target is the smsbox's host.
func (p *prober) Target() string { return p.host }

// Probe looks at the link and hands one message over.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	if err := p.link(ctx, trail); err != nil {
		return trail.End(probe.Failed(err))
	}
	if err := p.submit(ctx, trail); err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good("Kannel has taken the message"))
}

// link sees that the carrier's link is online.
func (p *prober) link(ctx context.Context, trail *probe.Trail) error {
	if p.opts.Status == "" {
		return nil
	}
	password, err := probe.ReadSecret("status_password", p.opts.StatusPassword)
	if err != nil {
		return err
	}
	address := strings.TrimSuffix(p.opts.Status, "/") + "/status.xml?password=" + url.QueryEscape(password)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return &probe.Fault{Reason: probe.ReasonInternal, Err: errors.New("the request cannot be made")}
	}
	got, err := p.env.Fetch(ctx, trail, req, probe.Fetching{Step: "status", TLS: p.opts.TLS, MaxBody: maxBody})
	if err != nil {
		return err
	}
	if got.Status == http.StatusForbidden || strings.Contains(string(got.Body[:min(len(got.Body), 200)]), "Denied") {
		return &probe.Fault{Reason: probe.ReasonSignIn, Err: errors.New("the status page wants another password")}
	}
	return online(got.Body, p.opts.Route)
}

// page is what is read of the bearerbox's status.
type page struct {
	XMLName xml.Name `xml:"gateway"`
	Links   []struct {
		ID     string `xml:"id"`
		Status string `xml:"status"`
	} `xml:"smscs>smsc"`
}

// online sees that the link, or where none is named one of them, is.
func online(body []byte, route string) error {
	var g page
	if err := xml.Unmarshal(body, &g); err != nil {
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("the status page is not Kannel's")}
	}
	said := "no such link"
	for _, l := range g.Links {
		if route != "" && !strings.EqualFold(l.ID, route) {
			continue
		}
		if said = strings.TrimSpace(l.Status); strings.HasPrefix(said, "online") {
			return nil
		}
	}
	return &probe.Fault{Reason: ReasonRouteDown, Err: fmt.Errorf("the link %s: %s", probe.Printable(route), probe.Printable(said))}
}

// submit hands the message over, with no secret in the address, which servers
// write into their logs.
func (p *prober) submit(ctx context.Context, trail *probe.Trail) error {
	password, err := probe.ReadSecret("password", p.opts.Password)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.opts.URL, strings.NewReader(p.opts.Text))
	if err != nil {
		return &probe.Fault{Reason: probe.ReasonInternal, Err: errors.New("the request cannot be made")}
	}
	for name, value := range map[string]string{
		"Content-Type": "text/plain", "User-Agent": p.env.Agent(), "X-Kannel-Username": p.opts.User, "X-Kannel-Password": password,
		"X-Kannel-From": p.opts.From, "X-Kannel-To": p.opts.To, "X-Kannel-SMSC": p.opts.Route,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	got, err := p.env.Fetch(ctx, trail, req, probe.Fetching{Step: "submit", TLS: p.opts.TLS, MaxBody: maxBody})
	if err != nil {
		return err
	}
	reason := probe.ReasonRejected
	switch got.Status {
	case http.StatusAccepted:
		return nil
	case http.StatusForbidden, http.StatusUnauthorized:
		reason = probe.ReasonSignIn
	case http.StatusServiceUnavailable:
		reason = probe.ReasonThrottled
	}
	return &probe.Fault{Reason: reason, Err: fmt.Errorf("status %d: %.200s", got.Status, probe.Printable(string(got.Body)))}
}
