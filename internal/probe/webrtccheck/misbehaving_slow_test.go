//go:build slow

package webrtccheck

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// What comes to pass within a call is told in TestARelayThatStalls and its
// like: here it is the allocation, the last turn of which is to give it back.
func TestARelayThatStumbles(t *testing.T) {
	r := coturn(t, longTerm()...)
	ca := probetest.NewAuthority(t)
	check := func(url func(addr string) string) func(string) (probe.Prober, error) {
		return func(addr string) (probe.Prober, error) {
			return New(options(func(o *Options) { o.TURN, o.Talk = url(addr), 0 }, alice), probe.Env{Roots: ca.Pool})
		}
	}
	t.Run("udp", probetest.Misbehaving{
		Server: r.plain, Parting: 1, Datagram: true, Check: check(func(addr string) string { return "turn:" + addr }),
	}.Test)
	t.Run("tcp", probetest.Misbehaving{
		Server: r.plain, Parting: 1, Check: check(func(addr string) string { return "turn:" + addr + "?transport=tcp" }),
	}.Test)
	t.Run("tls", probetest.Misbehaving{
		Server: r.plain, Parting: 1, Check: check(func(addr string) string { return "turns:" + addr }),
		Outer: ca.Config(t, time.Hour, "127.0.0.1"),
	}.Test)
}
