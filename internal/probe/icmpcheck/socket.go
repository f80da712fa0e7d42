package icmpcheck

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/outcry/outcry/internal/probe"
)

// socket sends echoes and waits for their answers.
type socket interface {
	Echo(to netip.Addr, seq int, deadline time.Time) (time.Duration, error)
	Close() error
}

// advice is what an operator can do where the kernel refuses.
const advice = `cannot probe here: the kernel allows this process no ICMP; allow it with ` +
	`"sysctl -w net.ipv4.ping_group_range='0 2147483647'" or give the binary CAP_NET_RAW ("setcap cap_net_raw+ep outcry")`

// numbers of the protocols, for parsing answers (IANA).
const (
	protoICMP   = 1
	protoICMPv6 = 58
)

const (
	tokenSize = 32   // random bytes by which we know our own echoes
	maxPacket = 1500 // bytes
)

type kernelSocket struct {
	conn  *icmp.PacketConn
	v6    bool
	raw   bool
	id    int
	token [tokenSize]byte
}

// open opens an echo socket: an unprivileged one, or else a raw one.
func open(v6 bool) (socket, error) {
	s := &kernelSocket{v6: v6, id: os.Getpid() & 0xffff}
	rand.Read(s.token[:]) //nolint:errcheck // never fails, says its documentation
	networks := [2]string{"udp4", "ip4:icmp"}
	local := "0.0.0.0"
	if v6 {
		networks, local = [2]string{"udp6", "ip6:ipv6-icmp"}, "::"
	}
	var errs []error
	for i, network := range networks {
		conn, err := icmp.ListenPacket(network, local)
		if err == nil {
			s.conn, s.raw = conn, i == 1
			return s, nil
		}
		errs = append(errs, err)
	}
	return nil, &probe.Fault{Reason: probe.ReasonUnsupported, Err: fmt.Errorf("%s: %w", advice, errors.Join(errs...))}
}

func (s *kernelSocket) Close() error { return s.conn.Close() } //nolint:wrapcheck // nothing to add

// Echo sends one echo request and waits for its answer.
func (s *kernelSocket) Echo(to netip.Addr, seq int, deadline time.Time) (time.Duration, error) {
	kind := icmp.Type(ipv4.ICMPTypeEcho)
	if s.v6 {
		kind = ipv6.ICMPTypeEchoRequest
	}
	msg := icmp.Message{Type: kind, Body: &icmp.Echo{ID: s.id, Seq: seq, Data: s.token[:]}}
	packet, err := msg.Marshal(nil) // the kernel computes the checksum of ICMPv6
	if err != nil {
		return 0, fmt.Errorf("make the echo: %w", err)
	}
	if err := s.conn.SetDeadline(deadline); err != nil {
		return 0, fmt.Errorf("set the deadline: %w", err)
	}
	sent := time.Now()
	if _, err := s.conn.WriteTo(packet, s.address(to)); err != nil {
		return 0, fmt.Errorf("send the echo: %w", err)
	}
	return s.await(sent, seq)
}

func (s *kernelSocket) address(to netip.Addr) net.Addr {
	ip := net.IP(to.AsSlice())
	if s.raw {
		return &net.IPAddr{IP: ip, Zone: to.Zone()}
	}
	return &net.UDPAddr{IP: ip, Zone: to.Zone()}
}

// await reads until the answer to the echo comes; a raw socket hears all ICMP
// of the machine.
func (s *kernelSocket) await(sent time.Time, seq int) (time.Duration, error) {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := s.conn.ReadFrom(buf)
		if err != nil {
			return 0, fmt.Errorf("wait for the echo: %w", err)
		}
		if s.isAnswer(buf[:n], seq) {
			return time.Since(sent), nil
		}
	}
}

func (s *kernelSocket) isAnswer(packet []byte, seq int) bool {
	proto, kind := protoICMP, icmp.Type(ipv4.ICMPTypeEchoReply)
	if s.v6 {
		proto, kind = protoICMPv6, ipv6.ICMPTypeEchoReply
	}
	msg, err := icmp.ParseMessage(proto, packet)
	if err != nil || msg.Type != kind {
		return false
	}
	echo, ok := msg.Body.(*icmp.Echo)
	return ok && echo.Seq == seq && bytes.Equal(echo.Data, s.token[:])
}
