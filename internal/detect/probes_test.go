package detect

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

func TestProbeEvidenceSaturatesAtItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := float64(rapid.IntRange(1, 2000).Draw(t, "runs"))
		f := float64(rapid.IntRange(0, int(n)).Draw(t, "fails"))
		p0 := rapid.Float64Range(falseFloor, 0.1).Draw(t, "false")
		limit := rapid.SampledFrom([]float64{vantageCap, vantageCapOne}).Draw(t, "limit")
		l := probeLLR(f, n, p0, limit)
		if l > limit || math.IsNaN(l) {
			t.Fatalf("%v nats, at most %v", l, limit)
		}
		if f < n && probeLLR(f+1, n, p0, limit) < l-1e-9 {
			t.Fatal("one failure more says less")
		}
	})
	for _, limit := range []float64{vantageCap, vantageCapOne} {
		if l := probeLLR(500, 500, 0.004, limit); l < limit-0.01 {
			t.Errorf("five hundred failures give %v nats of %v", l, limit)
		}
	}
	if l := probeLLR(0, 0, 0.004, vantageCap); l != 0 {
		t.Errorf("no run gives %v nats", l)
	}
}

// Far below the limit it is the mean of the Bernoulli ratios.
func TestProbeEvidenceIsABernoulliRatio(t *testing.T) {
	const f, n, p0 = 2, 3, 0.01
	var mean float64
	for _, q := range failShares() {
		mean += math.Pow(q/p0, f) * math.Pow((1-q)/(1-p0), n-f) / 3
	}
	if got := probeLLR(f, n, p0, 1000); !near(got, math.Log(mean), 1e-9) {
		t.Errorf("got %v, want %v", got, math.Log(mean))
	}
}

func TestAVantageLearnsHowOftenItErrs(t *testing.T) {
	var v vantage
	if p := v.pFalse(); !near(p, falsePrior, 1e-12) {
		t.Errorf("unknown, it errs in %v of its runs", p)
	}
	for i := range 20000 {
		v.learn(float64(i%50/49), 1) // one in fifty
	}
	if p := v.pFalse(); p < 0.012 || p > 0.022 {
		t.Errorf("one failure in fifty is learned as %v", p)
	}
	var good vantage
	good.learn(0, 1e9)
	if p := good.pFalse(); p != falseFloor {
		t.Errorf("one that never erred is believed to err in %v", p)
	}
}

func TestAResultStandsForThreeMinutes(t *testing.T) {
	bad, good := vantage{LastBad: 100, LastGood: 99}, vantage{LastBad: 99, LastGood: 100}
	if !bad.failing(100) || bad.passing(100) || !good.passing(100) || good.failing(100) {
		t.Error("the newest result is not what counts")
	}
	if late := outcry.Tick(100 + vantageFresh); bad.failing(late) || good.passing(late) {
		t.Error("a result stands for longer than it is fresh")
	}
}

func TestHowFarAVantageIsBelieved(t *testing.T) {
	for _, x := range []struct {
		why      string
		h        vantageHealth
		vantages int
		want     float64
	}{
		{"it fails all of its services, others pass them: cut off", vantageHealth{failing: 3, contradicted: 3}, 3, 0},
		{"it fails its only service, which others pass: it says next to nothing", vantageHealth{failing: 1, contradicted: 1}, 3, vantageLone},
		{"it fails its only service, of which others say nothing: may be at fault itself", vantageHealth{failing: 1}, 3, vantageCap},
		{"it fails all, and nobody passes one of these", vantageHealth{failing: 3, contradicted: 2}, 3, vantageCap},
		{"it fails all, one more fails one of these, others pass: still cut off", vantageHealth{failing: 3, contradicted: 3, seconded: 1}, 3, 0},
		{"two fail all that a third passes: both may be right", vantageHealth{failing: 3, contradicted: 3, seconded: 3}, 3, vantageCap},
		{"two fail the only service, which a third passes: both may be right", vantageHealth{failing: 1, contradicted: 1, seconded: 1}, 3, vantageCap},
		{"it was cut off, and one of its services now fails for everybody: still cut off", vantageHealth{failing: 2, contradicted: 1, seconded: 1, cut: true}, 3, 0},
		{"it was cut off, and all of its services now fail for everybody: it was right", vantageHealth{failing: 2, seconded: 2, cut: true}, 3, vantageCap},
		{"it was cut off and passes again: it is well", vantageHealth{failing: 1, passing: 1, contradicted: 1, cut: true}, 3, vantageCapOne},
		{"it passes another service: it is well", vantageHealth{failing: 1, passing: 1, contradicted: 1}, 3, vantageCapOne},
		{"it is the only one: nobody else can say", vantageHealth{failing: 1}, 1, vantageCapOne},
	} {
		if got := x.h.view(x.vantages).limit; got != x.want {
			t.Errorf("%s: %v nats, want %v", x.why, got, x.want)
		}
	}
}

