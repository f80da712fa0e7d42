package detect

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// A fault of ten hours outlives the history that is kept of it: its onset stays
// where it was found, and everybody is counted.
func TestALongFaultKeepsItsOnsetAndCountsEverybody(t *testing.T) {
	j, from := smallService(t)
	var last outcry.Verdict
	const hours = 10
	for k := from; k < from+hours*360; k++ {
		for _, v := range step(t, j, k, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"})) {
			last = v
		}
	}
	if off := last.Onset.At.Sub(from.Start()).Abs(); off > time.Minute {
		t.Errorf("its onset is %v off", off)
	}
	if n := last.Size.Reporters; n < hours*360-5 || n > hours*360 {
		t.Errorf("%v people, want %d", n, hours*360)
	}
}

// neighbours is a giant that fails for half an hour, and one beside it of which
// people complain too, at a twentieth of its excess and for longer. It gives
// what was said of the neighbour: "own", "lent" or nothing, in order.
func neighbours(t *testing.T, probed bool) (said []string) {
	t.Helper()
	j := newJudge(t, "giant", "beside")
	for k := j.Next(); k < day0()+7*8640; k += 30 { // twelve an hour each
		step(t, j, k, reports("giant", k, 1, outcry.CellKey{}), reports("beside", k+1, 1, outcry.CellKey{}), checks("beside", k, nil, "a", "b", "c"))
	}
	from := j.Next()
	say := func(word string) {
		if n := len(said); n == 0 || said[n-1] != word {
			said = append(said, word)
		}
	}
	for k := from; k < from+3*360; k++ {
		var tallies []outcry.Tally
		if k < from+180 {
			tallies = append(tallies, reports("giant", k, 20, outcry.CellKey{}))
		}
		if k < from+300 && k%6 < 3 {
			tallies = append(tallies, reports("beside", k, 2, outcry.CellKey{}))
		}
		if k%3 == 0 {
			bad := map[string]bool{"a": probed, "b": probed}
			tallies = append(tallies, checks("beside", k, bad, "a", "b", "c"))
		}
		for _, v := range step(t, j, k, tallies...) {
			switch {
			case v.Service != "beside" || v.Condition != outcry.CondFailing:
			case v.Own:
				say("own")
			default:
				say("lent")
			}
		}
	}
	return said
}

func TestWhatAGiantRaisesIsItsWorkToTheEnd(t *testing.T) {
	if said := neighbours(t, false); len(said) != 1 || said[0] != "lent" {
		t.Errorf("the neighbour's fault was said to be %v", said)
	}
	if said := neighbours(t, true); len(said) != 1 || said[0] != "own" {
		t.Errorf("one whose checks fail: its fault was said to be %v", said)
	}
}

// Half an hour into a giant outage another service begins to fail at a third of
// its rate: by then the giant has brought far more people, and it is no neighbour.
func TestWhatBeginsLaterIsNoWorkOfAGiant(t *testing.T) {
	j := newJudge(t, "giant", "later")
	for k := j.Next(); k < day0()+7*8640; k += 30 {
		step(t, j, k, reports("giant", k, 1, outcry.CellKey{}), reports("later", k+1, 1, outcry.CellKey{}))
	}
	from := j.Next()
	const after, lasts = 180, 30
	for k := from; k < from+after+lasts; k++ {
		tallies := []outcry.Tally{reports("giant", k, 6, outcry.CellKey{Symptom: "down"})}
		if k >= from+after {
			tallies = append(tallies, reports("later", k, 2, outcry.CellKey{Symptom: "slow"}))
		}
		for _, v := range step(t, j, k, tallies...) {
			if v.Service == "later" && v.Condition == outcry.CondFailing && v.Own {
				return
			}
		}
	}
	t.Errorf("not told as its own fault within %s", lasts*outcry.TickLength)
}

// By chance those who blame a giant's neighbour may all be in one place: beside
// the giant's crowd of that place, too, they are few.
func TestANeighbourOfOnePlaceIsAGiantsWorkToo(t *testing.T) {
	places := []string{"GB", "DE", "FR"}
	at := func(k outcry.Tick) outcry.CellKey {
		return outcry.CellKey{Scope: outcry.Scope{Region: places[k/30%3]}}
	}
	j := newJudge(t, "giant", "beside")
	for k := j.Next(); k < day0()+7*8640; k += 30 {
		step(t, j, k, reports("giant", k, 1, at(k)), reports("beside", k+1, 1, at(k)))
	}
	from, seen, placed := j.Next(), false, false
	for k := from; k < from+180; k++ {
		tallies := []outcry.Tally{reports("giant", k, 100, at(k))}
		if k%6 == 0 {
			tallies = append(tallies, reports("beside", k, 1, outcry.CellKey{Scope: outcry.Scope{Region: "GB"}}))
		}
		for _, v := range step(t, j, k, tallies...) {
			if v.Service != "beside" || v.Condition != outcry.CondFailing {
				continue
			}
			seen, placed = true, placed || len(v.Affected.Regions) > 0
			if v.Own {
				t.Fatalf("told as its own fault, in %v, after %s", v.Affected.Regions, k.Start().Sub(from.Start()))
			}
		}
	}
	if !seen || !placed {
		t.Errorf("failing %v, in one place %v: the test asks nothing", seen, placed)
	}
}
