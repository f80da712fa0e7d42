package detect

import (
	"strings"
	"testing"

	"github.com/outcry/outcry"
)

// aftermath is two hours of a fault of twenty reports a minute in which all
// checks fail; then they pass, the crowd falls to one tick's report in so many,
// and the given failures of the vantage a are chance. It gives the verdicts from
// the end on, by ticks since.
func aftermath(t *testing.T, every, ticks outcry.Tick, chance map[outcry.Tick]bool) (got []outcry.Condition) {
	t.Helper()
	j, from := smallService(t)
	end := from + 120
	is, vantages := outcry.CondNormal, strings.Split("abcdefghij", "")
	for k := from; k < end+ticks; k++ {
		var tallies []outcry.Tally
		switch {
		case k < end:
			tallies = append(tallies, reports("shop", k, 4, outcry.CellKey{Symptom: "slow"}))
		case (k-end)%every == 0:
			tallies = append(tallies, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"}))
		}
		bad := map[string]bool{"a": k < end || chance[k-end]}
		for _, v := range vantages[1:] {
			bad[v] = k < end
		}
		tallies = append(tallies, checks("shop", k, bad, vantages...))
		for _, v := range step(t, j, k, tallies...) {
			is = v.Condition
		}
		if k >= end {
			got = append(got, is)
		}
	}
	return got
}

// first is the tick at which a condition is told, −1: never.
func first(all []outcry.Condition, is outcry.Condition) int {
	for i, c := range all {
		if c == is {
			return i
		}
	}
	return -1
}

// What people complain of is not well because checks pass, and the alarm need not
// be raised a second time.
func TestChecksThatPassMakeNothingWellThatPeopleComplainOf(t *testing.T) {
	for _, c := range []struct {
		says  string
		every outcry.Tick // ticks from one report to the next: of the service 180 are usual
		well  bool        // within an hour
	}{
		{"nobody reports any more", 10000, true},
		{"as many as ever report", 180, true},
		{"a report every forty seconds, forty-five times as many as ever, is less than a tenth of the peak", 4, false},
	} {
		got := aftermath(t, c.every, 360, nil)
		if at := first(got, outcry.CondRecovering); at < 0 || at > 60 {
			t.Errorf("%s: said to recover after %d ticks", c.says, at)
		}
		if at := first(got, outcry.CondNormal); at >= 0 != c.well {
			t.Errorf("%s: said to be well after %d ticks", c.says, at)
		}
		for i, is := range got[first(got, outcry.CondRecovering):] {
			if is == outcry.CondFailing {
				t.Fatalf("%s: failing again %d ticks after it recovered", c.says, i)
			}
		}
	}
}

// A failure by chance while it recovers is none of the fault's; two in a row are.
func TestAChanceFailureIsNoRelapse(t *testing.T) {
	for _, c := range []struct {
		says    string
		chance  map[outcry.Tick]bool
		relapse bool
	}{
		{"one check fails once, five minutes after the end", map[outcry.Tick]bool{30: true}, false},
		{"one vantage fails again and again from then on", map[outcry.Tick]bool{30: true, 31: true, 32: true}, true},
	} {
		got := aftermath(t, 4, 120, c.chance) // more than usual, so that it is not said to be well
		at := first(got, outcry.CondRecovering)
		if at < 0 || at > 60 {
			t.Fatalf("%s: said to recover after %d ticks", c.says, at)
		}
		if again := first(got[at:], outcry.CondFailing) >= 0; again != c.relapse {
			t.Errorf("%s: failing again is %v", c.says, again)
		}
	}
}
