package peers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/peers"
)

// FOCuS is exact: it equals the likelihood ratio over every window.
func TestFOCuSEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.SampledFrom([]float64{1, 1.4, 2}).Draw(t, "θmin")
		kappa := rapid.Float64Range(0.5, 3).Draw(t, "κ")
		es := rapid.SliceOfN(rapid.Float64Range(0.001, 4), 1, 80).Draw(t, "expected")
		f := peers.NewFOCuS(kappa, least)
		xs := make([]int, len(es))
		gap := 0
		for i := range es {
			if i > 0 && gap > 0 {
				es[i] = es[i-1] // a run of empty ticks has one expectation
			}
			xs[i] = rapid.IntRange(0, 6).Draw(t, "count")
			if xs[i] == 0 {
				gap++
				continue
			}
			got, _ := f.Take(outcry.Tick(i), gap, xs[i], es[i])
			gap = 0
			if want := brute(xs[:i+1], es[:i+1], kappa, least); math.Abs(got-want) > 1e-9*(1+want) {
				t.Fatalf("after tick %d FOCuS is %.12f, every window gives %.12f", i, got, want)
			}
		}
	})
}

func brute(xs []int, es []float64, kappa, least float64) float64 {
	var best, c, b float64
	for k := len(xs) - 1; k >= 0; k-- {
		c += float64(xs[k])
		b += kappa * es[k]
		theta := max(c/b, least)
		best = max(best, c*math.Log(theta)-b*(theta-1))
	}
	return best
}

// A run of empty ticks in one step is the same as one by one.
func TestSREmptyRunIsClosedForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kappa := rapid.Float64Range(1, 3).Draw(t, "κ")
		at, by := peers.NewSR(kappa, peers.Thetas()), peers.NewSR(kappa, peers.Thetas())
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			e := rapid.Float64Range(1e-6, 3).Draw(t, "expected")
			n := rapid.IntRange(0, 500).Draw(t, "empty ticks")
			x := rapid.IntRange(1, 9).Draw(t, "count")
			at.Expect(e)
			by.Expect(e)
			at.Empty(n)
			for range n {
				by.Empty(1)
			}
			at.Count(x)
			by.Count(x)
			if a, b := at.Sum(), by.Sum(); math.Abs(a-b) > 1e-9*(1+b) {
				t.Fatalf("ΣR is %g in one step and %g in %d", a, b, n)
			}
		}
	})
}

// Under the null ΣR_t − t is a martingale from zero: its mean stays zero. The
// grid is short of large θ, whose ratios have means that no sample shows.
func TestSRIsAMartingale(t *testing.T) {
	const ticks, runs = 40, 60000
	r := rand.New(rand.NewPCG(3, 5))
	for _, e := range []float64{0.05, 0.4} {
		var sum, sq float64
		for range runs {
			s := peers.NewSR(1, []float64{1.2, 1.4, 1.8})
			s.Expect(e)
			for range ticks {
				if x := poisson(r, e); x > 0 {
					s.Count(x)
				} else {
					s.Empty(1)
				}
			}
			d := s.Sum() - ticks
			sum += d
			sq += d * d
		}
		mean := sum / runs
		se := math.Sqrt((sq/runs - mean*mean) / runs)
		if math.Abs(mean) > 4*se {
			t.Errorf("at %g a tick ΣR − t has mean %.3f ± %.3f after %d ticks, not zero", e, mean, se, ticks)
		}
	}
}

func poisson(r *rand.Rand, m float64) int {
	n, p, l := 0, r.Float64(), math.Exp(-m)
	for p > l {
		n++
		p *= r.Float64()
	}
	return n
}