// What a vantage said while it was cut off is forgotten: when it is back for one
// service first, its failures do not speak at once.
func TestWhatACutOffVantageSaidIsExcused(t *testing.T) {
	s := newService("shop", defaultPrior(), day0())
	v := s.vantage("a")
	s.Marks = []anchor{s.anchor()}
	v.Fails, v.Runs = 40, 40
	s.excuse([]vantageView{{limit: vantageCap}})
	if fails, runs := s.Marks[0].since(0, v); fails != 40 || runs != 40 {
		t.Errorf("a vantage that is believed has %v of %v left", fails, runs)
	}
	s.excuse([]vantageView{{limit: 0}})
	s.excuse([]vantageView{{limit: vantageCap}})
	if fails, _ := s.Marks[0].since(0, v); fails != 40 {
		t.Errorf("others fail now too, and the first to see it has %v of 40 left", fails)
	}
	s.excuse([]vantageView{{limit: 0}})
	s.excuse([]vantageView{{limit: vantageCapOne, back: true}})
	if fails, runs := s.Marks[0].since(0, v); fails != 0 || runs != 0 {
		t.Errorf("a vantage that was cut off and is back has %v of %v left", fails, runs)
	}
}

// aloneFails plays six hours of checks in which vantage a fails; the others
// pass or are silent. It gives for how many ticks the service was failing.
func aloneFails(t *testing.T, every outcry.Tick, vantages ...string) (failing int) {
	t.Helper()
	j := newJudge(t, "shop")
	from := day0() + 360
	for k := day0(); k < from; k += every {
		step(t, j, k, checks("shop", k, nil, "a", "b"))
	}
	for k := from; k < from+6*360; k += every {
		for _, v := range step(t, j, k, checks("shop", k, map[string]bool{"a": true}, vantages...)) {
			if v.Condition == outcry.CondFailing {
				failing++
			}
		}
	}
	return failing
}

func TestOneVantageOfSeveralCannotRaiseAnOutage(t *testing.T) {
	for _, every := range []outcry.Tick{1, 3, 6} {
		if n := aloneFails(t, every, "a", "b"); n > 0 {
			t.Errorf("checks every %d ticks, the other passes: failing for %d", every, n)
		}
		if n := aloneFails(t, every, "a"); n > 0 {
			t.Errorf("checks every %d ticks, the other is silent: failing for %d", every, n)
		}
	}
}

// A fault is seen by one vantage first. That others passed the service before
// says nothing against it; that they pass it now does.
func TestOnlyPassesSinceContradict(t *testing.T) {
	failing := vantage{ID: "a", LastBad: 105, LastGood: 99, BadSince: 102}
	for _, x := range []struct {
		why   string
		other vantage
		want  bool
	}{
		{"it passed before the failures began", vantage{ID: "b", LastGood: 101}, false},
		{"it has passed since", vantage{ID: "b", LastGood: 103}, true},
		{"it passed since, and fails now", vantage{ID: "b", LastGood: 103, LastBad: 104, BadSince: 104}, false},
		{"it passed long ago", vantage{ID: "b", LastGood: 60}, false},
	} {
		if got := x.other.contradicts(&failing, 105); got != x.want {
			t.Errorf("%s: contradicts %v", x.why, got)
		}
	}
}

// The one service there is, watched from three places, of which one loses its
// own network for hours while some people report as they always do.
func TestABlindVantageOfOneServicePublishesNothing(t *testing.T) {
	j := newJudge(t, "shop")
	from := quietWeeks(t, j, 2, "shop")
	r := rand.New(rand.NewPCG(3, 3))
	for k := from; k < from+12*360; k++ {
		var tallies []outcry.Tally
		if r.Float64() < 30.0/360 {
			tallies = append(tallies, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"}))
		}
		if k%3 == 0 {
			tallies = append(tallies, checks("shop", k, map[string]bool{"a": k > from+360}, "a", "b", "c"))
		}
		for _, v := range step(t, j, k, tallies...) {
			if v.Condition == outcry.CondFailing {
				t.Fatalf("failing after %d ticks: %+v", k-from, v)
			}
		}
	}
}

// Nobody can say whether an only vantage is itself at fault: what it sees alone
// is published as unconfirmed.
func TestAnOnlyVantageConfirmsNothing(t *testing.T) {
	j := newJudge(t, "shop")
	from := quietWeeks(t, j, 1, "shop")
	failing := false
	for k := from; k < from+360; k += 3 {
		for _, v := range step(t, j, k, checks("shop", k, map[string]bool{"a": k > from+60}, "a")) {
			failing = failing || v.Condition == outcry.CondFailing
			if v.Confirmed {
				t.Fatalf("confirmed after %d ticks by %+v", k-from, v.Evidence)
			}
		}
	}
	if !failing {
		t.Error("its checks fail for an hour, and nothing is said")
	}
}
