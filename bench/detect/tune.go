package main

import (
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// peaks are a statistic's hourly maxima over a null: from them the incidents at
// any threshold follow. An incident is a run of hours that exceed it.
type peaks []float32

func (p peaks) incidents(threshold float32) int {
	n, over := 0, false
	for _, x := range p {
		if x > threshold && !over {
			n++
		}
		over = x > threshold
	}
	return n
}

// threshold is the least at which there are at most so many incidents, by
// bisection over the values that occurred.
func (p peaks) threshold(most int) float32 {
	values := slices.Clone(p)
	slices.Sort(values)
	values = slices.Compact(values)
	// the upper half suffices: an incident needs an hour under the threshold
	lo, hi := len(values)/2, len(values)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if p.incidents(values[mid]) <= most {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return values[lo]
}

// poissonInterval is the exact (Garwood) 95% interval of a Poisson mean of
// which n were counted.
func poissonInterval(n int) (lo, hi float64) {
	const tail = 0.025
	if n > 0 {
		lo = mathext.GammaIncRegInv(float64(n), tail)
	}
	return lo, mathext.GammaIncRegInv(float64(n+1), 1-tail)
}
