//go:build slow

package smppcheck_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/smppcheck"
)

// However many messages are sent, no run leaves a goroutine, a socket or a bind.
func TestManyMessages(t *testing.T) {
	const wide = 16
	runs := probetest.Runs(t, 1500)
	centre := probetest.StartMessageCentre(t)
	for _, c := range []struct {
		says, to string
		reason   probe.Reason
	}{
		{"messages that arrive", "+1555000001", ""},
		{"messages that do not", "+1555000003", probe.ReasonUndelivered},
	} {
		p, err := smppcheck.New(options(centre.Address, c.to), probe.Env{})
		if err != nil {
			t.Fatal(err)
		}
		many := probetest.Many{Says: c.says, Runs: runs, Wide: wide, Reason: c.reason, Attempt: func(int) probe.Result {
			return probe.Attempt(t.Context(), p, 40*time.Second)
		}}
		many.Test(t)
	}
	centre.Settled(t, 0, 2*runs)
}

// A process that is killed while it waits for a receipt leaves no bind, and the
// next run is well.
func TestKilledInTheMiddle(t *testing.T) {
	centre := probetest.StartMessageCentre(t)
	child := probetest.StartChild(t, fmt.Sprintf(`{url: "smpp://%s", system_id: outcry, password: {env: SMPP_PASSWORD}, to: "+1555000007"}`, centre.Address),
		t.TempDir(), "SMPP_PASSWORD=secret")
	if !probetest.Comes(func() bool {
		if said, ended := child.Ended(); ended {
			t.Fatal("it has ended by itself: ", said)
		}
		open, messages := centre.Open(t)
		return open == 1 && messages == 1
	}) {
		t.Fatal("no message came")
	}
	child.Kill()
	centre.Settled(t, 0, 1)
	p, err := smppcheck.New(options(centre.Address, "+1555000001"), probe.Env{})
	probetest.Want(t, "the next run", probetest.Attempt(t, p, err), "")
	centre.Settled(t, 0, 2)
}
