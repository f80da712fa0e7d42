package sipcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

const (
	drain     = 500 * time.Millisecond // for the last frames to come back
	maxPacket = 2048                   // bytes
)

// media is the socket for a call's sound.
type media struct {
	conn   *net.UDPConn
	in     chan packet
	done   chan struct{}
	reader sync.WaitGroup
}

type packet struct {
	data []byte
	from netip.Addr
	at   time.Time
}

// openMedia listens at the address that faces the server, on an even port: the
// odd one above it is RTCP's by custom (RFC 3550, 11).
func openMedia(local netip.Addr) (*media, error) {
	var conn *net.UDPConn
	for range 20 {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
		if err != nil {
			return nil, fmt.Errorf("open a socket for media: %w", err)
		}
		conn = c
		if port(c).Port()%2 == 0 {
			break
		}
		c.Close() //nolint:errcheck // unused
		conn = nil
	}
	if conn == nil {
		return nil, fault(probe.ReasonInternal, "no even port for media was free")
	}
	m := &media{conn: conn, in: make(chan packet, 64), done: make(chan struct{})}
	m.reader.Go(m.read)
	return m, nil
}

func port(c *net.UDPConn) netip.AddrPort {
	if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

func (m *media) close() {
	close(m.done)
	m.conn.Close() //nolint:errcheck // nothing is left to send
	m.reader.Wait()
}

func (m *media) read() {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := m.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of an earlier packet that was not wanted there
		}
		select {
		case m.in <- packet{data: append([]byte(nil), buf[:n]...), from: from.Addr().Unmap(), at: time.Now()}:
		case <-m.done:
			return
		}
	}
}

// peer finds where the other side wants the sound. That address came from
// the network: unless it is the server's own, the guard must let it through.
func (p *prober) peer(ctx context.Context, server netip.Addr, ans answered) (netip.AddrPort, error) {
	addr, literal := netguard.Literal(ans.host)
	if !literal {
		found, err := p.strict.Lookup(ctx, "ip", ans.host)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("look up the answer's address for media: %w", err)
		}
		if len(found) == 0 {
			return netip.AddrPort{}, fault(probe.ReasonDNSNoName, "the answer's address for media, %s, has no address", probe.Printable(ans.host))
		}
		return netip.AddrPortFrom(found[0], ans.port), nil
	}
	addr = addr.Unmap().WithZone("")
	if addr != server {
		if err := p.strict.Check(ans.host, addr); err != nil {
			return netip.AddrPort{}, fmt.Errorf("the answer's address for media: %w", err)
		}
	}
	return netip.AddrPortFrom(addr, ans.port), nil
}

// talk sends frames to the peer for as long as is wanted, and listens until
// all are back or the last cannot come any more. It ends early when the other
// side hangs up.
func (p *prober) talk(ctx context.Context, a *agent, m *media, to netip.AddrPort, payload uint8) (voice.Report, error) {
	s := &speech{talker: voice.NewTalker(payload), to: to, frames: int(p.opts.Talk / voice.FrameTime), began: time.Now()}
	s.listener = voice.NewListener(s.talker)
	tick := time.NewTicker(voice.FrameTime)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-tick.C:
			err = s.say(m)
		case in := <-m.in:
			if in.from == to.Addr() {
				s.listener.Hear(in.data, in.at)
			}
		case i := <-a.in:
			if _, err = a.take(i, nil); a.hungUp {
				err = fault(ReasonHungUp, "the other side hung up: %s", s.listener.Report())
			}
		case <-ctx.Done():
			err = fmt.Errorf("talk: %w", context.Cause(ctx))
		}
		if r := s.listener.Report(); err != nil || s.over(r) {
			return r, err
		}
	}
}

// speech is what is said and heard in one call.
type speech struct {
	talker   *voice.Talker
	listener *voice.Listener
	to       netip.AddrPort
	frames   int // to be sent
	began    time.Time
}

// say sends the frames that are due: several, when this machine was busy.
func (s *speech) say(m *media) error {
	due := min(s.frames, int(time.Since(s.began)/voice.FrameTime))
	for s.talker.Sent() < due {
		p, err := s.talker.Packet()
		if err != nil {
			return fmt.Errorf("talk: %w", err)
		}
		raw, err := p.Marshal()
		if err != nil {
			return fmt.Errorf("talk: %w", err)
		}
		s.listener.Said(time.Now())
		if _, err := m.conn.WriteToUDPAddrPort(raw, s.to); err != nil {
			return fmt.Errorf("send sound to %s: %w", s.to, err)
		}
	}
	return nil
}

// over tells whether all was said, and heard.
func (s *speech) over(r voice.Report) bool {
	if r.Sent < s.frames {
		return false
	}
	return r.Echoes == r.Sent || time.Since(s.began) > time.Duration(s.frames)*voice.FrameTime+drain
}

// judge compares what a call sounded like with what is wanted.
func (o *Options) judge(r voice.Report) error {
	switch {
	case r.Echoes+r.Others == 0:
		return fault(ReasonNoMedia, "no sound came back: %s", r)
	case o.Expect == expectEcho && r.Echoes == 0:
		return fault(ReasonOneWay, "sound comes from the other side, and ours does not come back: %s", r)
	case 100*r.Loss > o.MaxLoss:
		return fault(probe.ReasonLoss, "%s; at most %g%% loss is wanted", r, o.MaxLoss)
	case o.MaxJitter > 0 && r.Jitter > o.MaxJitter:
		return fault(ReasonPoorQuality, "%s; at most %s jitter is wanted", r, o.MaxJitter)
	case o.MaxTrip > 0 && r.RoundTrip > o.MaxTrip:
		return fault(ReasonPoorQuality, "%s; at most %s round trip is wanted", r, o.MaxTrip)
	case r.MOS < o.MinMOS:
		return fault(ReasonPoorQuality, "%s; at least MOS %g is wanted", r, o.MinMOS)
	}
	return nil
}
