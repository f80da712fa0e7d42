// Package wscheck probes WebSocket servers: the upgrade, and where wanted a
// message out and a message back.
//
// Steps: dns, connect, tls, upgrade, send, expect, close. Redirects are not
// followed: the answer to the upgrade is 101, or the check has failed.
package wscheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type websocket.
type Options struct {
	URL           string                   `yaml:"url,required"` // ws:// or wss://
	Headers       map[string]string        `yaml:"headers"`
	SecretHeaders map[string]config.Secret `yaml:"secret_headers"`
	Subprotocols  []string                 `yaml:"subprotocols"` // to offer; one of them must be taken
	Send          string                   `yaml:"send"`         // a text message
	Expect        string                   `yaml:"expect"`       // regular expression for a message; others are passed over
	TLS           probe.TLSOptions         `yaml:"tls"`
}

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

// Bounds of what is read.
const (
	maxMessage  = 1 << 20   // bytes of a message
	maxMessages = 1000      // passed over while waiting for the expected one
	maxHeader   = 256 << 10 // bytes of the answer's header
)

// farewell is how long the server's goodbye is waited for.
const farewell = 500 * time.Millisecond

type prober struct {
	*probe.Endpoint
	opts   Options
	header http.Header
	expect *regexp.Regexp
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	at, err := env.Endpoint(o.URL, probe.Dialect{Scheme: "ws", TLSScheme: "wss", Port: "80", TLSPort: "443", ALPN: "http/1.1"}, o.TLS)
	if err != nil {
		return nil, err
	}
	p := &prober{Endpoint: at, opts: o}
	if o.Expect != "" {
		if p.expect, err = regexp.Compile(o.Expect); err != nil {
			return nil, outcry.FieldErrorf("expect", "%s", err)
		}
	}
	p.header, err = headers(&o, env)
	return p, err
}

func headers(o *Options, env probe.Env) (http.Header, error) {
	h, err := env.SecretHeaders(o.SecretHeaders)
	if err != nil {
		return nil, err
	}
	h.Set("User-Agent", env.Agent())
	for name, value := range o.Headers {
		h.Set(name, value)
	}
	return h, nil
}

// Probe connects, upgrades and talks.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	conn, err := p.Connect(ctx, trail)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // closed with the WebSocket already
	ws, err := p.upgrade(ctx, trail, conn)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer ws.CloseNow() //nolint:errcheck // as above
	ws.SetReadLimit(maxMessage)
	if err := p.talk(ctx, trail, ws); err != nil {
		return trail.End(probe.Failed(err))
	}
	// A server that does not say goodbye still serves: the step tells, and it is
	// not waited for to the end.
	enough := time.AfterFunc(farewell, func() { _ = conn.Close() }) //nolint:errcheck // as above
	defer enough.Stop()
	_ = trail.Do("close", func() (string, error) { return "", ws.Close(websocket.StatusNormalClosure, "") }) //nolint:errcheck // as above
	return trail.End(probe.Good("upgraded"))
}

// upgrade asks, over a connection that is there already, to speak WebSocket.
func (p *prober) upgrade(ctx context.Context, trail *probe.Trail, conn net.Conn) (*websocket.Conn, error) {
	given := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	client := &http.Client{
		Transport:     &http.Transport{DialContext: given, DialTLSContext: given, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var ws *websocket.Conn
	err := trail.Do("upgrade", func() (detail string, err error) {
		var resp *http.Response
		ws, resp, err = websocket.Dial(ctx, p.URL.String(), &websocket.DialOptions{
			HTTPClient: client, HTTPHeader: p.header, Host: p.header.Get("Host"), Subprotocols: p.opts.Subprotocols,
		})
		if err != nil {
			return "", refusal(ctx, resp, err)
		}
		return ws.Subprotocol(), nil
	})
	if err == nil && len(p.opts.Subprotocols) > 0 && ws.Subprotocol() == "" {
		err = &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("the server takes none of the subprotocols %q", p.opts.Subprotocols)}
		_ = ws.CloseNow() //nolint:errcheck // the first error is the one to tell
	}
	return ws, err
}

// refusal gives a failed upgrade its reason. The library's text is not used
// where it repeats the URL, which may hold a token.
func refusal(ctx context.Context, resp *http.Response, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("wait for the answer to the upgrade: %w", context.Cause(ctx))
	case resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		return &probe.Fault{Reason: probe.ReasonStatus, Err: fmt.Errorf("the upgrade was answered with status %d, wanted 101", resp.StatusCode)}
	case resp != nil:
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("the answer to the upgrade is not one to a WebSocket")}
	case strings.Contains(err.Error(), "malformed HTTP"):
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: errors.New("the answer to the upgrade is not HTTP")}
	}
	return &probe.Fault{Reason: probe.Classify(err), Err: fmt.Errorf("upgrade: %w", innermost(err))}
}

// innermost is the error without the layers that repeat the URL.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

func (p *prober) talk(ctx context.Context, trail *probe.Trail, ws *websocket.Conn) error {
	if p.opts.Send != "" {
		err := trail.Do("send", func() (string, error) {
			return fmt.Sprintf("%d bytes", len(p.opts.Send)), ws.Write(ctx, websocket.MessageText, []byte(p.opts.Send))
		})
		if err != nil {
			return fault(ctx, "send", err)
		}
	}
	if p.expect == nil {
		return nil
	}
	return trail.Do("expect", func() (string, error) { return p.listen(ctx, ws) })
}

// listen reads messages until one matches.
func (p *prober) listen(ctx context.Context, ws *websocket.Conn) (string, error) {
	var last []byte
	for range maxMessages {
		_, message, err := ws.Read(ctx)
		if err != nil && last != nil && probe.Classify(fault(ctx, "wait", err)) == probe.ReasonTimeout {
			return "", &probe.Fault{Reason: probe.ReasonBody, Err: fmt.Errorf("the last message was %.80q, wanted /%s/", last, p.expect)}
		}
		if err != nil {
			return "", fault(ctx, "wait for a message", err)
		}
		if p.expect.Match(message) {
			return fmt.Sprintf("%.80q", message), nil
		}
		last = message
	}
	return "", &probe.Fault{Reason: probe.ReasonBody, Err: fmt.Errorf("none of %d messages matches /%s/", maxMessages, p.expect)}
}

func fault(ctx context.Context, doing string, err error) error {
	switch code := websocket.CloseStatus(err); {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	case errors.Is(err, websocket.ErrMessageTooBig):
		return &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("%s: a message of more than %d bytes", doing, maxMessage)}
	case code >= 0:
		return &probe.Fault{Reason: probe.ReasonReset, Err: fmt.Errorf("%s: the server closed with %s", doing, code)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
