//go:build slow

package mqttcheck

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// stumbles has mosquitto stumble, without TLS and within it.
func stumbles(t *testing.T, plain, secure string, authority *probetest.Authority, account Options) {
	m := probetest.Misbehaving{
		Server: plain,
		Check: func(addr string) (probe.Prober, error) {
			o := account
			o.URL, o.Within = "mqtt://"+addr, time.Minute
			return New(o, probe.Env{})
		},
		Reasons: []probetest.Expected{
			{Step: "deliver", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNotDelivered}},
			{Step: "acknowledge", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNoReceipt}},
		},
	}
	t.Run("stumbles", m.Test)
	m.Server, m.Outer, m.Inner = secure, authority.Config(t, time.Hour, "127.0.0.1"), authority.Client()
	m.Check = func(addr string) (probe.Prober, error) {
		o := account
		o.URL, o.Within = "mqtts://"+addr, time.Minute
		return New(o, probe.Env{Roots: authority.Pool})
	}
	t.Run("stumbles within TLS", m.Test)
}
