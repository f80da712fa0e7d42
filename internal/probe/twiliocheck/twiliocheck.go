// Package twiliocheck probes the delivery of text messages through an HTTP
// gateway with the interface of Twilio's: a message is posted, and its status
// is asked for until it is the last one.
//
//	POST {url}/Accounts/{account}/Messages.json        To, From, Body → 201 {"sid","status"}
//	GET  {url}/Accounts/{account}/Messages/{sid}.json  → {"status","error_code","error_message"}
//
// Up means the status delivered (or read), in time. Steps: dns, connect, tls,
// submit, and the same with status for each time that it was asked for. Reasons
// are those of text messages over SMPP: throttled (status 429, queue
// overflow), rejected (4xx, failed, canceled), undelivered, expired, no-receipt,
// late; sign-in-refused (401, 403); not-serving (5xx).
package twiliocheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type sms over http.
type Options struct {
	URL         string           `yaml:"url"`              // default https://api.twilio.com/2010-04-01
	Account     string           `yaml:"account,required"` // AC…
	User        string           `yaml:"user"`             // an API key's SID; default: the account
	Token       config.Secret    `yaml:"token,required"`   // its secret
	From        string           `yaml:"from,required"`    // +number, short code, or the SID of a messaging service (MG…)
	To          string           `yaml:"to,required"`      // +number
	Text        string           `yaml:"text"`
	Receipt     bool             `yaml:"receipt"`      // ask until it is delivered; default true
	MaxDelivery time.Duration    `yaml:"max_delivery"` // from the answer to delivered; 0: the timeout only
	Poll        time.Duration    `yaml:"poll"`         // from one question to the next; default 2s
	TLS         probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() {
	o.URL, o.Text, o.Receipt, o.Poll = "https://api.twilio.com/2010-04-01", "Outcry: a test message", true, 2*time.Second
}

const (
	maxBody = 256 << 10              // bytes of an answer
	maxText = 1600                   // Twilio's own, in characters
	minPoll = 100 * time.Millisecond // faster asks for being throttled
)

type prober struct {
	opts Options
	host string
	base string
	env  probe.Env
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, outcry.FieldErrorf("url", "scheme %q is not https", u.Scheme)
	case u.RawQuery != "":
		return nil, outcry.FieldErrorf("url", "takes no parameters")
	case o.Text == "" || len(o.Text) > maxText:
		return nil, outcry.FieldErrorf("text", "from 1 to %d characters", maxText)
	case o.Poll < minPoll:
		return nil, outcry.FieldErrorf("poll", "at least %s", minPoll)
	case o.MaxDelivery < 0:
		return nil, outcry.FieldErrorf("max_delivery", "a positive time, not %s", o.MaxDelivery)
	}
	if _, err := o.TLS.Config(env, u.Hostname()); err != nil {
		return nil, err
	}
	if o.User == "" {
		o.User = o.Account
	}
	base := strings.TrimSuffix(u.String(), "/") + "/Accounts/" + url.PathEscape(o.Account) + "/Messages"
	return &prober{opts: o, host: u.Hostname(), base: base, env: env}, env.VerifySecret("token", o.Token)
}

// Target is the gateway's host.
func (p *prober) Target() string { return p.host }

// message is what is read of an answer.
type message struct {
	SID     string `json:"sid"`
	Status  string `json:"status"`
	Code    int    `json:"error_code"`
	Message string `json:"error_message"`
}

// Probe sends one message and learns of its fate.
func (p *prober) Probe(ctx context.Context) probe.Result {
	token, err := probe.ReadSecret("token", p.opts.Token)
	if err != nil {
		return probe.Failed(err)
	}
	trail := probe.NewTrail()
	m, err := p.submit(ctx, trail, token)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	if !p.opts.Receipt {
		return trail.End(probe.Good("submitted as " + probe.Printable(m.SID)))
	}
	if err := p.await(ctx, trail, token, m); err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good("delivered as " + probe.Printable(m.SID)))
}

