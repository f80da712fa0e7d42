package detect

import (
	"strings"
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

// A service that few use has more reports for each that is usual than the giant
// beside it. Whether that is a fault of its own its checks know.
func TestChecksSpeakForANeighbour(t *testing.T) {
	all := map[string]bool{"a": true, "b": true}
	for _, c := range []struct {
		says    string
		giant   map[string]bool // vantages at which the giant's checks fail
		beside  []string        // those that check the neighbour
		fails   map[string]bool
		symptom string
		later   outcry.Tick
		own     bool
	}{
		{"its checks pass, the giant's fail", all, []string{"a", "b"}, nil, "slow", 0, false},
		{"it has no checks", all, nil, nil, "slow", 0, true},
		{"its checks fail too", all, []string{"a", "b"}, all, "slow", 0, true},
		{"nobody's checks see the fault", nil, []string{"a", "b"}, nil, "slow", 0, true},
		{"its people speak of something else", all, []string{"a", "b"}, nil, "sign-in", 0, true},
		{"its people tell more than the giant's", all, []string{"a", "b"}, nil, "slow sign-in", 0, true},
		{"they come half an hour after the giant's", all, []string{"a", "b"}, nil, "slow", 180, true},
	} {
		j := newJudge(t, "giant", "beside")
		tick := func(k outcry.Tick, every outcry.Tick, down bool) (tallies []outcry.Tally) {
			var giant, beside map[string]bool
			if down {
				giant, beside = c.giant, c.fails
			}
			if k%3 == 0 {
				tallies = append(tallies, checks("giant", k, giant, "a", "b"), checks("beside", k, beside, c.beside...))
			}
			if k%every == 0 {
				told := strings.Fields(c.symptom)
				tallies = append(tallies, reports("beside", k, 1, outcry.CellKey{Symptom: told[int(k/every)%len(told)]}))
			}
			return tallies
		}
		for k := j.Next(); k < day0()+7*8640; k++ {
			tallies := tick(k, 600, false)
			if k%5 == 0 {
				tallies = append(tallies, reports("giant", k, 1, outcry.CellKey{Symptom: "slow"}))
			}
			step(t, j, k, tallies...)
		}
		from, own := j.Next(), true
		for k := from; k < from+360+c.later; k++ {
			every := outcry.Tick(600)
			if k >= from+c.later {
				every = 2
			}
			for _, v := range step(t, j, k, append(tick(k, every, true), reports("giant", k, 20, outcry.CellKey{Symptom: "slow"}))...) {
				if v.Service == "beside" && v.Condition == outcry.CondFailing {
					own = v.Own
				}
			}
		}
		if own != c.own {
			t.Errorf("%s: a fault of its own is %v", c.says, own)
		}
	}
}

// A crowd that comes with a giant's is raised by it if it tells of the same.
func TestWhatIsToldBesideAGiant(t *testing.T) {
	for _, c := range []struct {
		says, symptom string
		own           bool
	}{
		{"the same", "slow", false},
		{"something else", "sign-in", true},
		{"nothing", "", false},
	} {
		j := newJudge(t, "giant", "beside")
		for k := j.Next(); k < day0()+7*8640; k += 30 {
			step(t, j, k, reports("giant", k, 1, outcry.CellKey{Symptom: "slow"}), reports("beside", k+1, 1, outcry.CellKey{Symptom: c.symptom}))
		}
		failed, own := false, true
		for k := j.Next(); k < day0()+7*8640+720; k++ {
			tallies := []outcry.Tally{reports("giant", k, 20, outcry.CellKey{Symptom: "slow"})}
			if k%3 == 0 {
				tallies = append(tallies, reports("beside", k, 1, outcry.CellKey{Symptom: c.symptom}))
			}
			for _, v := range step(t, j, k, tallies...) {
				if v.Service == "beside" && v.Condition == outcry.CondFailing {
					failed, own = true, v.Own
				}
			}
		}
		if !failed || own != c.own {
			t.Errorf("%s: failing is %v, by itself %v", c.says, failed, own)
		}
	}
}
