//go:build slow

package smppcheck_test

import (
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/smppcheck"
)

func TestAMessageCentreThatStumbles(t *testing.T) {
	centre := probetest.StartMessageCentre(t)
	probetest.Misbehaving{
		Server:  centre.Address,
		Parting: 1, // the answer to our goodbye
		Check: func(addr string) (probe.Prober, error) {
			return smppcheck.New(options(addr, "+1555000001"), probe.Env{})
		},
		Reasons: []probetest.Expected{{Step: "receipt", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNoReceipt}}},
	}.Test(t)
}
