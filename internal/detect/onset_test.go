package detect

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// A fault of which one or two reports a minute come, after a quiet week of twelve
// an hour: what is known of its onset after most of what it has to tell.
func TestOnsetOfWhatIsHardToSee(t *testing.T) {
	const fault = 22 * 6 // ticks
	for _, c := range []struct {
		says   string
		bad    map[string]bool
		every  outcry.Tick    // ticks from one of the fault's reports to the next
		dark   [2]outcry.Tick // ticks after the onset that nobody watches
		within time.Duration
	}{
		{says: "reports alone", every: 3, within: time.Minute},
		{says: "checks of all three places fail, too", bad: map[string]bool{"a": true, "b": true, "c": true}, every: 3, within: time.Minute},
		{says: "it is in one region: of its checks two in three fail, and those of two places pass all the while", bad: map[string]bool{"b": true}, every: 6, within: time.Minute},
		{says: "the intake was away from three minutes before it until five minutes after", every: 3, dark: [2]outcry.Tick{-18, 30}, within: 4 * time.Minute},
	} {
		t.Run(c.says, func(t *testing.T) {
			j := newJudge(t, "shop")
			for k := j.Next(); k < day0()+7*8640; k += 30 {
				step(t, j, k, reports("shop", k, 1, outcry.CellKey{}), checks("shop", k, nil, "a", "b", "c"))
			}
			from, last, alarm := j.Next()+60, outcry.Verdict{}, outcry.Tick(0)
			for k := j.Next(); k < from+fault+60; k++ {
				if k >= from+c.dark[0] && k < from+c.dark[1] {
					if _, err := j.Step(k, 0, nil); err != nil {
						t.Fatal(err)
					}
					continue
				}
				failing := k >= from && k < from+fault
				var tallies []outcry.Tally
				if failing && k%c.every == 0 || k%30 == 0 {
					tallies = append(tallies, reports("shop", k, 1, outcry.CellKey{}))
				}
				if bad := c.bad; k%3 == 1 {
					if !failing || k%9 == 1 {
						bad = nil
					}
					tallies = append(tallies, checks("shop", k, bad, "a", "b", "c"))
				}
				for _, v := range step(t, j, k, tallies...) {
					if v.Condition == outcry.CondFailing {
						if last = v; alarm == 0 {
							alarm = k
						}
					}
				}
			}
			truth := from.Start()
			if alarm == 0 || last.Onset.At.After(alarm.End()) {
				t.Errorf("began at %s, raised at %s", last.Onset.At, alarm.Start())
			}
			if off := last.Onset.At.Sub(truth); off.Abs() > c.within {
				t.Errorf("the onset is %s off", off)
			}
			if last.Onset.From.After(truth.Add(c.within/4)) || last.Onset.To.Before(truth.Add(-c.within/4)) {
				t.Errorf("the onset is said to lie between %s and %s of the truth", last.Onset.From.Sub(truth), last.Onset.To.Sub(truth))
			}
		})
	}
}

func TestTheLastStretchesNobodyWatchedAreKept(t *testing.T) {
	s := &service{}
	for k := outcry.Tick(0); k < 400; k++ {
		if k%20 < 10 {
			s.unwatched(k)
		}
	}
	if n := len(s.Unseen); n != maxUnseen || s.Unseen[n-1] != (stretch{380, 390}) || s.Unseen[0] != (stretch{240, 250}) {
		t.Errorf("kept %v", s.Unseen)
	}
}
