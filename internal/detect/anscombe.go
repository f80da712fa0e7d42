package detect

import "math"

// anscombe is the residual of a count that is near normal for Poisson data
// (Anscombe 1953), scaled for a variance that is larger than the mean.
func anscombe(y, mean, variance float64) float64 {
	if mean <= 0 {
		return 0
	}
	phi := variance / mean
	return 1.5 * (math.Pow(y, 2.0/3) - math.Pow(mean, 2.0/3)) / (math.Pow(mean, 1.0/6) * math.Sqrt(phi))
}
