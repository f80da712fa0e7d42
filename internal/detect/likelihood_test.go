package detect

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// lnNB is the log probability of c under a negative binomial of mean m, size a.
func lnNB(c, m, a float64) float64 {
	g := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	return g(c+a) - g(a) - g(c+1) + a*math.Log(a/(a+m)) + c*math.Log(m/(a+m))
}

func TestBlockRatioIsThatOfTwoNegativeBinomials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(0, 500).Draw(t, "c"))
		b := rapid.Float64Range(0.01, 300).Draw(t, "b")
		a := rapid.Float64Range(0.3, 1000).Draw(t, "a")
		theta := rapid.Float64Range(1.1, 300).Draw(t, "theta")
		want := lnNB(c, theta*b, a) - lnNB(c, b, a)
		if got := blockLLR(c, b, a, theta, math.Log(theta)); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestBlockRatioTendsToPoisson(t *testing.T) {
	if got, want := blockLLR(12, 3, 1e9, 4, math.Log(4)), blockLLR(12, 3, math.Inf(1), 4, math.Log(4)); math.Abs(got-want) > 1e-6 {
		t.Errorf("a large size gives %v, Poisson %v", got, want)
	}
}

func TestGLRIsTheBestOfAllRates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(0, 300).Draw(t, "c"))
		b := rapid.Float64Range(0.05, 100).Draw(t, "b")
		a := rapid.Float64Range(0.5, 500).Draw(t, "a")
		glr := blockGLR(c, b, a)
		for theta := 1.0; theta < 1000; theta *= 1.05 {
			if l := blockLLR(c, b, a, theta, math.Log(theta)); l > glr+1e-6 {
				t.Fatalf("rate %v gives %v, over the maximum %v", theta, l, glr)
			}
		}
	})
}

func TestMixtureIsTheMeanOverTheGrid(t *testing.T) {
	g := newThetaGrid()
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(0, 60).Draw(t, "c"))
		b := rapid.Float64Range(0.05, 40).Draw(t, "b")
		a := rapid.Float64Range(0.5, 100).Draw(t, "a")
		var mean float64
		for j, theta := range g.theta {
			mean += math.Exp(blockLLR(c, b, a, theta, g.ln[j])) / float64(len(g.theta))
		}
		if got := g.mixture(c, b, a); math.Abs(got-math.Log(mean)) > 1e-9 {
			t.Fatalf("got %v, want %v", got, math.Log(mean))
		}
	})
}

// An e-value has mean one under the null: over counts drawn from the negative
// binomial that the null says, the mixture averages to one.
func TestMixtureIsAnEValue(t *testing.T) {
	g := newThetaGrid()
	for _, x := range []struct{ b, a float64 }{{0.5, 5}, {3, 5}, {10, 40}} {
		var sum float64
		for c := range 12000 {
			sum += math.Exp(lnNB(float64(c), x.b, x.a) + g.mixture(float64(c), x.b, x.a))
		}
		if math.Abs(sum-1) > 0.01 {
			t.Errorf("b=%v a=%v: the mean under the null is %v", x.b, x.a, sum)
		}
	}
}

func TestAVantageByItselfProvesLittle(t *testing.T) {
	for runs := 1.0; runs < 1000; runs *= 2 {
		if l := probeLLR(runs, runs, 0.002, vantageCap); l > vantageCap {
			t.Errorf("%v failures in a row give %v nats, over the cap", runs, l)
		}
	}
	if l := probeLLR(0, 50, 0.002, vantageCap); l > 0 {
		t.Errorf("fifty passes speak for a fault by %v nats", l)
	}
}

func TestNoiseIsFitToWhatItWas(t *testing.T) {
	n := newNoise()
	const v, tau = 0.1, 1.0
	// feed the exact moments of many quiet weeks
	for i, lag := range noiseLags {
		n.Den[i] = 1e6
		n.Num[i] = 1e6 * v * autocorrelation(lag, tau)
	}
	n.N = 144 * 60
	n.fit()
	if n.Tau != tau || n.V < v || n.V > 1.4*v {
		t.Errorf("V %v and tau %v of a process with %v and %v", n.V, n.Tau, v, tau)
	}
}

func TestTheFilterFollowsAndForgets(t *testing.T) {
	n := newNoise()
	f := n.unknown()
	if math.Abs(f.mean()-1) > 1e-9 {
		t.Fatalf("knows nothing and believes %v", f.mean())
	}
	high := f.observe(60, 20)
	if high.mean() < 1.5 || high.Q >= f.Q {
		t.Errorf("after three times the usual it believes %v, with variance %v of %v", high.mean(), high.Q, f.Q)
	}
	if later := n.forward(high, 24); math.Abs(later.mean()-1) > 0.05 {
		t.Errorf("a day later it still believes %v", later.mean())
	}
}
