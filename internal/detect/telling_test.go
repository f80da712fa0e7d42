package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// A fault of six reports a minute in a service that has five: those who tell of
// it say when it began, the rest blur it. Without them the mean error is 83
// and 60 seconds on these seeds.
func TestOnsetIsTakenFromThoseWhoTellOfTheFault(t *testing.T) {
	j, r := newJudge(t, "shop"), rand.New(rand.NewPCG(1, 7))
	for k := j.Next(); k < day0()+8*8640; k++ {
		step(t, j, k, drawnOf(r, k, 5, keysOf(everywhere(), []string{"slow", "down", "sign-in", "payment"}))...)
	}
	known := kept(t, j)
	for _, c := range []struct {
		says   string
		fault  []outcry.CellKey // drawn from evenly
		within time.Duration    // in the mean
	}{
		{"one symptom, everywhere", keysOf(everywhere(), []string{"sign-in"}), 45 * time.Second},
		{"one symptom that nobody reported before, in one region", keysOf([]string{"R2"}, []string{"black screen"}), 15 * time.Second},
	} {
		const seeds = 40
		var sum time.Duration
		for seed := range uint64(seeds) {
			sum += onsetError(t, restored(t, known), seed, c.fault).Abs()
		}
		if mean := sum / seeds; mean > c.within {
			t.Errorf("%s: the onset is off by %v in the mean", c.says, mean)
		}
	}
}

func keysOf(regions, symptoms []string) (keys []outcry.CellKey) {
	for _, r := range regions {
		for _, s := range symptoms {
			keys = append(keys, outcry.CellKey{Symptom: s, Scope: outcry.Scope{Region: r}})
		}
	}
	return keys
}

func everywhere() []string { return []string{"R0", "R1", "R2", "R3"} }

// drawnOf is a tick's reports of so many a minute, of any of the keys.
func drawnOf(r *rand.Rand, k outcry.Tick, perMinute float64, keys []outcry.CellKey) (tallies []outcry.Tally) {
	for range int(drawPoisson(r, perMinute/6)) {
		tallies = append(tallies, reports("shop", k, 1, keys[r.IntN(len(keys))]))
	}
	return tallies
}

// onsetError is by how much a fault's onset is off, after half an hour of it. It
// begins an hour after what the judge knows.
func onsetError(t *testing.T, j *Judge, seed uint64, fault []outcry.CellKey) time.Duration {
	t.Helper()
	r, usual := rand.New(rand.NewPCG(seed, 7)), keysOf(everywhere(), []string{"slow", "down", "sign-in", "payment"})
	from, last := j.Next()+360, outcry.Verdict{}
	for k := j.Next(); k < from+200; k++ {
		tallies := drawnOf(r, k, 5, usual)
		if k >= from {
			tallies = append(tallies, drawnOf(r, k, 6, fault)...)
		}
		for _, v := range step(t, j, k, tallies...) {
			if v.Condition == outcry.CondFailing && k >= from {
				last = v
			}
		}
	}
	if last.Service == "" {
		t.Fatalf("seed %d: nothing is raised", seed)
	}
	return last.Onset.At.Sub(from.Start())
}

// One symptom of four has five times its reports for two hours, while those of the
// others go down by half: all in all there are hardly more than usual.
func TestAFaintFaultGoesOnByWhatItsOwnPeopleSay(t *testing.T) {
	rest := keysOf(everywhere(), []string{"slow", "down", "payment"})
	fault := keysOf(everywhere(), []string{"sign-in"})
	j, r := newJudge(t, "shop"), rand.New(rand.NewPCG(3, 7))
	draw := func(k outcry.Tick, others, own float64) []outcry.Tally {
		return append(drawnOf(r, k, others, rest), drawnOf(r, k, own, fault)...)
	}
	for k := j.Next(); k < day0()+8*8640; k++ {
		step(t, j, k, draw(k, 3, 1)...)
	}
	from := j.Next()
	var failed, well outcry.Tick
	for k := from; k < from+5*360; k++ {
		others, own := 3.0, 5.0
		if k >= from+180 {
			others = 1.5
		}
		if k >= from+720 {
			own = 1
		}
		is := outcry.CondNormal
		for _, v := range step(t, j, k, draw(k, others, own)...) {
			is = v.Condition
		}
		switch {
		case failed == 0 && is == outcry.CondFailing:
			failed = k
		case failed > 0 && well == 0 && is != outcry.CondFailing:
			well = k
		}
	}
	if failed == 0 || failed > from+120 {
		t.Fatalf("raised after %d ticks", failed-from)
	}
	if over := well - from - 720; well == 0 || over < 0 || over > 180 {
		t.Errorf("said to be over %d ticks after its end", over)
	}
}

// Where nothing is known of those who tell of a fault, the usual reports are not
// taken for them.
func TestAFaintFaultOfWhichNothingIsKnownEnds(t *testing.T) {
	nothing := []outcry.CellKey{{}}
	j, r := newJudge(t, "shop"), rand.New(rand.NewPCG(4, 7))
	for k := j.Next(); k < day0()+8*8640; k++ {
		step(t, j, k, drawnOf(r, k, 5, nothing)...)
	}
	if failingAfter(t, j, j.Next(), 60, func(k outcry.Tick) []outcry.Tally { return drawnOf(r, k, 60, nothing) }) < 0 {
		t.Fatal("it is not raised")
	}
	end := j.Next() + 720
	for k := j.Next(); k < end; k++ {
		step(t, j, k, drawnOf(r, k, 13, nothing)...)
	}
	for k := end; k < end+240; k++ {
		is := outcry.CondNormal
		for _, v := range step(t, j, k, drawnOf(r, k, 5, nothing)...) {
			is = v.Condition
		}
		if is != outcry.CondFailing {
			return
		}
	}
	t.Error("it fails forty minutes after its end")
}
