package apnscheck

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// CourierOptions are those of a check of type push over courier.
type CourierOptions struct {
	Host  string           `yaml:"host"`  // default 1-courier.push.apple.com; there are some fifty
	Ports []string         `yaml:"ports"` // default 5223 and 443, to which devices fall back
	ALPN  []string         `yaml:"alpn"`  // default apns-security-v3
	TLS   probe.TLSOptions `yaml:"tls"`   // its certificate may be of Apple's own authority: ca, or skip_verify
}

// SetDefaults fills in what a check need not say.
func (o *CourierOptions) SetDefaults() {
	o.Host, o.Ports, o.ALPN = "1-courier.push.apple.com", []string{"5223", "443"}, []string{"apns-security-v3"}
}

type courier struct {
	opts   CourierOptions
	cfg    *tls.Config
	dialer *netguard.Dialer
}

// maxPorts bounds the ports of a check.
const maxPorts = 8

// NewCourier makes the prober of a check; its errors are of CodeInvalid.
func NewCourier(o CourierOptions, env probe.Env) (probe.Prober, error) {
	if o.Host == "" || strings.ContainsAny(o.Host, "/@ ") {
		return nil, outcry.FieldErrorf("host", "%q is no host", o.Host)
	}
	if len(o.Ports) == 0 || len(o.Ports) > maxPorts {
		return nil, outcry.FieldErrorf("ports", "from 1 to %d, not %d", maxPorts, len(o.Ports))
	}
	for _, port := range o.Ports {
		if _, err := probe.ParseURL("tls://" + net.JoinHostPort(o.Host, port)); err != nil {
			return nil, outcry.FieldErrorf("ports", "%q is no port", port)
		}
	}
	cfg, err := o.TLS.Config(env, o.Host)
	if err != nil {
		return nil, err
	}
	cfg.NextProtos = o.ALPN
	return &courier{opts: o, cfg: cfg, dialer: env.Own()}, nil
}

// Target is the host that is connected to.
func (c *courier) Target() string { return c.opts.Host }

// Probe tries one port after the other, as a device does.
func (c *courier) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	var first error
	for i, port := range c.opts.Ports {
		err := c.try(ctx, trail, port, len(c.opts.Ports)-i)
		if err == nil {
			return trail.End(probe.Good("port " + port + " shakes hands"))
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return trail.End(probe.Failed(first))
}

// try connects to one port, in its share of the time that is left.
func (c *courier) try(ctx context.Context, trail *probe.Trail, port string, remaining int) error {
	ctx, cancel := share(ctx, remaining)
	defer cancel()
	conn, err := trail.Secure(ctx, c.dialer, net.JoinHostPort(c.opts.Host, port), c.cfg, c.opts.TLS)
	if err != nil {
		return err
	}
	_ = conn.Close() //nolint:errcheck // the handshake was what mattered
	return nil
}

// share gives the first of so many equal parts of a context's time.
func share(ctx context.Context, parts int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || parts <= 1 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(parts))
}
