package detect

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// lnPoisson is the log probability of c under a Poisson distribution of mean m.
func lnPoisson(c, m float64) float64 {
	f, _ := math.Lgamma(c + 1)
	return c*math.Log(m) - m - f
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*(1+math.Abs(want))
}

func TestWithoutNoiseTheBlockRatioIsThatOfTwoPoissons(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(0, 500).Draw(t, "c"))
		b := rapid.Float64Range(0.001, 300).Draw(t, "b")
		theta := rapid.Float64Range(1.01, 300).Draw(t, "theta")
		want := lnPoisson(c, theta*b) - lnPoisson(c, b)
		if got := blockLLR(c, b, math.Inf(1), theta, math.Log(theta)); !near(got, want, 1e-8) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestNoiseOnlyEverWeakensACrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(1, 300).Draw(t, "c"))
		b := rapid.Float64Range(0.01, 100).Draw(t, "b")
		a := rapid.Float64Range(0.3, 1000).Draw(t, "a")
		noisy, calm := blockGLR(c, b, a), blockGLR(c, b, math.Inf(1))
		if noisy > calm+1e-9 || noisy < 0 {
			t.Fatalf("%v nats with noise, %v without", noisy, calm)
		}
	})
}

func TestGLRIsReachedAtTheCountOverItsExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(0, 300).Draw(t, "c"))
		b := rapid.Float64Range(0.05, 100).Draw(t, "b")
		a := rapid.Float64Range(0.5, 500).Draw(t, "a")
		if rapid.Bool().Draw(t, "Poisson") {
			a = math.Inf(1)
		}
		best := 0.0 // at θ = 1
		for ln := 0.0; ln < 9; ln += 0.002 {
			best = max(best, blockLLR(c, b, a, math.Exp(ln), ln))
		}
		if got := blockGLR(c, b, a); math.Abs(got-best) > 1e-3 {
			t.Fatalf("%v nats, but %v over a fine grid", got, best)
		}
	})
}

func TestNothingExpectedIsNoDivisionByZero(t *testing.T) {
	for _, a := range []float64{0.5, 40, math.Inf(1)} {
		if l := blockGLR(3, 0, a); math.IsNaN(l) || math.IsInf(l, 0) || l <= 0 {
			t.Errorf("a=%v: three where none was expected give %v nats", a, l)
		}
		if l := blockGLR(0, 0, a); l != 0 {
			t.Errorf("a=%v: nothing where nothing was expected gives %v nats", a, l)
		}
	}
}

// sum is the mixture with a mass for each rate, which the test adds up one by
// one.
func TestTheSumWeighsEachRateByTheStartsItLeavesAlive(t *testing.T) {
	g := newThetaGrid()
	rapid.Check(t, func(t *rapid.T) {
		w := window{
			C: float64(rapid.IntRange(0, 60).Draw(t, "c")),
			B: rapid.Float64Range(0.05, 40).Draw(t, "b"),
			A: rapid.Float64Range(0.5, 100).Draw(t, "a"),
		}
		gap := float64(rapid.IntRange(1, 5000).Draw(t, "gap"))
		rate := rapid.Float64Range(1e-4, 5).Draw(t, "rate")
		extra := rapid.Float64Range(0, 50).Draw(t, "extra")
		var sum float64
		for j, theta := range g.theta {
			mass := min(gap, 1+1/(rate*(theta-1)))
			if theta < 4 {
				mass += extra
			}
			sum += mass * math.Exp(blockLLR(w.C, w.B, w.A, theta, g.ln[j])) / float64(len(g.theta))
		}
		if got, want := g.sum(w, gap, rate, extra), math.Log(sum); !near(got, want, 1e-6) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// The mass stands for a geometric sum: each start one empty tick earlier loses
// a factor e^(−r(θ−1)).
func TestTheMassOfAGapIsThatOfItsStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gap := rapid.IntRange(1, 3000).Draw(t, "gap")
		x := math.Exp(rapid.Float64Range(-9, 3).Draw(t, "ln r(theta-1)"))
		var exact float64
		for i := range gap {
			exact += math.Exp(-x * float64(i))
		}
		got := min(float64(gap), 1+1/x)
		if ratio := math.Log(got / exact); math.Abs(ratio) > 0.5 {
			t.Fatalf("mass %v of starts that sum to %v: %v nats off", got, exact, ratio)
		}
	})
}

func TestLogAddIsTheLogarithmOfASum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64Range(-300, 300).Draw(t, "x"), rapid.Float64Range(-300, 300).Draw(t, "y")
		if got, want := logAdd(x, y), math.Log(math.Exp(x)+math.Exp(y)); !near(got, want, 1e-12) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
	none := math.Inf(-1)
	if logAdd(none, none) != none || logAdd(none, 2) != 2 || logAdd(2, none) != 2 {
		t.Error("nothing added to something is not that thing")
	}
}

func TestASilentStreamCostsNoMoreThanACoinToss(t *testing.T) {
	if l := maybe(-1e6); !near(l, -math.Ln2, 1e-12) {
		t.Errorf("a silent stream costs %v nats", l)
	}
	if l := maybe(0); l != 0 {
		t.Errorf("a stream that says nothing gives %v nats", l)
	}
}
