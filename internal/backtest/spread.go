package backtest

import (
	"math"
	"math/rand/v2"

	"github.com/outcry/outcry"
)

// slice is the step in which the judge's expectation moves, in ticks.
const slice = 60

// spread puts the events of a bin at ticks of it, independently and in
// proportion to the expectation, which is asked for once a slice.
func spread(b Bin, seed uint64, expect func(outcry.Tick) float64, into []uint32) []uint32 {
	n := int(b.To - b.From)
	into = append(into[:0], make([]uint32, n)...)
	if n == 1 {
		into[0] = uint32(b.N) //nolint:gosec // bounded by maxCount
		return into
	}
	rng := rand.New(rand.NewPCG(seed, uint64(b.From))) //nolint:gosec // no secret
	weights, all := weigh(b, expect)
	left := b.N
	for i, w := range weights {
		from := i * slice
		to := min(from+slice, n)
		here := binomial(rng, left, w/all)
		left, all = left-here, all-w
		scatter(rng, here, into[from:to])
	}
	return into
}

// weigh weighs the parts of a bin; where nothing is expected, all ticks alike.
func weigh(b Bin, expect func(outcry.Tick) float64) (weights []float64, all float64) {
	for t := b.From; t < b.To; t += slice {
		end := min(t+slice, b.To)
		w := max(expect(t+(end-t)/2), 1e-9) * float64(end-t)
		weights, all = append(weights, w), all+w
	}
	return weights, all
}

// scatter puts k events at ticks of equal odds.
func scatter(rng *rand.Rand, k uint64, into []uint32) {
	if k < uint64(4*len(into)) { //nolint:gosec // a length
		for range k {
			into[rng.IntN(len(into))]++
		}
		return
	}
	for i := range into {
		here := binomial(rng, k, 1/float64(len(into)-i))
		into[i] = uint32(here) //nolint:gosec // bounded by maxCount
		k -= here
	}
}

// few is the variance up to which a binomial count is drawn event by event, and
// beyond which it is as good as normal.
const few = 400

func binomial(rng *rand.Rand, n uint64, p float64) uint64 {
	switch {
	case n == 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	}
	mean := float64(n) * p
	if sd := math.Sqrt(mean * (1 - p)); mean > few && float64(n)-mean > few {
		return uint64(min(max(math.Round(mean+sd*rng.NormFloat64()), 0), float64(n)))
	}
	if mean <= few {
		return skips(rng, n, p)
	}
	return n - skips(rng, n, 1-p)
}

// skips draws a binomial count by the geometric gaps between successes.
func skips(rng *rand.Rand, n uint64, p float64) (k uint64) {
	log := math.Log1p(-p)
	for at := 0.0; ; k++ {
		at += math.Floor(math.Log1p(-rng.Float64())/log) + 1
		if at > float64(n) {
			return k
		}
	}
}
