//go:build slow

package detect

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcry/outcry"
)

// swinging is a service of two reports a minute, of four symptoms alike, whose
// rate goes up and down over hours (log-rate sd 0.7), to the first of which comes
// more a tick after a month. It gives the tick at which it is said to fail.
func swinging(t *testing.T, more float64) (failed outcry.Tick) {
	t.Helper()
	j := newJudge(t, "shop")
	r := rand.New(rand.NewPCG(11, 12))
	symptoms := []string{"slow", "sign-in", "not-working", "crash"}
	from := day0() + 28*8640
	z := 0.0
	for k := j.Next(); k < from+720; k++ {
		z += -z/1080 + math.Sqrt(2.0/1080)*r.NormFloat64()
		var cells []outcry.Tally
		for i, s := range symptoms {
			rate := math.Exp(0.7*z-0.245) / 12
			if i == 0 && k >= from {
				rate += more
			}
			if n := uint32(drawPoisson(r, rate)); n > 0 {
				cells = append(cells, reports("shop", k, n, outcry.CellKey{Symptom: s}))
			}
		}
		for _, v := range step(t, j, k, merged(cells)...) {
			if k >= from && v.Condition == outcry.CondFailing && failed == 0 {
				failed = max(k-from, 1)
			}
		}
	}
	return failed
}

// merged is one tick's reports in one tally.
func merged(all []outcry.Tally) []outcry.Tally {
	if len(all) == 0 {
		return nil
	}
	y := all[0]
	for _, o := range all[1:] {
		y.Counts.Total, y.Counts.Bad = y.Counts.Total+o.Counts.Total, y.Counts.Bad+o.Counts.Bad
		y.Counts.Distinct, y.Counts.Fresh = y.Counts.Distinct+o.Counts.Distinct, y.Counts.Fresh+o.Counts.Fresh
		y.Networks, y.Cells = y.Networks+o.Networks, append(y.Cells, o.Cells...)
	}
	y.Hourly = y.Networks
	return []outcry.Tally{y}
}

// Where the rate goes up and down by half, twice as many reports are no news for
// long; that all of those have one symptom is.
func TestAChangeOfTheMixIsSeenThroughASwing(t *testing.T) {
	for _, c := range []struct {
		says   string
		minute float64 // reports more of the one symptom, where two are usual of all
		within outcry.Tick
	}{
		{"nothing is more", 0, 0},
		{"as many more of one symptom as there are of all", 2, 80},
		{"half as many again", 3, 35},
	} {
		at := swinging(t, c.minute/6)
		if at > c.within || at == 0 && c.within > 0 {
			t.Errorf("%s: failing after %d ticks, wanted within %d", c.says, at, c.within)
		}
	}
}
