package webrtccheck

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/pion/stun/v4"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

// Probe asks the STUN server, allocates at the TURN server, and calls through it.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	work, last, stop := probe.Reserve(ctx)
	defer stop()
	said, err := p.run(work, last, trail)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(said))
}

func (p *prober) run(work, last context.Context, trail *probe.Trail) (said string, err error) {
	if p.stun != nil {
		if said, err = p.bind(work, trail); err != nil || p.turn == nil {
			return said, err
		}
	}
	user, err := p.account()
	if err != nil {
		return "", err
	}
	remote, said, err := p.allocate(work, last, trail, user)
	if err != nil || p.opts.Talk == 0 {
		return said, err
	}
	report, err := p.loop(work, last, trail, user, remote)
	return report.String(), err
}

// bind is the check of the STUN server.
func (p *prober) bind(ctx context.Context, trail *probe.Trail) (said string, err error) {
	conn, err := p.connect(ctx, trail, p.stun)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // it has answered, or not
	err = trail.Do("stun", func() (string, error) {
		said, err = bind(ctx, &dialogue{conn: conn, stream: p.stun.stream()})
		return said, err
	})
	return said, err
}

func (p *prober) connect(ctx context.Context, trail *probe.Trail, s *server) (net.Conn, error) {
	if !s.stream() {
		return trail.Connect(ctx, p.dialer, "udp", s.addr)
	}
	return trail.Secure(ctx, p.dialer, s.addr, s.cfg, p.opts.TLS)
}

// maxMismatches is how often another port of ours is tried: RFC 8656, 7.4.
const maxMismatches = 3

// allocate is the check of the TURN server's allocations. It tells the address
// that was connected to. A server may take our port for one whose allocation it
// has not quite forgotten; another port does.
func (p *prober) allocate(work, last context.Context, trail *probe.Trail, user account) (remote, said string, err error) {
	for range maxMismatches {
		remote, said, err = p.allocateOnce(work, last, trail, user)
		if r, ok := errors.AsType[*refused](err); !ok || r.code != stun.CodeAllocMismatch {
			break
		}
	}
	return remote, said, err
}

func (p *prober) allocateOnce(work, last context.Context, trail *probe.Trail, user account) (remote, said string, err error) {
	conn, err := p.connect(work, trail, p.turn)
	if err != nil {
		return "", "", err
	}
	defer conn.Close() //nolint:errcheck // the allocation is given back by then
	a := &allocation{d: &dialogue{conn: conn, stream: p.turn.stream()}, user: user}
	err = trail.Do("allocate", func() (string, error) {
		said, err = a.allocate(work)
		return said, err
	})
	if err != nil {
		return "", "", err
	}
	// One that is not given back ends by itself, ten minutes later: the step tells.
	_ = trail.Do("free", func() (string, error) { return "", a.free(last) }) //nolint:errcheck // as above
	return conn.RemoteAddr().String(), said, nil
}

// judge compares what the loop sounded like with what is wanted. First is how
// long its first sound took.
func (o *Options) judge(r voice.Report, first time.Duration) error {
	switch {
	case r.Echoes == 0:
		return fault(ReasonNoMedia, "no sound came back: %s", r)
	case 100*r.Loss > o.MaxLoss:
		return fault(probe.ReasonLoss, "%s; at most %g%% loss is wanted", r, o.MaxLoss)
	case o.MaxFirst > 0 && first > o.MaxFirst:
		return fault(probe.ReasonSlow, "the first sound came after %s; at most %s is wanted", probe.Took(first), o.MaxFirst)
	case o.MaxJitter > 0 && r.Jitter > o.MaxJitter:
		return fault(ReasonPoorQuality, "%s; at most %s jitter is wanted", r, o.MaxJitter)
	case o.MaxTrip > 0 && r.RoundTrip > o.MaxTrip:
		return fault(ReasonPoorQuality, "%s; at most %s round trip is wanted", r, o.MaxTrip)
	case r.MOS < o.MinMOS:
		return fault(ReasonPoorQuality, "%s; at least MOS %g is wanted", r, o.MinMOS)
	}
	return nil
}
