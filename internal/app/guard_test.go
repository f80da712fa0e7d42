package app

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/testutil/udp"
)

// guarded are checks of every type that dials by a name, HOST at PORT.
const guarded = `
http: {url: "http://HOST:PORT/"}
tcp: {url: "tcp://HOST:PORT"}
tls: {url: "tls://HOST:PORT"}
grpc: {url: "grpc://HOST:PORT"}
websocket: {url: "ws://HOST:PORT/"}
icmp: {url: "icmp://HOST"}
sequence: {steps: [{url: "http://HOST:PORT/"}]}
sms/smpp: {url: "smpp://HOST:PORT", system_id: x, to: "1"}
sms/http: {url: "http://HOST:PORT", account: x, token: {env: OUTCRY_TEST_ANY}, from: "1", to: "2"}
sms/kannel: {url: "http://HOST:PORT/", user: x, password: {env: OUTCRY_TEST_ANY}, to: "1"}
postgres: {url: "postgres://HOST:PORT/x", user: x}
mysql: {url: "mysql://HOST:PORT/x", user: x}
redis: {url: "redis://HOST:PORT"}
ntp: {url: "ntp://HOST:PORT"}
domain: {domain: a.example, server: "http://HOST:PORT/"}
blackbox: {url: "http://HOST:PORT/probe"}
push/courier: {host: "HOST", ports: ["PORT"]}
`

// rebinds is a resolver whose answer to every name is loopback.
func rebinds(t *testing.T) *net.Resolver {
	t.Helper()
	return udp.Resolver(t, func(reply *dns.Msg, q dns.Question) {
		if q.Qtype == dns.TypeA {
			reply.Answer = append(reply.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1)})
		}
	})
}

// No type of check reaches a private address by a name that is turned to one,
// nor the clouds' metadata by any spelling.
func TestEveryCheckDialsThroughTheGuard(t *testing.T) {
	t.Setenv("OUTCRY_TEST_ANY", "0123456789abcdef")
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepted atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	guard, err := netguard.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := httpcheck.NewPool()
	defer pool.Close()
	types := checkTypes(pool, heartbeat.New(nil, time.Now, nil))
	env := probe.Env{Guard: guard, Resolver: rebinds(t)}
	for line := range strings.Lines(strings.TrimSpace(guarded)) {
		kind, options, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for _, host := range []string{"rebind.example", "169.254.169.254", "[::ffff:169.254.169.254]", "2130706433", "0177.0.0.1"} {
			text := strings.NewReplacer("HOST", host, "PORT", port).Replace(options)
			if kind == "push/courier" {
				text = strings.NewReplacer("[::", "::", "254]", "254").Replace(text)
			}
			n, err := config.ParseNode(kind, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			p, err := types[kind](n.Decode, env)
			if err != nil {
				t.Errorf("%s of %s: %v", kind, host, err)
				continue
			}
			r := probe.Attempt(t.Context(), p, 10*time.Second)
			spelled := host == "2130706433" || host == "0177.0.0.1" // names to us; Go's own resolver knows none of them
			if r.Reason != probe.ReasonBlocked && (!spelled || r.Reason != probe.ReasonDNSNoName) {
				t.Errorf("%s of %s: %s", kind, host, r.Summary())
			}
		}
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}
