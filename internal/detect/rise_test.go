package detect

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The likelihood of a rise, from its tables, is that of the definition: the sum
// over the ticks that were watched, of the best length.
func TestARiseIsFittedAsDefined(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(r, "ticks")
		xs, es := make([]float64, n), make([]float64, n)
		var c, b float64
		for i := range xs {
			if rapid.IntRange(0, 9).Draw(r, "gap") > 0 {
				xs[i], es[i] = float64(rapid.IntRange(0, 5).Draw(r, "reports")), 0.3
			}
			c, b = c+xs[i], b+es[i]
		}
		best := math.Inf(-1)
		for _, length := range ramps() {
			share := func(i int) float64 { return min(1, (float64(i)+0.5)/length) }
			var area, l float64
			for i, e := range es {
				if e > 0 {
					area += share(i)
				}
			}
			g := 0.0
			if c > b && area > 0 {
				g = (c - b) / area
			}
			for i, e := range es {
				if rate := e + g*share(i); e > 0 {
					l += xs[i]*math.Log(rate) - rate
				}
			}
			best = max(best, l)
		}
		if got := rampLikelihood(xs, es, rises(n+3)); math.Abs(got-best) > 1e-9*(1+math.Abs(best)) {
			r.Fatalf("%v, not %v", got, best)
		}
	})
}
