package detect

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// drawPoisson draws a count of mean m.
func drawPoisson(r *rand.Rand, m float64) float64 {
	if m > 50 {
		return max(0, math.Round(m+math.Sqrt(m)*r.NormFloat64()))
	}
	l, n, p := math.Exp(-m), 0.0, r.Float64()
	for p > l {
		n++
		p *= r.Float64()
	}
	return n
}

// integrate2 is the mean of f over [x0, x0+w] × [y0, y0+w], by midpoints.
func integrate2(f func(x, y float64) float64, x0, y0, w float64) float64 {
	const n = 300
	var sum float64
	for i := range n {
		x := x0 + w*(float64(i)+0.5)/n
		for k := range n {
			sum += f(x, y0+w*(float64(k)+0.5)/n)
		}
	}
	return sum / (n * n)
}

func TestAutocorrelationIsThatOfTenMinuteMeans(t *testing.T) {
	for _, tau := range []float64{0.1, 0.3, 1, 6.5} {
		for _, lag := range noiseLags {
			want := integrate2(func(x, y float64) float64 { return math.Exp(-math.Abs(x-y) / tau) },
				0, float64(lag)*segmentHours, segmentHours)
			if got := autocorrelation(lag, tau); math.Abs(got-want) > 2e-4 {
				t.Errorf("tau %v, lag %d: %v, by integration %v", tau, lag, got, want)
			}
		}
	}
}

// The logarithm's mean over a window, given its present value, is normal; its
// moments are integrals of the Ornstein–Uhlenbeck process's.
func TestAWindowHasTheMomentsOfAnOrnsteinUhlenbeckMean(t *testing.T) {
	for _, x := range []struct{ w, mu, q, v, tau float64 }{
		{0.05, 0, 0.05, 0.2, 1}, {1, 0.4, 0.02, 0.2, 1}, {6, -0.3, 0.1, 0.1, 0.5}, {24, 0.5, 0.2, 0.5, 3},
	} {
		n := noise{V: x.v, Tau: x.tau}
		s2 := math.Log1p(x.v)
		m := -s2 / 2
		mean := integrate2(func(s, _ float64) float64 { return m + math.Exp(-s/x.tau)*(x.mu-m) }, 0, 0, x.w)
		variance := integrate2(func(s, u float64) float64 {
			kept := math.Exp(-(s + u) / x.tau)
			return s2*(math.Exp(-math.Abs(s-u)/x.tau)-kept) + x.q*kept
		}, 0, 0, x.w)
		gotMean, gotVariance := n.window(x.w, x.mu, x.q)
		if !near(gotMean, math.Exp(mean+variance/2), 1e-3) || !near(gotVariance, math.Expm1(variance), 1e-3) {
			t.Errorf("%+v: mean %v and variance %v, by integration %v and %v", x, gotMean, gotVariance, math.Exp(mean+variance/2), math.Expm1(variance))
		}
	}
}

// posterior is the mean and relative variance of a multiplier with a Gamma
// prior, after y events where e were expected, by integration.
func posterior(prior filter, y, e float64) (mean, variance float64) {
	a := 1 / math.Expm1(prior.Q)
	rate := a / prior.mean()
	var z, x1, x2 float64
	mode := (a + y) / (rate + e)
	for ln := -12.0; ln < 6; ln += 1e-3 { // over ln x, whose element brings one more x
		x := mode * math.Exp(ln)
		p := math.Exp((a+y)*(math.Log(x)-math.Log(mode)) - (rate+e)*(x-mode))
		z, x1, x2 = z+p, x1+p*x, x2+p*x*x
	}
	mean = x1 / z
	return mean, x2/z/(mean*mean) - 1
}

func TestObservingIsBayesWithAGammaPrior(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter{Mu: rapid.Float64Range(-1, 1).Draw(t, "mu"), Q: rapid.Float64Range(0.01, 0.8).Draw(t, "q")}
		e := rapid.Float64Range(0.01, 100).Draw(t, "e")
		y := math.Round(e * rapid.Float64Range(0, 4).Draw(t, "y/e"))
		mean, variance := posterior(f, y, e)
		got := f.observe(y, e)
		if !near(got.mean(), mean, 1e-3) || !near(math.Expm1(got.Q), variance, 1e-3) {
			t.Fatalf("mean %v and variance %v, by integration %v and %v", got.mean(), math.Expm1(got.Q), mean, variance)
		}
	})
}

func TestObservingTwiceIsObservingTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter{Mu: rapid.Float64Range(-1, 1).Draw(t, "mu"), Q: rapid.Float64Range(0.01, 0.8).Draw(t, "q")}
		y1, y2 := float64(rapid.IntRange(0, 90).Draw(t, "y1")), float64(rapid.IntRange(0, 90).Draw(t, "y2"))
		e1, e2 := rapid.Float64Range(0, 90).Draw(t, "e1"), rapid.Float64Range(0, 90).Draw(t, "e2")
		twice, once := f.observe(y1, e1).observe(y2, e2), f.observe(y1+y2, e1+e2)
		if !near(twice.Mu, once.Mu, 1e-9) || !near(twice.Q, once.Q, 1e-9) {
			t.Fatalf("%+v and %+v", twice, once)
		}
	})
}

func TestWithoutEvidenceTheBeliefDriftsBackToTheUnknown(t *testing.T) {
	n := noise{V: 0.3, Tau: 2}
	f := filter{Mu: 1, Q: 0.01}
	halves := n.forward(n.forward(f, 0.7), 0.7)
	whole := n.forward(f, 1.4)
	if !near(halves.Mu, whole.Mu, 1e-12) || !near(halves.Q, whole.Q, 1e-12) {
		t.Errorf("two steps give %+v, one gives %+v", halves, whole)
	}
	if long, never := n.forward(f, 1000), n.unknown(); !near(long.Mu, never.Mu, 1e-9) || !near(long.Q, never.Q, 1e-9) {
		t.Errorf("after long it is %+v, unknown is %+v", long, never)
	}
}

// wander is what fit learns from so many days of segments that expect each so
// many events, under a log-normal multiplier of standard deviation sd.
func wander(seed uint64, days int, each, sd, tau float64) noise {
	const steps = 10
	r := rand.New(rand.NewPCG(seed, 1))
	rho := math.Exp(-segmentHours / steps / tau)
	z := r.NormFloat64()
	n := newNoise()
	var recent []residual
	for segment := range days * 144 {
		var rate float64
		for range steps {
			z = rho*z + math.Sqrt(1-rho*rho)*r.NormFloat64()
			rate += each / steps * math.Exp(sd*z-sd*sd/2)
		}
		recent = append([]residual{{D: drawPoisson(r, rate) - each, E: each}}, recent[:min(len(recent), 24)]...)
		n.learn(recent, 0)
		if segment%144 == 143 {
			n.forget()
			n.fit()
		}
	}
	return n
}

func TestNoiseIsLearnedFromASimulatedRate(t *testing.T) {
	for _, x := range []struct {
		why      string
		each     float64
		sd, tau  float64
		lo, hi   float64 // of V
		tauRatio float64 // 0: the correlation time cannot be told
	}{
		{"a steady rate has next to none", 20, 0, 1, 0, 0.02, 0},
		{"an hour's drift of a busy service", 100, 0.3, 1, 0.08, 0.15, 1.6},
		{"the same of a small one", 10, 0.3, 1, 0.07, 0.2, 2.5},
		{"a short and strong one", 50, 0.5, 0.3, 0.22, 0.6, 1.8},
		{"a long one", 50, 0.4, 3, 0.1, 0.4, 2.5},
	} {
		for seed := range uint64(3) {
			n := wander(seed, 60, x.each, x.sd, x.tau)
			if n.V < x.lo || n.V > x.hi {
				t.Errorf("%s: V %v of %v", x.why, n.V, math.Expm1(x.sd*x.sd))
			}
			if r := n.Tau / x.tau; x.tauRatio > 0 && (r > x.tauRatio || r < 1/x.tauRatio) {
				t.Errorf("%s: tau %v of %v", x.why, n.Tau, x.tau)
			}
		}
	}
}

func TestAGapTeachesTheNoiseNothing(t *testing.T) {
	n := newNoise()
	n.learn(nil, 0)
	n.learn([]residual{{E: -1}, {D: 5, E: 10}}, 0)
	if n != newNoise() {
		t.Errorf("a masked segment taught %+v", n)
	}
	n.learn([]residual{{D: 5, E: 10}, {E: -1}}, 0)
	if n.Den[0] != 100 || n.Den[1] != 0 {
		t.Errorf("the segment after a gap taught %v", n.Den)
	}
}
