package backtest

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// No event is lost or made, whatever the bin, the expectation and the seed.
func TestSpreadKeepsTheCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := outcry.Tick(rapid.Int64Range(0, 1e9).Draw(t, "from"))
		b := Bin{From: from, To: from + outcry.Tick(rapid.IntRange(1, 8640).Draw(t, "ticks")), N: rapid.Uint64Range(0, maxCount).Draw(t, "events")}
		low := rapid.Float64Range(0, 10).Draw(t, "rate")
		counts := spread(b, rapid.Uint64().Draw(t, "seed"), func(at outcry.Tick) float64 { return low + float64(at%7) }, nil)
		sum := uint64(0)
		for _, n := range counts {
			sum += uint64(n)
		}
		if sum != b.N || len(counts) != int(b.To-b.From) {
			t.Fatalf("%d events in %d ticks, want %d in %d", sum, len(counts), b.N, b.To-b.From)
		}
	})
}

// Over many bins the ticks get what is expected of them, with the variance that
// a Poisson process has: shares of the bin would have none.
func TestSpreadIsPoisson(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const bins, ticks, mean = 4000, 120, 60.0 // the second half expects three times the first
	var sums, squares [2]float64
	var counts []uint32
	for i := range bins {
		n := uint64(math.Round(mean + math.Sqrt(mean)*rng.NormFloat64()))
		from := outcry.Tick(i * ticks)
		counts = spread(Bin{From: from, To: from + ticks, N: n}, 1, func(t outcry.Tick) float64 { return 1 + 2*float64((t-from)/60) }, counts)
		for h := range 2 {
			x := float64(counts[60*h+7])
			sums[h] += x / bins
			squares[h] += x * x / bins
		}
	}
	for h, want := range []float64{mean / 4 / 60, mean * 3 / 4 / 60} {
		variance := squares[h] - sums[h]*sums[h]
		if math.Abs(sums[h]/want-1) > 0.12 || math.Abs(variance/want-1) > 0.2 {
			t.Errorf("half %d: mean %.3f, variance %.3f, want %.3f of both", h, sums[h], variance, want)
		}
	}
}

func TestBinomial(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cases := []struct {
		says string
		n    uint64
		p    float64
	}{
		{"a few", 20, 0.3}, {"nearly all of them", 500, 0.99}, {"one in many", 1_000_000, 1e-5}, {"as good as normal", 100_000, 0.4},
	}
	for _, c := range cases {
		const draws = 4000
		var sum, sq float64
		for range draws {
			x := float64(binomial(rng, c.n, c.p))
			sum, sq = sum+x, sq+x*x
		}
		mean, want := sum/draws, float64(c.n)*c.p
		variance := sq/draws - mean*mean
		if sd := math.Sqrt(want * (1 - c.p)); math.Abs(mean-want) > 5*sd/math.Sqrt(draws) || math.Abs(variance/(sd*sd)-1) > 0.15 {
			t.Errorf("%s: mean %.3f, variance %.3f; want %.3f, %.3f", c.says, mean, variance, want, sd*sd)
		}
	}
}
