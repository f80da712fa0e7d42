package netguard_test

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/testutil/udp"
)

// resolver answers A questions with what next gives.
func resolver(t *testing.T, next func(name string) string) *net.Resolver {
	t.Helper()
	return udp.Resolver(t, func(reply *dns.Msg, q dns.Question) {
		if q.Qtype == dns.TypeA {
			reply.Answer = append(reply.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET}, A: net.ParseIP(next(q.Name))})
		}
	})
}

// listener accepts and says hello; it counts how often.
func listener(t *testing.T) (port string, accepted *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			io.WriteString(c, "hello") //nolint:errcheck // the client tells
			c.Close()                  //nolint:errcheck // as above
		}
	}()
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, accepted
}

func dial(t *testing.T, d *netguard.Dialer, addr string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := d.DialContext(ctx, "tcp", addr)
	if err == nil {
		c.Close() //nolint:errcheck // it was only opened
	}
	return err
}

func TestSpellingsOfLoopbackAreRefusedAtTheConnect(t *testing.T) {
	port, accepted := listener(t)
	toLoopback := resolver(t, func(string) string { return "127.0.0.1" })
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "0",
		"2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "localhost", "rebind.example",
	} {
		for name, d := range map[string]*netguard.Dialer{"our resolver": guard(t).Dialer(toLoopback), "the system's": guard(t).Dialer(nil)} {
			if err := dial(t, d, net.JoinHostPort(host, port)); err == nil {
				t.Errorf("%s was dialled by %s", host, name)
			}
		}
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestRebindingBetweenTwoLookUpsIsRefused(t *testing.T) {
	port, accepted := listener(t)
	var asked atomic.Int64
	flips := resolver(t, func(string) string {
		if asked.Add(1) == 1 {
			return "93.184.216.34"
		}
		return "127.0.0.1"
	})
	d := guard(t).Dialer(flips)
	found, err := d.Lookup(t.Context(), "ip4", "rebind.example")
	if err != nil || len(found) != 1 || found[0].String() != "93.184.216.34" {
		t.Fatalf("the first look-up is public: %v %v", found, err)
	}
	if err := dial(t, d, "rebind.example:"+port); !netguard.IsRefused(err) {
		t.Errorf("the dial, which looks up again, was not refused: %v", err)
	}
	if _, err := d.Lookup(t.Context(), "ip4", "rebind.example"); !netguard.IsRefused(err) {
		t.Errorf("the second look-up was not refused: %v", err)
	}
	if accepted.Load() != 0 {
		t.Error("a connection was made")
	}
}

func TestAllowedTargetsAreDialled(t *testing.T) {
	port, _ := listener(t)
	toLoopback := resolver(t, func(string) string { return "127.0.0.1" })
	for says, c := range map[string]struct {
		d    *netguard.Dialer
		host string
	}{
		"an own literal":                    {guard(t).Own().Dialer(toLoopback), "127.0.0.1"},
		"an allowed network":                {guard(t, "127.0.0.0/8").Dialer(toLoopback), "127.0.0.1"},
		"an allowed name":                   {guard(t, "intranet.example").Dialer(toLoopback), "intranet.example"},
		"a name on an allowed network":      {guard(t, "127.0.0.1").Dialer(toLoopback), "other.example"},
		"a name that is allowed but folded": {guard(t, "intranet.example").Dialer(toLoopback), "Intranet.Example"},
	} {
		if err := dial(t, c.d, net.JoinHostPort(c.host, port)); err != nil {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// A brief dialer asks the guard like any other, and leaves the kernel's tests of
// idle connections out.
func TestBrief(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	guard, err := netguard.New([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	d := guard.Dialer(nil)
	for _, c := range []struct {
		says   string
		dialer *netguard.Dialer
		tests  int
	}{{"the usual one", d, 1}, {"the brief one", d.Brief(), 0}} {
		conn, err := c.dialer.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var got int
		err = raw.Control(func(fd uintptr) {
			if got, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE); err != nil {
				t.Error(err)
			}
		})
		if err != nil || got != c.tests {
			t.Errorf("%s: SO_KEEPALIVE is %d, %v", c.says, got, err)
		}
		conn.Close()
		if _, err := c.dialer.DialContext(t.Context(), "tcp", "169.254.169.254:80"); !netguard.IsRefused(err) {
			t.Errorf("%s dials the metadata service: %v", c.says, err)
		}
	}
}
