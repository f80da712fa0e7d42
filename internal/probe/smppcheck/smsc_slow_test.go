//go:build slow

package smppcheck_test

import (
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/smppcheck"
)

// The message centre is that of the npm package smpp.
func TestAgainstMessageCentre(t *testing.T) {
	centre := probetest.StartMessageCentre(t)
	addr := centre.Address
	for _, c := range []struct {
		says, to string
		reason   probe.Reason
	}{
		{"a receipt as text", "+1555000001", ""},
		{"a receipt by optional parameters", "+1555000002", ""},
		{"could not be delivered", "+1555000003", probe.ReasonUndelivered},
		{"expired", "+1555000004", probe.ReasonExpired},
		{"throttled", "+1555000005", probe.ReasonThrottled},
		{"a number that is not taken", "+1555000006", probe.ReasonRejected},
		{"no receipt", "+1555000007", probe.ReasonNoReceipt},
		{"late", "+1555000008", probe.ReasonLate},
		{"rejected by the network", "+1555000009", probe.ReasonRejected},
		{"questions and other receipts between, its own in decimal", "+1555000010", ""},
		{"the peer says goodbye", "+1555000011", probe.ReasonReset},
	} {
		o := options(addr, c.to)
		timeout := 10 * time.Second
		switch c.reason {
		case probe.ReasonNoReceipt:
			timeout = 2 * time.Second
		case probe.ReasonLate:
			o.MaxDelivery = 50 * time.Millisecond
		}
		p, err := smppcheck.New(o, probe.Env{})
		r := probetest.Within(t, p, err, timeout)
		probetest.Want(t, c.says, r, c.reason)
		if c.reason == "" {
			var b strings.Builder
			if err := r.Format(&b); err != nil {
				t.Fatal(err)
			}
			for _, step := range []string{"connect", "bind", "submit", "receipt", "unbind"} {
				if !strings.Contains(b.String(), step) {
					t.Errorf("%s: no step %s in\n%s", c.says, step, &b)
				}
			}
		}
	}
	o := options(addr, "+1555000001")
	o.Password = config.Plain("hunter2")
	p, err := smppcheck.New(o, probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "a wrong password", r, smppcheck.ReasonBindRefused)
	if strings.Contains(r.Detail, "hunter2") {
		t.Error("the password is in the detail:", r.Detail)
	}
	log := strings.Fields(centre.Process.Log())
	said := map[string]int{}
	for _, word := range log {
		said[word]++
	}
	if said["bound"] != 11 || said["unbound"] < said["bound"]-1 { // one was sent away
		t.Errorf("not every session said goodbye: %v", said)
	}
}
