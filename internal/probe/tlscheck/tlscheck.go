// Package tlscheck probes TLS servers: the handshake, the chain and name of
// the certificate, how long it is still valid, and the protocol agreed on by
// ALPN. Nothing is sent within the connection.
//
// Steps: dns, connect, tls, certificate.
package tlscheck

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type tls.
type Options struct {
	URL  string           `yaml:"url,required"` // tls://host[:443]
	ALPN []string         `yaml:"alpn"`         // protocols to offer; one of them must be taken
	TLS  probe.TLSOptions `yaml:"tls"`
}

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

type prober struct {
	opts       Options
	host, addr string
	cfg        *tls.Config
	dialer     *netguard.Dialer
	now        func() time.Time
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "tls" {
		return nil, outcry.FieldErrorf("url", "scheme %q is not tls", u.Scheme)
	}
	p := &prober{opts: o, host: u.Hostname(), dialer: env.Own(), now: env.Time}
	if p.addr, err = probe.HostPort(u, "443"); err != nil {
		return nil, err
	}
	if p.cfg, err = o.TLS.Config(env, p.host); err != nil {
		return nil, err
	}
	p.cfg.NextProtos = o.ALPN
	return p, nil
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }

// Probe shakes hands and looks at the certificate.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	conn, err := trail.Connect(ctx, p.dialer, "tcp", p.addr)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be read
	tc, err := trail.Handshake(ctx, conn, p.cfg)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	state := tc.ConnectionState()
	err = trail.Do("certificate", func() (string, error) { return p.certificate(&state) })
	if err == nil && len(p.opts.ALPN) > 0 && state.NegotiatedProtocol == "" {
		err = &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("the server takes none of the protocols %q", p.opts.ALPN)}
	}
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(probe.TLSDetail(state)))
}

func (p *prober) certificate(state *tls.ConnectionState) (string, error) {
	if err := p.opts.TLS.Verify(state, p.now()); err != nil {
		return "", err
	}
	leaf := state.PeerCertificates[0]
	days := int(leaf.NotAfter.Sub(p.now()).Hours() / 24)
	return fmt.Sprintf("%s, by %s, %d days left, chain of %d", leaf.Subject, leaf.Issuer, days, len(state.PeerCertificates)), nil
}
