package detect

import (
	"math/rand/v2"
	"strings"
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

// Whether a crowd has died down, of a service that has a third of a report a
// minute.
func TestWhetherACrowdHasDiedDown(t *testing.T) {
	const usual = 1.0 / 3
	for _, c := range []struct {
		why         string
		peak, level float64
		falling     float64
		low, probed bool
		want        bool
	}{
		{"a window is low by chance of a fault of four times the usual", 2.5, 4 * usual, 100, true, false, false},
		{"its reports have fallen for sure", 2.5, 4 * usual, fallEvery, true, false, true},
		{"for sure, though no window is low yet", 2.5, 4 * usual, fallEvery, false, false, true},
		{"a larger one has fallen for sure, to no tenth of its peak", 7, 12 * usual, fallEvery, false, false, false},
		{"checks that failed pass again, and few report", 2.5, 4 * usual, 0, true, true, true},
		{"checks that failed pass again, and as many report as before", 2.5, 4 * usual, 0, false, true, false},
		{"reports are not up", 1, 1.2 * usual, 0, true, false, true},
		{"so many report that a tenth of them is no chance", 20, 15, 0, true, false, true},
		{"so many report, and still do", 20, 15, fallEvery, false, false, false},
	} {
		s := condition{Size: outcry.Size{Usual: usual, Peak: c.peak}, Level: c.level, Probed: c.probed}
		s.Falling[1] = c.falling
		if got := s.fallen(c.low); got != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}

// A crowd that keeps its level comes over the threshold once in fallEvery ticks,
// and a little oftener because its level is estimated; one that is gone comes
// over it within minutes, and what it has then is bounded, for it may be back.
func TestASteadyCrowdSeldomSeemsToFall(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	over := func(c *condition) bool { return c.Falling[0]+c.Falling[1]+c.Falling[2] >= fallEvery }
	times, goneFor := 0, 0
	const runs = 200
	for range runs {
		c := condition{Is: outcry.CondFailing, Level: 4.0 / 3, Size: outcry.Size{Usual: 1.0 / 3, Peak: 2.5}}
		for range fallEvery {
			if c.follow(drawPoisson(r, 4.0/18)); over(&c) {
				times++
				c.Falling = [3]float64{}
			}
		}
		c.Level = 4.0 / 3
		for !over(&c) && goneFor < 200*runs {
			c.follow(drawPoisson(r, 1.0/18))
			goneFor++
		}
		for range 3600 {
			c.follow(0)
		}
		for _, x := range c.Falling {
			if !(x <= fallEvery) {
				t.Fatalf("silence makes it %v", c.Falling)
			}
		}
	}
	if times > runs*3/2 || times < runs/4 {
		t.Errorf("%d times in %d stretches of the length in which it should be once", times, runs)
	}
	if goneFor > 120*runs {
		t.Errorf("a crowd that is gone is noticed after %d ticks", goneFor/runs)
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

// Where checks fail now and then, a pass at each vantage is no recovery, and a
// good while of them is.
func TestChecksThatFailNowAndThenDoNotRecoverByLuck(t *testing.T) {
	for _, c := range []struct {
		says   string
		share  float64 // of runs that fail, at each of the vantages
		bad    []string
		within int // ticks after the end
	}{
		{"nearly all fail, everywhere", 0.95, []string{"a", "b", "c"}, 18},
		{"every other one fails, everywhere", 0.5, []string{"a", "b", "c"}, 30},
		{"one in four fails, everywhere", 0.25, []string{"a", "b", "c"}, 45},
		{"two in three fail, in one region", 0.67, []string{"b"}, 45},
	} {
		j, from := smallService(t)
		r := rand.New(rand.NewPCG(3, uint64(100*c.share)))
		for k := from; k < from+360; k += 3 { // a quiet hour of checks
			step(t, j, k, checks("shop", k, nil, "a", "b", "c"))
		}
		from += 360
		end := from + 6*360
		early, late, raised := 0, -1, false
		for k := from; k < end+90 && late < 0; k++ {
			var tallies []outcry.Tally
			if k%3 == 0 {
				bad := map[string]bool{}
				for _, v := range c.bad {
					bad[v] = k < end && r.Float64() < c.share
				}
				tallies = append(tallies, checks("shop", k, bad, "a", "b", "c"))
			}
			for _, v := range step(t, j, k, tallies...) {
				raised = raised || v.Condition == outcry.CondFailing
				switch {
				case v.Condition != outcry.CondRecovering:
				case k < end:
					early++
				default:
					late = int(k - end)
				}
			}
		}
		if !raised || early > 0 || late < 0 || late > c.within {
			t.Errorf("%s: raised %v, said to recover for %d ticks of it, and %d ticks after it", c.says, raised, early, late)
		}
	}
}

// A crowd that has gone home is a recovery, also where a few of the checks failed
// with it and as few passes as there were since may be luck.
func TestACrowdThatGoesHomeNeedsFewPasses(t *testing.T) {
	for _, c := range []struct {
		says  string
		every int // runs of the vantage a, of which the last fails
	}{
		{"all fail", 1}, {"one in five fails", 5}, {"one in ten fails", 10}, {"one in twenty fails", 20},
	} {
		j, from := smallService(t)
		end, since := from+360, -1
		for k := from; k < end+360 && since < 0; k++ {
			var tallies []outcry.Tally
			if k < end || k < end+30 && k%6 == 0 { // and stragglers
				tallies = append(tallies, reports("shop", k, 3, outcry.CellKey{Symptom: "slow"}))
			}
			if k%3 == 0 {
				bad := k < end && int(k-from)/3%c.every == c.every-1
				tallies = append(tallies, checks("shop", k, map[string]bool{"a": bad}, "a", "b", "c"))
			}
			for _, v := range step(t, j, k, tallies...) {
				switch {
				case v.Condition != outcry.CondRecovering:
				case k < end:
					t.Fatalf("%s: said to recover %d ticks before the end", c.says, end-k)
				default:
					since = int(k - end)
				}
			}
		}
		if since < 0 || since > 90 {
			t.Errorf("%s: said to recover %d ticks after the end, wanted at most 90", c.says, since)
		}
	}
}

// A failure of a check long after it has recovered is one that checks which are
// well have now and then.
func TestPassed(t *testing.T) {
	for _, c := range []struct {
		says string
		runs string // of one vantage: x fails, . passes
		want bool
	}{
		{"nothing has failed", "..........", true},
		{"all fails, to the last", strings.Repeat("x", 100), false},
		{"all failed, and one passes", strings.Repeat("x", 100) + ".", true},
		{"nine in ten failed, and a few pass", strings.Repeat("xxxxxxxxx.", 10) + "..", false},
		{"nine in ten failed, and more pass", strings.Repeat("xxxxxxxxx.", 10) + "......", true},
		{"then one fails again", strings.Repeat("xxxxxxxxx.", 10) + strings.Repeat(".", 40) + "x.", true},
		{"every other fails again", strings.Repeat("xxxxxxxxx.", 10) + strings.Repeat(".", 40) + strings.Repeat("x.", 20), false},
		{"one in four failed, and some pass", strings.Repeat("x...", 20) + strings.Repeat(".", 20), false},
		{"one in four failed, and many pass", strings.Repeat("x...", 20) + strings.Repeat(".", 40), true},
	} {
		s := &service{Vantages: []vantage{{}}}
		s.State.Probed, s.State.Onset.At = true, outcry.Tick(100).Start()
		for i, what := range c.runs {
			r := run{Tick: 100 + outcry.Tick(i), Runs: 1}
			if what == 'x' {
				r.Fails, s.Vantages[0].LastBad = 1, r.Tick
			}
			s.Runs = append(s.Runs, r)
		}
		if got := s.passed(); got != c.want {
			t.Errorf("%s: passed is %v", c.says, got)
		}
	}
}
