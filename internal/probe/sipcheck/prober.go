package sipcheck

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"time"

	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

const binding = time.Minute // of a registration, should it not be taken back

type prober struct {
	opts   Options
	target target
	cfg    *tls.Config      // nil: without TLS
	dialer *netguard.Dialer // for the server that the operator wrote
	strict *netguard.Dialer // for what a peer names
	name   string
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	if err := o.verify(); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("password", o.Password); err != nil {
		return nil, err
	}
	t, err := o.target()
	if err != nil {
		return nil, err
	}
	p := &prober{opts: o, target: t, dialer: env.Own(), strict: env.Guard.Dialer(env.Resolver), name: env.Agent()}
	if t.transport == "tls" {
		p.cfg, err = o.TLS.Config(env, t.host)
	}
	return p, err
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.target.host }

// Probe signs in, calls, and leaves nothing behind.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	password, err := probe.ReadSecret("password", p.opts.Password)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	work, last, stop := probe.Reserve(ctx)
	defer stop()
	conn, err := p.connect(work, trail)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	a, err := newAgent(conn, p.target.transport, p.name)
	if err != nil {
		conn.Close() //nolint:errcheck // the error is what counts
		return trail.End(probe.Failed(err))
	}
	defer a.close()
	said, err := p.run(work, last, a, password, trail)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(said))
}

func (p *prober) connect(ctx context.Context, trail *probe.Trail) (net.Conn, error) {
	if p.target.transport == "udp" {
		return trail.Connect(ctx, p.dialer, "udp", p.target.addr)
	}
	return trail.Secure(ctx, p.dialer, p.target.addr, p.cfg, p.opts.TLS)
}

// run signs in, calls and signs out. The first error is the one to tell.
func (p *prober) run(work, last context.Context, a *agent, password string, trail *probe.Trail) (said string, err error) {
	if p.opts.Register {
		err := trail.Do("register", func() (string, error) { return p.register(work, a, password, binding) })
		if err != nil {
			return "", err
		}
		defer func() {
			// A binding that is not taken back ends by itself: the step tells.
			_ = trail.Do("unregister", func() (string, error) { return p.register(last, a, password, 0) }) //nolint:errcheck // as above
		}()
	}
	if !p.target.calls {
		return "signed in", nil
	}
	return p.call(work, last, a, password, trail)
}

// call calls, talks and hangs up.
func (p *prober) call(work, last context.Context, a *agent, password string, trail *probe.Trail) (said string, err error) {
	m, err := openMedia(a.local.Addr())
	if err != nil {
		return "", err
	}
	defer m.close()
	sound, err := offer(port(m.conn))
	if err != nil {
		return "", err
	}
	var c *call
	err = trail.Do("invite", func() (detail string, err error) {
		c, detail, err = p.invite(work, a, password, sound)
		return detail, err
	})
	defer func() {
		if ended := p.end(last, a, c, trail); err == nil && ended != nil {
			err = ended
		}
	}()
	if err != nil {
		return "", err
	}
	if p.opts.Expect == expectAnswer {
		return "answered", nil
	}
	return p.listen(work, a, c, m, trail)
}

// listen is the part of an answered call that can be heard.
func (p *prober) listen(ctx context.Context, a *agent, c *call, m *media, trail *probe.Trail) (string, error) {
	var report voice.Report
	err := trail.Do("media", func() (string, error) {
		ans, err := parseAnswer(c.answer.Body())
		if err != nil {
			return "", err
		}
		to, err := p.peer(ctx, remote(a.conn), ans)
		if err != nil {
			return "", err
		}
		if report, err = p.talk(ctx, a, m, to, ans.payload); err != nil {
			return "", err
		}
		return report.String(), p.opts.judge(report)
	})
	return report.String(), err
}

// remote is the server's own address.
func remote(c net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
