//go:build slow

package xmppcheck_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/xmppcheck"
)

// stumbles has the server stumble: before TLS and about it, and within it.
func stumbles(t *testing.T, p *peer) {
	check := func(scheme string, env probe.Env) func(string) (probe.Prober, error) {
		return func(addr string) (probe.Prober, error) {
			o := p.options(p.host)
			o.Sender.Server, o.Receiver.Server, o.Within = scheme+addr, scheme+addr, time.Minute
			return xmppcheck.NewMessage(o, env)
		}
	}
	m := probetest.Misbehaving{
		Server: p.addr, Check: check("xmpp://", p.env),
		Parting: 2, // the ends of the streams
		Reasons: []probetest.Expected{
			{Step: "deliver", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNotDelivered}},
			{Step: "receipt", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNoReceipt}},
		},
	}
	m.StartTLS, m.Turns = true, 5 // and what follows is as within TLS
	t.Run("stumbles", m.Test)
	m.StartTLS, m.Turns = false, 0
	ca := probetest.NewAuthority(t)
	m.Server, m.Check = p.directAddr, check("xmpps://", probe.Env{Roots: ca.Pool})
	m.Outer, m.Inner = ca.Config(t, time.Hour, p.host), p.client()
	t.Run("stumbles within TLS", m.Test)
}