func (p *prober) submit(ctx context.Context, trail *probe.Trail, token string) (*message, error) {
	form := url.Values{"To": {p.opts.To}, "Body": {p.opts.Text}}
	if strings.HasPrefix(p.opts.From, "MG") {
		form.Set("MessagingServiceSid", p.opts.From)
	} else {
		form.Set("From", p.opts.From)
	}
	m, err := p.ask(ctx, trail, "submit", token, http.MethodPost, p.base+".json", form.Encode())
	if err != nil {
		return nil, err
	}
	if ok, err := regexp.MatchString(`^[A-Za-z0-9]{1,64}$`, m.SID); !ok || err != nil {
		return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("the answer has no sid of a message")}
	}
	_, err = p.judge(m, 0)
	return m, err
}

// await asks until the status is the last one.
func (p *prober) await(ctx context.Context, trail *probe.Trail, token string, m *message) error {
	taken := time.Now()
	timer := time.NewTimer(p.opts.Poll)
	defer timer.Stop()
	for {
		last, err := p.judge(m, time.Since(taken))
		if last || err != nil {
			return err
		}
		timer.Reset(p.opts.Poll)
		select {
		case <-ctx.Done():
			return p.noReceipt(m)
		case <-timer.C:
		}
		next, err := p.ask(ctx, trail, "status", token, http.MethodGet, p.base+"/"+m.SID+".json", "")
		switch {
		case err != nil && probe.Classify(err) == probe.ReasonTimeout:
			return p.noReceipt(m)
		case err != nil:
			return err
		}
		next.SID, m = m.SID, next
	}
}

func (p *prober) noReceipt(m *message) error {
	return &probe.Fault{Reason: probe.ReasonNoReceipt, Err: fmt.Errorf("its last status was %s", probe.Printable(m.Status))}
}

// ask makes one exchange.
func (p *prober) ask(ctx context.Context, trail *probe.Trail, step, token, method, address, form string) (*message, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return nil, &probe.Fault{Reason: probe.ReasonInternal, Err: errors.New("the request cannot be made")}
	}
	req.SetBasicAuth(p.opts.User, token)
	req.Header.Set("User-Agent", p.env.Agent())
	req.Header.Set("Accept", "application/json")
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := p.env.Fetch(ctx, trail, req, probe.Fetching{Step: step, TLS: p.opts.TLS, MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	return read(got)
}

// read gives an answer that is none of a message its reason.
func read(got *probe.Fetched) (*message, error) {
	if got.Status < 200 || got.Status > 299 {
		var said struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(got.Body, &said) //nolint:errcheck // an answer without words has its status
		err := fmt.Errorf("status %d, code %d: %s", got.Status, said.Code, probe.Printable(said.Message))
		reason := probe.ReasonRejected
		switch {
		case got.Status == http.StatusUnauthorized, got.Status == http.StatusForbidden:
			reason = probe.ReasonSignIn
		case got.Status == http.StatusTooManyRequests:
			reason = probe.ReasonThrottled
		case got.Status >= http.StatusInternalServerError:
			reason = probe.ReasonNotServing
		case got.Status < http.StatusBadRequest:
			reason = probe.ReasonProtocol
		}
		return nil, &probe.Fault{Reason: reason, Err: err}
	}
	var m message
	if err := json.Unmarshal(got.Body, &m); err != nil || m.Status == "" {
		return nil, &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("the answer is no message in JSON with a status")}
	}
	return &m, nil
}

// judge says whether a status is the last one, and what it is worth.
func (p *prober) judge(m *message, after time.Duration) (last bool, err error) {
	reason := probe.ReasonRejected
	switch strings.ToLower(m.Status) {
	case "delivered", "read":
		if p.opts.MaxDelivery > 0 && after > p.opts.MaxDelivery {
			return true, &probe.Fault{Reason: probe.ReasonLate, Err: fmt.Errorf("delivered after %s, wanted within %s", after.Round(time.Millisecond), p.opts.MaxDelivery)}
		}
		return true, nil
	case "undelivered":
		reason = probe.ReasonUndelivered
	case "failed", "canceled":
	default: // accepted, scheduled, queued, sending, sent
		return false, nil
	}
	switch m.Code { // of Twilio's dictionary of errors
	case codeQueueOverflow, codeRateExceeded:
		reason = probe.ReasonThrottled
	case codeExpired:
		reason = probe.ReasonExpired
	}
	return true, &probe.Fault{Reason: reason, Err: fmt.Errorf("%s, code %d: %s", probe.Printable(m.Status), m.Code, probe.Printable(m.Message))}
}

const (
	codeQueueOverflow = 30001
	codeRateExceeded  = 30022
	codeExpired       = 30036
)
