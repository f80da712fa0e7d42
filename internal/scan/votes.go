package scan

import "math"

// ballot is every cell's vote for every strength.
type ballot [][]float64

// strengths are the θ that a fault may have: what lies between two of them
// loses at most a few hundredths of its evidence.
func strengths() []float64 {
	return []float64{1.4, 2, 3, 4.5, 7, 11, 18, 30, 60, 120, 300}
}

func (q *cube) votes() ballot {
	b := make(ballot, 0, len(strengths()))
	for _, theta := range strengths() {
		votes := make([]float64, len(q.cells))
		for i, c := range q.cells {
			votes[i] = vote(c, theta)
		}
		b = append(b, votes)
	}
	return b
}

// vote is the log-likelihood ratio of a cell's count under θ times its
// expectation against the expectation: negative binomial with variance
// m + αm², or Poisson where α is nil.
func vote(c Cell, theta float64) float64 {
	e := max(c.Expect, leastExpect)
	if c.Spread*theta*e < 1e-9 {
		return c.Count*math.Log(theta) - e*(theta-1)
	}
	return c.Count*math.Log(theta) - (c.Count+1/c.Spread)*(math.Log1p(c.Spread*theta*e)-math.Log1p(c.Spread*e))
}

// evidence is F of the cells for which in says so: never less than nothing.
func (b ballot) evidence(in func(cell int) bool) float64 {
	var most float64
	for _, votes := range b {
		var sum float64
		for i, v := range votes {
			if in(i) {
				sum += v
			}
		}
		most = max(most, sum)
	}
	return most
}
