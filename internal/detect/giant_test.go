package detect

import (
	"testing"

	"github.com/outcry/outcry"
)

// What a small crowd beside a giant had in the twenty-five minutes before it: by
// chance a little more than usual, or a fault of its own.
func TestWhatCameBeforeAGiant(t *testing.T) {
	for _, c := range []struct {
		says  string
		every outcry.Tick // ticks from one report to the next, before the giant: 30 are usual
		own   bool
	}{
		{"as many as ever", 30, false},
		{"four times as many, for a while", 8, false},
		{"fifteen times as many", 2, true},
	} {
		j := newJudge(t, "giant", "beside")
		for k := j.Next(); k < day0()+7*8640; k += 30 {
			step(t, j, k, reports("giant", k, 1, outcry.CellKey{}), reports("beside", k+1, 1, outcry.CellKey{}))
		}
		from, failed := j.Next()+150, false
		for k := j.Next(); k < from+2*360; k++ {
			var tallies []outcry.Tally
			every := c.every
			if k >= from {
				every = 5
				tallies = append(tallies, reports("giant", k, 20, outcry.CellKey{}))
			}
			if k%every == 0 {
				y := reports("beside", k, 1, outcry.CellKey{})
				y.Hourly = 1
				tallies = append(tallies, y)
			}
			for _, v := range step(t, j, k, tallies...) {
				if v.Service != "beside" || v.Condition != outcry.CondFailing {
					continue
				}
				if failed = true; v.Own != c.own {
					t.Fatalf("%s: %s after the giant's onset its own fault is %v, said to begin %s before", c.says, k.Start().Sub(from.Start()), v.Own, from.Start().Sub(v.Onset.At))
				}
			}
		}
		if !failed {
			t.Errorf("%s: nothing is raised", c.says)
		}
	}
}
