package replay

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// poisson draws how many come when so many are expected.
func poisson(rng *rand.Rand, mean float64) int {
	if mean <= 0 {
		return 0
	}
	return int(distuv.Poisson{Lambda: mean, Src: rng}.Rand())
}

// pick draws a name by its share; what the shares leave is the rest's.
func pick(rng *rand.Rand, shares Shares, rest string) string {
	x := rng.Float64()
	for _, s := range shares {
		if x -= s.Part; x < 0 {
			return s.Name
		}
	}
	return rest
}

func choice(rng *rand.Rand, of []string) string { return of[rng.IntN(len(of))] }

// other is who and where no share names.
const other = "other"

// spread draws n instants, uniform over a span, one after the other in order
// of time and without holding them: the first of n uniform numbers lies at
// 1 − U^(1/n) of the way, and the rest are uniform beyond it.
type spread struct {
	rng  *rand.Rand
	left int
	t    float64 // the latest drawn
	end  float64
}

func newSpread(rng *rand.Rand, n int, s span) *spread {
	out := &spread{rng: rng, left: n, t: s.from, end: s.to}
	out.advance()
	return out
}

func (s *spread) advance() {
	if s.left > 0 {
		s.t += (s.end - s.t) * (1 - math.Pow(s.rng.Float64(), 1/float64(s.left)))
	}
}

// next gives the next instant, if it lies before the limit.
func (s *spread) next(limit float64) (t float64, ok bool) {
	if s.left == 0 || s.t >= limit {
		return 0, false
	}
	t = s.t
	s.left--
	s.advance()
	return t, true
}
