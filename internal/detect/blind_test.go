package detect

import (
	"math/rand/v2"
	"testing"

	"github.com/outcry/outcry"
)

// A vantage is offline, and in that time one of its services begins to fail for
// everybody, four checks in five. The other's checks, which failed there alone,
// are no fault when it comes back either, and somebody happens to report.
func TestWhatFailsElsewhereMakesNoBlindVantageRight(t *testing.T) {
	for seed := range uint64(20) {
		j := newJudge(t, "mail", "chat")
		r := rand.New(rand.NewPCG(seed, 8))
		from := day0() + 360
		for k := day0(); k < from; k += 3 {
			step(t, j, k, checks("mail", k, nil, "a", "b", "c"), checks("chat", k, nil, "a", "b", "c"))
		}
		var mail bool
		for k := from; k < from+600; k++ {
			offline := k < from+288
			bad := map[string]bool{"a": offline}
			if k >= from+180 {
				for _, v := range []string{"a", "b", "c"} {
					bad[v] = bad[v] || r.Float64() < 0.8
				}
			}
			var tallies []outcry.Tally
			switch (k - from) % 3 {
			case 0:
				tallies = append(tallies, checks("mail", k, bad, "a", "b", "c"))
			case 2:
				tallies = append(tallies, checks("chat", k, map[string]bool{"a": offline}, "a", "b", "c"))
			}
			if (k-from)%30 == 21 { // somebody reports now and then
				tallies = append(tallies, reports("chat", k, 1, outcry.CellKey{Symptom: "slow"}))
			}
			for _, v := range step(t, j, k, tallies...) {
				failing := v.Condition == outcry.CondFailing
				if mail = mail || failing && v.Service == "mail"; failing && v.Service == "chat" {
					t.Fatalf("seed %d: chat is failing %s after the vantage went", seed, k.Start().Sub(from.Start()))
				}
			}
		}
		if !mail {
			t.Errorf("seed %d: mail is not failing", seed)
		}
	}
}
