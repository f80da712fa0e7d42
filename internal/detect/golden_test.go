package detect

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// The stored vectors of R's dnbinom and dpois; testdata/golden.R made them.
func TestBlockRatioAgreesWithR(t *testing.T) {
	f, err := os.Open("testdata/golden.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 600 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for i, row := range rows[1:] {
		var v [5]float64
		for k, text := range row {
			if v[k], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		got := blockLLR(v[0], v[1], v[2], v[3], math.Log(v[3]))
		if math.Abs(got-v[4]) > 1e-7*(1+math.Abs(v[4])) {
			t.Errorf("row %d: c=%g b=%g a=%g θ=%g: %.12g, by R %.12g", i+1, v[0], v[1], v[2], v[3], got, v[4])
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Under the null the sum over all starting points grows by one a tick in the
// mean, whether the rate is known or all ticks share a multiplier that is not:
// R − t is without drift, so that an alarm at R ≥ A comes at most once in A
// ticks. The rates of the grid are few and low here, and so is what is expected:
// a likelihood ratio's variance is exponential in both.
func TestTheStatisticHasNoDriftUnderTheNull(t *testing.T) {
	const ticks, paths, rate = 20, 60_000, 0.05
	g := thetaGrid{theta: []float64{1.4, 2, 3}, lnWeight: -math.Log(3)}
	for _, theta := range g.theta {
		g.ln = append(g.ln, math.Log(theta))
	}
	for _, x := range []struct {
		says string
		a    float64
	}{{"a rate that is known", math.Inf(1)}, {"a multiplier that is not", 5}} {
		r := rand.New(rand.NewPCG(31, 7))
		var sum [ticks + 1]float64
		for range paths {
			g.path(r, rate, x.a, sum[:])
		}
		for _, at := range []int{1, 5, 10, ticks} {
			if mean := sum[at] / paths; math.Abs(mean-float64(at)) > 0.06*float64(at) {
				t.Errorf("%s: after %d ticks the statistic is %.3f in the mean", x.says, at, mean)
			}
		}
	}
}

// path adds the statistic after every tick of one simulated null to sum.
func (g thetaGrid) path(r *rand.Rand, rate, a float64, sum []float64) {
	m := 1.0
	if !math.IsInf(a, 1) {
		m = drawGamma(r, int(a)) / a
	}
	var since []float64 // count since each start
	for at := 1; at < len(sum); at++ {
		x := drawPoisson(r, rate*m)
		since = append(since, 0)
		for k := range since {
			since[k] += x
			sum[at] += math.Exp(g.mixture(since[k], rate*float64(len(since)-k), a))
		}
	}
}

// drawGamma draws a Gamma of a whole shape and scale one.
func drawGamma(r *rand.Rand, shape int) (x float64) {
	for range shape {
		x += r.ExpFloat64()
	}
	return x
}
