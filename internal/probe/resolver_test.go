package probe

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/outcry/outcry/internal/testutil/udp"
)

// resolving gives a resolver that asks a server of our own, which answers with
// the code; none below zero, which is nobody there.
func resolving(t *testing.T, code int) *net.Resolver {
	t.Helper()
	if code < 0 {
		return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no resolver") }}
	}
	return udp.Resolver(t, func(reply *dns.Msg, _ dns.Question) {
		reply.Rcode = code
		if code == dns.RcodeSuccess {
			reply.Answer = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "a.root-servers.net."}}
		}
	})
}

// The only service's name cannot be looked up, or there is no such name, though
// references answer: that is the service's fault only where the resolver knows
// other names.
func TestANameThatCannotBeLookedUp(t *testing.T) {
	for _, c := range []struct {
		says   string
		code   int
		target string
		want   string
	}{
		{"the resolver works", dns.RcodeSuccess, "x.example", "bad dns-failed"},
		{"it knows no name at all, of a closed network", dns.RcodeNameError, "x.example", "unknown vantage"},
		{"it fails for every name", dns.RcodeServerFailure, "x.example", "unknown vantage"},
		{"there is none", -1, "x.example", "unknown vantage"},
		{"there is none, and the target is near", -1, "printer", "unknown vantage"},
	} {
		t.Run(c.says, func(t *testing.T) { looksUp(t, c.code, c.target, ReasonDNSFailed, c.want) })
	}
	for _, c := range []struct {
		says   string
		code   int
		target string
		want   string
	}{
		{"a name that is gone, by a resolver that works", dns.RcodeSuccess, "x.example", "bad dns-no-name"},
		{"a public name, by one that knows none", dns.RcodeNameError, "x.example", "unknown vantage"},
		{"a name of this network, by one that knows no public ones", dns.RcodeNameError, "printer", "bad dns-no-name"},
	} {
		t.Run(c.says, func(t *testing.T) { looksUp(t, c.code, c.target, ReasonDNSNoName, c.want) })
	}
}

// looksUp runs a check that fails for the reason, with a resolver that answers
// with the code, and compares what is said of its service.
func looksUp(t *testing.T, code int, host string, reason Reason, want string) {
	t.Helper()
	to := &sink{}
	s := NewScheduler(Config{Vantage: "here", References: []string{port(t, true)}, Env: Env{Resolver: resolving(t, code)}, Log: slog.New(slog.DiscardHandler)}, to)
	err := s.Update([]Check{{Name: "x", Service: "x", Target: host, Interval: time.Second, Prober: &target{result: down(reason)}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	for len(to.of("x")) == 0 {
		<-time.After(10 * time.Millisecond)
	}
	stop()
	<-done
	if got := to.of("x"); got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
}
