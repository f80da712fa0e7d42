package apnscheck

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http2"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/h2line"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type push over apns.
type Options struct {
	URL      string           `yaml:"url"`             // https://api.push.apple.com, or api.sandbox.push.apple.com; ports 443 and 2197
	Key      config.Secret    `yaml:"key,required"`    // the .p8 file of the developer account
	KeyID    string           `yaml:"key_id,required"` // ten characters
	Team     string           `yaml:"team,required"`   // ten characters
	Topic    string           `yaml:"topic,required"`  // the app's bundle ID
	Device   config.Secret    `yaml:"device,required"` // a device's token, in hexadecimal
	PushType string           `yaml:"push_type"`       // default background
	Payload  string           `yaml:"payload"`         // JSON; default one that nobody sees
	Accept   []string         `yaml:"accept"`          // further answers that are up: BadDeviceToken, where there is no device
	TLS      probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() {
	o.URL, o.PushType, o.Payload = "https://api.push.apple.com", "background", `{"aps":{"content-available":1}}`
}

// Reasons of this package, all of "cannot tell".
const (
	ReasonBadToken      probe.Reason = "bad-token"
	ReasonBadTopic      probe.Reason = "bad-topic"
	ReasonProviderToken probe.Reason = "provider-token"
)

// What is agreed on, and bounds of what is sent and read, in bytes.
const (
	alpn       = "h2"
	maxPayload = 4 << 10 // Apple's own
	maxAnswer  = 16 << 10
	maxHeader  = 64 << 10
)

type prober struct {
	opts       Options
	host, addr string
	origin     string
	cfg        *tls.Config
	dialer     *netguard.Dialer
	signer     *signer
	agent      string
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" {
		return nil, outcry.FieldErrorf("url", "scheme %q is not https", u.Scheme)
	}
	p := &prober{opts: o, host: u.Hostname(), origin: "https://" + u.Host, dialer: env.Own(), agent: env.Agent()}
	p.signer = &signer{key: o.Key, keyID: o.KeyID, team: o.Team, now: env.Time}
	if p.addr, err = probe.HostPort(u, "443"); err != nil {
		return nil, err
	}
	if p.cfg, err = o.TLS.Config(env, p.host); err != nil {
		return nil, err
	}
	p.cfg.NextProtos = []string{alpn}
	if len(o.Payload) > maxPayload || !json.Valid([]byte(o.Payload)) {
		return nil, outcry.FieldErrorf("payload", "must be JSON of at most %d bytes", maxPayload)
	}
	if err := env.VerifySecret("key", o.Key); err != nil {
		return nil, err
	}
	return p, env.VerifySecret("device", o.Device)
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }

// Probe hands one push over.
func (p *prober) Probe(ctx context.Context) probe.Result {
	req, err := p.request(ctx)
	if err != nil {
		return probe.Failed(err)
	}
	trail := probe.NewTrail()
	conn, err := trail.Secure(ctx, p.dialer, p.addr, p.cfg, p.opts.TLS)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // the answer has been read
	if tc, ok := conn.(*tls.Conn); !ok || tc.ConnectionState().NegotiatedProtocol != alpn {
		return trail.End(probe.Bad(probe.ReasonProtocol, "the server does not speak HTTP/2"))
	}
	var result probe.Result
	err = trail.Do("push", func() (string, error) {
		line := h2line.New(conn)
		h2, err := (&http2.Transport{DisableCompression: true, MaxHeaderListSize: maxHeader}).NewClientConn(line) //nolint:staticcheck // net/http's own tells its errors by text alone
		if err != nil {
			line.Leave()
			return "", fault(ctx, err, line)
		}
		defer h2.Close() //nolint:errcheck // as above
		resp, err := h2.RoundTrip(req)
		if err != nil {
			if h2.State().Closed {
				line.Leave()
			}
			return "", fault(ctx, err, line)
		}
		defer resp.Body.Close() //nolint:errcheck // it was read, or is of no interest
		result = p.judge(resp)
		if result.Outcome != outcry.Good {
			return "", errors.New(result.Detail)
		}
		return result.Detail, nil
	})
	if result.Reason != "" || err == nil {
		return trail.End(result)
	}
	return trail.End(probe.Failed(err))
}

