package dnscheck_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/dnscheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAServerThatStumbles(t *testing.T) {
	ca := probetest.NewAuthority(t)
	check := func(scheme string) func(string) (probe.Prober, error) {
		return func(addr string) (probe.Prober, error) {
			return dnscheck.New(dnscheck.Defaults(scheme+addr+"/example.com"), probe.Env{Roots: ca.Pool})
		}
	}
	t.Run("udp", probetest.Misbehaving{Server: server(t, "udp", nil), Datagram: true, Check: check("dns://")}.Test)
	t.Run("tcp", probetest.Misbehaving{Server: server(t, "tcp", nil), Check: check("dns+tcp://")}.Test)
	t.Run("tls", probetest.Misbehaving{
		Server: server(t, "tcp", ca.Config(t, time.Hour, "127.0.0.1")), Check: check("dns+tls://"),
		Outer: ca.Config(t, time.Hour, "127.0.0.1"), Inner: ca.Client(),
	}.Test)
}
