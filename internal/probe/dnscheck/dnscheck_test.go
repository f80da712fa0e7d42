package dnscheck_test

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/dnscheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// zone answers by the name that is asked for.
func zone(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(q)
	name := q.Question[0].Name
	add := func(text string) {
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	_, overUDP := w.RemoteAddr().(*net.UDPAddr)
	switch {
	case name == "silent.example.":
		return
	case name == "none.example.":
		m.Rcode = dns.RcodeNameError
	case name == "broken.example.":
		m.Rcode = dns.RcodeServerFailure
	case name == "empty.example.":
	case name == "other.example.":
		m.Question[0].Name = "evil.example."
		add("evil.example. 60 IN A 192.0.2.66")
	case name == "large.example." && overUDP:
		m.Truncated = true
	case q.Question[0].Qtype == dns.TypeMX:
		add(name + " 60 IN MX 10 mail.example.com.")
	default:
		add(name + " 60 IN CNAME real.example.")
		add("real.example. 60 IN A 192.0.2.1")
		add("real.example. 60 IN A 192.0.2.2")
	}
	w.WriteMsg(m) //nolint:errcheck // the client tells
}

// server is a real one, over the network, with TLS where there is a setting.
func server(t *testing.T, network string, cfg *tls.Config) string {
	t.Helper()
	started := make(chan struct{})
	s := &dns.Server{Handler: dns.HandlerFunc(zone), NotifyStartedFunc: func() { close(started) }}
	var addr string
	if network == "udp" {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.PacketConn, addr = pc, pc.LocalAddr().String()
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		if s.Listener = l; cfg != nil {
			s.Listener = tls.NewListener(l, cfg)
		}
	}
	done := make(chan error)
	go func() { done <- s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return addr
}

func TestProbe(t *testing.T) {
	ca := probetest.NewAuthority(t)
	addrs := map[string]string{
		"dns://": server(t, "udp", nil), "dns+tcp://": server(t, "tcp", nil),
		"dns+tls://": server(t, "tcp", ca.Config(t, time.Hour, "127.0.0.1")),
	}
	for scheme, addr := range addrs {
		for _, c := range []struct {
			says, ask string
			set       func(*dnscheck.Options)
			reason    probe.Reason
		}{
			{"an address", "example.com", func(*dnscheck.Options) {}, ""},
			{"one that is among the answers", "example.com", func(o *dnscheck.Options) { o.Answers = []string{"192.0.2.2"} }, ""},
			{"one that is not", "example.com", func(o *dnscheck.Options) { o.Answers = []string{"192.0.2.9"} }, probe.ReasonAnswer},
			{"exactly these", "example.com", func(o *dnscheck.Options) { o.Answers, o.Exact = []string{"192.0.2.2", "192.0.2.1"}, true }, ""},
			{"and no others", "example.com", func(o *dnscheck.Options) { o.Answers, o.Exact = []string{"192.0.2.2"}, true }, probe.ReasonAnswer},
			{"another type", "example.com?type=mx", func(o *dnscheck.Options) { o.Answers = []string{"10 mail.example.com."} }, ""},
			{"an expression that matches", "example.com", func(o *dnscheck.Options) { o.Matches = `^192\.0\.2\.` }, ""},
			{"one that does not", "example.com", func(o *dnscheck.Options) { o.Matches = `^10\.` }, probe.ReasonAnswer},
			{"no such name", "none.example", func(*dnscheck.Options) {}, probe.ReasonStatus},
			{"which is right", "none.example", func(o *dnscheck.Options) { o.Rcode = "nxdomain" }, ""},
			{"a server that fails", "broken.example", func(*dnscheck.Options) {}, probe.ReasonStatus},
			{"an empty answer", "empty.example", func(*dnscheck.Options) {}, probe.ReasonAnswer},
			{"which is right", "empty.example", func(o *dnscheck.Options) { o.Empty = true }, ""},
			{"a server that is silent", "silent.example", func(*dnscheck.Options) {}, probe.ReasonTimeout},
			{"an answer to another question", "other.example", func(*dnscheck.Options) {}, probe.ReasonTimeout},
			{"an answer that needs TCP", "large.example", func(*dnscheck.Options) {}, ""},
		} {
			if scheme == "dns://" && c.ask == "large.example" {
				continue // this server has no TCP on its port; see below
			}
			o := dnscheck.Defaults(scheme + addr + "/" + c.ask)
			c.set(&o)
			p, err := dnscheck.New(o, probe.Env{Roots: ca.Pool})
			probetest.Want(t, scheme+": "+c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
		}
	}
}

func TestALargeAnswerIsFetchedOverTCP(t *testing.T) {
	p, err := dnscheck.New(dnscheck.Defaults("dns://"+server(t, "udp", nil)+"/large.example"), probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "nobody listens there over TCP", r, probe.ReasonRefused)
	if len(r.Steps) != 3 {
		t.Errorf("steps: %+v", r.Steps)
	}
}

func TestALostPacketIsSentAgain(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close() //nolint:errcheck // the test is over
	done := make(chan struct{})
	go func() { // loses the first packet, and answers the second
		defer close(done)
		buf := make([]byte, 2048)
		for range 2 {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			q, a := new(dns.Msg), new(dns.Msg)
			if q.Unpack(buf[:n]) != nil {
				return
			}
			a.SetRcode(q, dns.RcodeNameError)
			if packed, err := a.Pack(); err == nil && n > 0 {
				defer pc.WriteTo(packed, from) //nolint:errcheck // the client tells
			}
		}
	}()
	o := dnscheck.Defaults("dns://" + pc.LocalAddr().String() + "/x.example")
	o.Rcode = "NXDOMAIN"
	p, err := dnscheck.New(o, probe.Env{})
	probetest.Want(t, "the second packet arrives", probetest.Within(t, p, err, time.Second), "")
	<-done
}

func TestBrokenServers(t *testing.T) {
	for says, c := range map[string]struct {
		url    string
		reason probe.Reason
	}{
		"nobody listens":          {"dns+tcp://" + probetest.ClosedPort(t), probe.ReasonRefused},
		"nobody listens over UDP": {"dns://" + probetest.ClosedPort(t), probe.ReasonRefused},
		"sends garbage":           {"dns+tcp://" + probetest.Serve(t, probetest.Say("\x00\x10garbage garbage!")), probe.ReasonProtocol},
	} {
		p, err := dnscheck.New(dnscheck.Defaults(c.url+"/example.com"), probe.Env{})
		probetest.Want(t, says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, url := range []string{"dns://1.1.1.1", "dns://1.1.1.1/", "dns://1.1.1.1/x?type=NOPE", "tcp://1.1.1.1:53/x", "dns:///x", "dns://1.1.1.1/" + strings.Repeat("x", 70)} {
		if _, err := dnscheck.New(dnscheck.Defaults(url), probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", url, err)
		}
	}
	o := dnscheck.Defaults("dns://1.1.1.1/x")
	o.Rcode = "FINE"
	if _, err := dnscheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Error(err)
	}
}
