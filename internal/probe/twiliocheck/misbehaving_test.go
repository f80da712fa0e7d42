package twiliocheck

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAGatewayThatStumbles(t *testing.T) {
	s := httptest.NewServer(&gateway{asked: map[string]int{}})
	defer s.Close()
	next := 0
	probetest.Misbehaving{
		Server: s.Listener.Addr().String(), Foreign: probetest.SaysMail, Endless: "HTTP/1.1 201 Created\r\n\r\n",
		// Its last word was that the message is on its way.
		Reasons: []probetest.Expected{{Step: "status", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNoReceipt}}},
		Check: func(addr string) (probe.Prober, error) {
			next++
			return New(options("http://"+addr, fmt.Sprintf("+1555%03d01", next)), probe.Env{})
		},
	}.Test(t)
}
