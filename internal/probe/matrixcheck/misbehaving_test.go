package matrixcheck

import (
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAHomeserverThatStumbles(t *testing.T) {
	server := newFake(t).server()
	defer server.Close()
	stumbles(t, strings.TrimPrefix(server.URL, "http://"), options(t, ""), 2)
}

// stumbles has a homeserver's connections go wrong at each turn, of which the last
// so many may be the sign-outs.
func stumbles(t *testing.T, server string, o Options, parting int) {
	t.Helper()
	probetest.Misbehaving{
		Server: server, Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n",
		Parting: parting,
		Check: func(addr string) (probe.Prober, error) {
			o := o
			o.Sender.Server, o.Receiver.Server, o.Within = "http://"+addr, "http://"+addr, time.Minute
			return New(o, probe.Env{})
		},
		Reasons: []probetest.Expected{
			{Step: "deliver", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNotDelivered}},
			{Step: "receipt", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNoReceipt}},
		},
	}.Test(t)
}
