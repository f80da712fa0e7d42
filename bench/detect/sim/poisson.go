package sim

import (
	"math"
	"math/rand/v2"
)

// many is the mean from which a Poisson count is drawn as a rounded normal: its
// skewness is then under a tenth, and no detector is near its threshold there.
const many = 120

// poisson draws a count of mean m whose e^(−m) is given, by inversion.
func poisson(r *rand.Rand, m, expm float64) int {
	if m > many {
		return max(0, int(math.Round(m+math.Sqrt(m)*r.NormFloat64())))
	}
	u, p, n := r.Float64(), expm, 0
	for u > p && n < 4*many {
		u -= p
		n++
		p *= m / float64(n)
	}
	return n
}
