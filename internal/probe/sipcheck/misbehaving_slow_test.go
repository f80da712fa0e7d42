//go:build slow

package sipcheck_test

import (
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sipcheck"
)

// Sound goes another way: it is not called for.
func TestAUserAgentThatStumbles(t *testing.T) {
	for transport, uri := range map[string]string{"u1": "", "t1": ";transport=tcp"} {
		address, _ := sipp(t, transport, "-sn", "uas", "-rtp_echo")
		t.Run(transport, probetest.Misbehaving{
			Server: address, Datagram: transport == "u1",
			Reasons: []probetest.Expected{
				{Step: "bye", Reasons: []probe.Reason{sipcheck.ReasonHangUp}},                               // the call itself was well
				{Step: "cancel", Fault: probetest.Silent, Reasons: []probe.Reason{sipcheck.ReasonNoAnswer}}, // it rang
			},
			Check: func(addr string) (probe.Prober, error) {
				return sipcheck.New(options("sip:echo@"+addr+uri, func(o *sipcheck.Options) { o.Expect = "answer" }), probe.Env{})
			},
		}.Test)
	}
}
