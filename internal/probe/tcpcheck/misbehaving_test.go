package tcpcheck_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/tcpcheck"
)

// Whatever comes may be the beginning of what is expected: it is waited for.
func TestAServerThatStumbles(t *testing.T) {
	unlike := []probe.Reason{probe.ReasonBody}
	probetest.Misbehaving{
		Server: probetest.Serve(t, probetest.Say("+PONG\r\n")), Patience: 500 * time.Millisecond,
		Check: func(addr string) (probe.Prober, error) {
			return tcpcheck.New(tcpcheck.Options{URL: "tcp://" + addr, Send: "PING\r\n", Expect: `^\+PONG`}, probe.Env{})
		},
		Reasons: []probetest.Expected{
			{Fault: probetest.Garbled, Reasons: unlike}, {Fault: probetest.Foreign, Reasons: unlike},
			{Fault: probetest.Endless, Reasons: []probe.Reason{probe.ReasonTooLarge}},
		},
	}.Test(t)
}
