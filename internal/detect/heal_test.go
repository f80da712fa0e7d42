package detect

import (
	"math/rand/v2"
	"testing"

	"github.com/outcry/outcry"
)

// slowFault is two reports a minute for four hours where a third of one is
// usual, which then fall tenfold in a quarter of an hour. It gives how many
// ticks after the end it is said to recover, and how often before.
func slowFault(t *testing.T, seed uint64) (late, early int) {
	t.Helper()
	j, from := smallService(t)
	r := rand.New(rand.NewPCG(seed, 1))
	end := from + 4*360
	excess := 2.0
	for k := from; k < end+360; k++ {
		if k > end {
			excess *= 0.9747 // tenfold in 90 ticks
		}
		n := uint32(drawPoisson(r, (excess+1.0/3)/6))
		tallies := []outcry.Tally{checks("shop", k, map[string]bool{"a": k == end+40}, "a", "b")}
		if n > 0 {
			tallies = append(tallies, reports("shop", k, n, outcry.CellKey{Symptom: "slow"}))
		}
		for _, v := range step(t, j, k, tallies...) {
			if v.Condition != outcry.CondRecovering {
				continue
			}
			if k >= end {
				return int(k - end), early
			}
			early++
		}
	}
	return 360, early
}

// A window long enough to count a tenth of two reports a minute would be late.
func TestASmallFaultIsSeenToRecoverInTime(t *testing.T) {
	before := 0
	for seed := range uint64(6) {
		late, early := slowFault(t, seed)
		if late > 90 {
			t.Errorf("seed %d: recovering %d ticks after the end", seed, late)
		}
		before += early
	}
	if before > 300 {
		t.Errorf("recovering for %d ticks of a day of faults that went on", before)
	}
}

// A metric that took part in a fault holds up its end until it is down, and no
// longer than six hours.
func TestAMetricHoldsUpTheEnd(t *testing.T) {
	for _, c := range []struct {
		why            string
		took           bool
		lately, silent float64 // times the usual; ticks without a reading
		after          outcry.Tick
		holds          bool
	}{
		{"it took part, and is twenty times the usual", true, 20, 0, 60, true},
		{"it is down to the usual", true, 1.1, 0, 60, false},
		{"it took no part", false, 20, 0, 60, false},
		{"nobody has read it for minutes", true, 20, 30, 60, false},
		{"seven hours later that is how the metric is now", true, 20, 0, 2520, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := newService("shop", defaultPrior(), 0)
			m := s.meter("errors", 0)
			now := outcry.Tick(100000)
			m.Known, m.Errors.Base.AllHours, m.Errors.Rate = true, 100, 2
			m.Lately, m.Errors.Next = 2*c.lately, now-outcry.Tick(c.silent)
			s.State = condition{Is: outcry.CondFailing, Alarm: now - c.after, Metered: c.took}
			if got := s.metersHigh(now); got != c.holds {
				t.Errorf("it holds up the end: %v", got)
			}
			if got := s.green(now, nil); got == c.holds {
				t.Errorf("all is green: %v", got)
			}
		})
	}
}
