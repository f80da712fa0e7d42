package hap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Of multicast DNS (RFC 6762) and the service's advertisement (section 6.4).
const (
	serviceName  = "_hap._tcp.local."
	maxDatagram  = 9000 // bytes: RFC 6762, 17
	maxDatagrams = 1000
	maxRecords   = 1000
	askAgain     = time.Second // then it doubles: 5.2
)

// MulticastDNS is where to ask: the group of IPv4.
func MulticastDNS() net.Addr { return &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353} }

// ErrNotFound says that nobody on the network says to be the accessory.
var ErrNotFound = errors.New("no accessory with this identifier answers by multicast DNS")

// Found is an accessory that advertises itself.
type Found struct {
	Address netip.AddrPort
	Name    string // of the instance
	Free    bool   // it is not paired yet
}

// Discover asks for the accessory with an identifier ("AA:BB:CC:DD:EE:FF") and
// waits for its answer until the context ends. The socket has a port of its
// own, so that the answer comes to it alone (RFC 6762, 6.7).
func Discover(ctx context.Context, conn net.PacketConn, to net.Addr, id string) (Found, error) {
	stop := context.AfterFunc(ctx, func() {
		conn.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // closed already
	})
	defer stop()
	known := records{}
	wait, next := askAgain, time.Now()
	for range maxDatagrams {
		if now := time.Now(); !now.Before(next) {
			if err := known.ask(conn, to); err != nil {
				return Found{}, err
			}
			next, wait = now.Add(wait), 2*wait
		}
		if err := known.hear(ctx, conn, next); err != nil {
			return Found{}, err
		}
		if f, ok := known.find(id); ok {
			return f, nil
		}
	}
	return Found{}, ErrNotFound
}

// records are the answers so far.
type records []dns.RR

// ask sends the question for all instances, and for what is missing of those
// that are known.
func (r records) ask(conn net.PacketConn, to net.Addr) error {
	m := new(dns.Msg)
	m.Question = append(m.Question, dns.Question{Name: serviceName, Qtype: dns.TypePTR, Qclass: dns.ClassINET})
	for _, rr := range r {
		switch rr := rr.(type) {
		case *dns.PTR:
			if r.srv(rr.Ptr) == nil && len(m.Question) < 20 {
				m.Question = append(m.Question, dns.Question{Name: rr.Ptr, Qtype: dns.TypeANY, Qclass: dns.ClassINET})
			}
		case *dns.SRV:
			if !r.address(rr.Target).IsValid() && len(m.Question) < 20 {
				m.Question = append(m.Question, dns.Question{Name: rr.Target, Qtype: dns.TypeA, Qclass: dns.ClassINET})
			}
		}
	}
	b, err := m.Pack()
	if err != nil {
		return fmt.Errorf("write the question: %w", err)
	}
	if _, err := conn.WriteTo(b, to); err != nil {
		return fmt.Errorf("ask by multicast DNS: %w", err)
	}
	return nil
}

// hear takes the next datagram, or returns when it is time to ask again.
func (r *records) hear(ctx context.Context, conn net.PacketConn, until time.Time) error {
	if err := conn.SetReadDeadline(until); err != nil {
		return fmt.Errorf("wait for an answer: %w", err)
	}
	if ctx.Err() != nil { // its hook may have run before the line above
		return ErrNotFound
	}
	buf := make([]byte, maxDatagram)
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() && ctx.Err() == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ErrNotFound
		}
		return fmt.Errorf("wait for an answer: %w", err)
	}
	r.parse(buf[:n])
	return nil
}

// parse keeps the records of a datagram; one that is no answer is passed over.
func (r *records) parse(datagram []byte) {
	var m dns.Msg
	if m.Unpack(datagram) != nil || !m.Response {
		return
	}
	for _, list := range [][]dns.RR{m.Answer, m.Extra} {
		for _, rr := range list {
			if len(*r) < maxRecords {
				*r = append(*r, rr)
			}
		}
	}
}

// find gives the accessory, when all is known of it.
func (r records) find(id string) (Found, bool) {
	for _, rr := range r {
		txt, ok := rr.(*dns.TXT)
		if !ok || !strings.EqualFold(value(txt, "id"), id) {
			continue
		}
		srv := r.srv(txt.Hdr.Name)
		if srv == nil {
			continue
		}
		if a := r.address(srv.Target); a.IsValid() && srv.Port != 0 {
			name, _, _ := strings.Cut(txt.Hdr.Name, "._hap.")
			return Found{Address: netip.AddrPortFrom(a, srv.Port), Name: name, Free: isFree(value(txt, "sf"))}, true
		}
	}
	return Found{}, false
}

// isFree reads the status flags: bit 0 is set while there is no pairing.
func isFree(sf string) bool { return sf != "" && strings.ContainsAny(sf[len(sf)-1:], "13579") }

func (r records) srv(instance string) *dns.SRV {
	for _, rr := range r {
		if s, ok := rr.(*dns.SRV); ok && strings.EqualFold(s.Hdr.Name, instance) {
			return s
		}
	}
	return nil
}

func (r records) address(host string) netip.Addr {
	for _, rr := range r {
		if a, ok := rr.(*dns.A); ok && strings.EqualFold(a.Hdr.Name, host) {
			if ip, ok := netip.AddrFromSlice(a.A); ok {
				return ip.Unmap()
			}
		}
	}
	return netip.Addr{}
}

func value(t *dns.TXT, key string) string {
	for _, s := range t.Txt {
		if k, v, ok := strings.Cut(s, "="); ok && strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}
