package xmppcheck_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/miekg/dns"

	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/xmppcheck"
	"github.com/outcry/outcry/internal/testutil/udp"
)

// nameserver answers for chat.test: its XMPP server is at a name, which is at
// 127.0.0.1.
func nameserver(t *testing.T, target string, port int) *net.Resolver {
	t.Helper()
	return udp.Resolver(t, func(reply *dns.Msg, q dns.Question) {
		header := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET}
		switch {
		case target == "" && q.Qtype == dns.TypeSRV:
			reply.Rcode = dns.RcodeNameError
		case q.Qtype == dns.TypeSRV:
			reply.Answer = append(reply.Answer, &dns.SRV{Hdr: header, Target: target, Port: uint16(port)})
		case q.Qtype == dns.TypeA:
			reply.Answer = append(reply.Answer, &dns.A{Hdr: header, A: net.IPv4(127, 0, 0, 1)})
		}
	})
}

// Without a server in the configuration the domain's DNS names it; what it
// names is dialled under the strict guard.
func TestServersByDNS(t *testing.T) {
	address := probetest.Serve(t, probetest.Say(offers)) // it is reached when it is found to offer no TLS
	_, text, err := net.SplitHostPort(address)
	must(t, err)
	port, err := strconv.Atoi(text)
	must(t, err)
	allowed, err := netguard.New([]string{"127.0.0.0/8"})
	must(t, err)
	strict, err := netguard.New(nil)
	must(t, err)
	for _, c := range []struct {
		says, target string
		guard        *netguard.Guard
		reason       probe.Reason
	}{
		{"it leads to a server", "xmpp.chat.test.", allowed, probe.ReasonNoSecurity},
		{"it leads into our own network", "xmpp.chat.test.", strict, probe.ReasonBlocked},
		{"it says that there is none", ".", allowed, probe.ReasonDNSNoName},
		{"it says nothing, so the domain itself is tried", "", strict, probe.ReasonBlocked},
	} {
		p, err := xmppcheck.NewMessage(options(t, "", ""), probe.Env{Guard: c.guard, Resolver: nameserver(t, c.target, port)})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), c.reason)
	}
}
