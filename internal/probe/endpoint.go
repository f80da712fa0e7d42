package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
)

// Dialect is a protocol that is spoken over TCP or TLS, by the URL's scheme.
type Dialect struct {
	Scheme, TLSScheme string // "mqtt", "mqtts"
	Port, TLSPort     string // where the URL has none; empty: it must
	ALPN              string // what the handshake says that will be spoken
}

// Endpoint is where a check connects to, as the operator wrote it.
type Endpoint struct {
	URL    *url.URL
	Addr   string      // HOST:PORT
	Config *tls.Config // nil: without TLS
	tls    TLSOptions
	dialer *netguard.Dialer
}

// Endpoint reads a URL in one of the dialect's schemes; its errors are of
// CodeInvalid.
func (e Env) Endpoint(raw string, d Dialect, o TLSOptions) (*Endpoint, error) {
	u, err := ParseURL(raw)
	if err != nil {
		return nil, err
	}
	p, port := &Endpoint{URL: u, tls: o, dialer: e.Own()}, d.Port
	switch u.Scheme {
	case d.Scheme:
	case d.TLSScheme:
		port = d.TLSPort
		if p.Config, err = o.Config(e, u.Hostname()); err != nil {
			return nil, err
		}
		p.Config.NextProtos = []string{d.ALPN}
	default:
		return nil, outcry.FieldErrorf("url", "scheme %q is none of %s, %s", u.Scheme, d.Scheme, d.TLSScheme)
	}
	p.Addr, err = HostPort(u, port)
	return p, err
}

// Target is the host that is connected to.
func (p *Endpoint) Target() string { return p.URL.Hostname() }

// Connect connects, with its steps in the trail; see [Trail.Secure].
func (p *Endpoint) Connect(ctx context.Context, trail *Trail) (net.Conn, error) {
	return trail.Secure(ctx, p.dialer, p.Addr, p.Config, p.tls)
}

// Again connects another time in the same run, which is no step of it.
func (p *Endpoint) Again(ctx context.Context) (net.Conn, error) {
	conn, err := p.dialer.DialContext(ctx, "tcp", p.Addr)
	if err != nil || p.Config == nil {
		return conn, err
	}
	tc := tls.Client(conn, p.Config)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = conn.Close() //nolint:errcheck // the first error is the one to tell
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return tc, nil
}