// request makes the request of one attempt.
func (p *prober) request(ctx context.Context) (*http.Request, error) {
	token, err := p.signer.get()
	if err != nil {
		return nil, err
	}
	device, err := probe.ReadSecret("device", p.opts.Device)
	if err != nil {
		return nil, err
	}
	if ok, err := regexp.MatchString(`^[0-9A-Fa-f]{16,400}$`, device); !ok || err != nil {
		return nil, &probe.Fault{Reason: probe.ReasonInternal, Err: errors.New("device: a token is written in hexadecimal")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.origin+"/3/device/"+device, strings.NewReader(p.opts.Payload))
	if err != nil {
		return nil, &probe.Fault{Reason: probe.ReasonInternal, Err: errors.New("the request cannot be made")}
	}
	priority := "10"
	if p.opts.PushType == "background" {
		priority = "5"
	}
	for name, value := range map[string]string{
		"Authorization": "bearer " + token, "Apns-Topic": p.opts.Topic, "Apns-Push-Type": p.opts.PushType,
		"Apns-Priority": priority, "Apns-Expiration": "0", "User-Agent": p.agent,
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

// fault gives an error of the exchange its reason: by its type, and where the
// type tells nothing, by what became of the connection.
func fault(ctx context.Context, err error, line *h2line.Line) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no answer within the time: %w", context.Cause(ctx))
	}
	if probe.Classify(err) == probe.ReasonTimeout { // the connection's deadline, which is the context's, was first
		return fmt.Errorf("no answer within the time: %w", context.DeadlineExceeded)
	}
	_, breach := errors.AsType[http2.ConnectionError](err)
	_, away := errors.AsType[http2.GoAwayError](err) //nolint:staticcheck // as above
	switch {
	case breach || errors.Is(err, http2.ErrFrameTooLarge):
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("push: %w", err)}
	case away, line.Ended():
		return &probe.Fault{Reason: probe.ReasonReset, Err: fmt.Errorf("push: %w", err)}
	case line.Left():
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("push: %w", err)}
	}
	return fmt.Errorf("push: %w", err)
}

// judge reads what APNs says.
func (p *prober) judge(resp *http.Response) probe.Result {
	if resp.StatusCode == http.StatusOK {
		return probe.Good("taken as " + probe.Printable(resp.Header.Get("Apns-Id")))
	}
	var said struct {
		Reason string `json:"reason"`
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return probe.Failed(fmt.Errorf("read the answer: %w", err))
	}
	if len(body) > maxAnswer {
		return probe.Bad(probe.ReasonTooLarge, fmt.Sprintf("an answer of over %d bytes", maxAnswer))
	}
	err = json.Unmarshal(body, &said)
	detail := fmt.Sprintf("status %d %s", resp.StatusCode, probe.Printable(said.Reason))
	switch {
	case resp.StatusCode >= http.StatusInternalServerError: // also of something before APNs
		return probe.Bad(probe.ReasonNotServing, detail)
	case err != nil || said.Reason == "":
		return probe.Bad(probe.ReasonProtocol, fmt.Sprintf("status %d without a reason: that is not APNs", resp.StatusCode))
	case slices.Contains(p.opts.Accept, said.Reason):
		return probe.Good(detail + ", which is accepted")
	}
	reason := reasonOf(said.Reason, resp.StatusCode)
	if reason == ReasonProviderToken {
		p.signer.forget()
	}
	return probe.Unknown(reason, detail)
}

// reasonOf sorts Apple's words.
func reasonOf(said string, status int) probe.Reason {
	switch said {
	case "BadDeviceToken", "DeviceTokenNotForTopic", "Unregistered", "ExpiredToken", "MissingDeviceToken":
		return ReasonBadToken
	case "BadTopic", "MissingTopic", "TopicDisallowed":
		return ReasonBadTopic
	case "ExpiredProviderToken", "InvalidProviderToken", "MissingProviderToken", "BadCertificate", "BadCertificateEnvironment",
		"Forbidden", "UnrelatedKeyIdInToken", "BadEnvironmentKeyIdInToken":
		return ReasonProviderToken
	}
	if status == http.StatusTooManyRequests {
		return probe.ReasonThrottled
	}
	return probe.ReasonRejected
}
