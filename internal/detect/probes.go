package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// vantage is one place from which one service is probed.
type vantage struct {
	ID, Region, Carrier string
	Fails, Runs         float64     // so far
	Own, Of             float64     // its own false failures, learned while quiet, decayed
	LastBad             outcry.Tick // the newest tick with a failure …
	LastGood            outcry.Tick // … and with a pass
	Seen                outcry.Tick
}

const (
	falsePrior    = 0.004 // a check that fails on a good day
	falseRuns     = 500.0 // as if so many runs had shown it
	falseFloor    = 0.001
	vantageCap    = 8.5  // nats: a vantage by itself may be at fault
	vantageCapOne = 25.0 // it passes other services, or is the only one: believed more
	vantageFresh  = 18   // ticks for which a result stands
)

// pFalse is the chance that a run fails though all is well.
func (v *vantage) pFalse() float64 {
	return max((v.Own+falsePrior*falseRuns)/(v.Of+falseRuns), falseFloor)
}

// learn takes a quiet day's runs.
func (v *vantage) learn(fails, runs float64) {
	v.Own = v.Own*0.9995 + fails
	v.Of = v.Of*0.9995 + runs
}

// failing reports whether the newest results are failures.
func (v *vantage) failing(now outcry.Tick) bool {
	return v.LastBad > 0 && now-v.LastBad < vantageFresh && v.LastBad > v.LastGood
}

// passing reports whether the newest results are passes.
func (v *vantage) passing(now outcry.Tick) bool {
	return v.LastGood > 0 && now-v.LastGood < vantageFresh && v.LastGood > v.LastBad
}

// failShares is the grid of the share of runs that fail in an outage.
func failShares() [3]float64 { return [3]float64{0.95, 0.6, 0.25} }

// probeLLR is the Bernoulli log-likelihood ratio of f failures in n runs at one
// vantage, averaged over the grid, and capped.
func probeLLR(f, n, p0, limit float64) float64 {
	if n == 0 {
		return 0
	}
	sum := math.Inf(-1)
	for _, q := range failShares() {
		sum = logAdd(sum, f*math.Log(q/p0)+(n-f)*math.Log((1-q)/(1-p0)))
	}
	l := sum - math.Log(3)
	// with chance e^−limit the vantage is broken by itself, and fails as if in
	// an outage: the ratio against that null saturates at the limit
	return l - logAdd(0, l-limit)
}
