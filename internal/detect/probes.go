package detect

import (
	"math"
	"slices"

	"github.com/outcry/outcry"
)

// vantage is one place from which one service is probed.
type vantage struct {
	ID, Region, Carrier string
	Fails, Runs         float64     // so far
	Own, Of             float64     // its own false failures, learned while quiet, decayed
	LastBad             outcry.Tick // the newest tick with a failure …
	LastGood            outcry.Tick // … and with a pass
	BadSince            outcry.Tick // since when it fails without a pass between; 0: it does not
	Seen                outcry.Tick
	Cut                 bool // it was cut off, and what it said meanwhile is not excused yet
}

const (
	falsePrior    = 0.004 // a check that fails on a good day
	falseRuns     = 500.0 // as if so many runs had shown it
	falseFloor    = 0.001
	vantageCap    = 8.5  // nats: a vantage by itself may be at fault
	vantageCapOne = 25.0 // it passes other services, or is the only one: believed more
	vantageLone   = 2.0  // all that it watches is one service, which others pass: it is more likely broken than not
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

// note takes the results of one tick.
func (v *vantage) note(t outcry.Tick, fails, runs float64) {
	if fails > 0 {
		v.LastBad = t
	}
	switch {
	case fails < runs:
		v.LastGood, v.BadSince = t, 0
	case v.BadSince == 0:
		v.BadSince = t
	}
}

// contradicts reports whether a vantage's passes speak against another's
// failures: it has passed the service since those began. A pass from before is
// of a time when the service may well have been up for both.
func (v *vantage) contradicts(o *vantage, now outcry.Tick) bool {
	return v.passing(now) && v.LastGood >= o.BadSince
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

// fewReports is the evidence of reports, in nats, below which it is the checks
// that say where a fault reaches.
const fewReports = 3.0

// seenFrom confines a fault to the carriers and regions of the vantages that
// have seen it since then, when those of others have passed all the time.
func (s *service) seenFrom(a *outcry.Affected, since, now outcry.Tick) {
	a.Carriers = s.only(since, now, func(v *vantage) string { return v.Carrier })
	a.Regions = s.only(since, now, func(v *vantage) string { return v.Region })
}

// only lists the values of the vantages that fail: none unless each of them has
// one, and others, of other values, pass.
func (s *service) only(since, now outcry.Tick, of func(*vantage) string) []string {
	fail, pass := map[string]bool{}, map[string]bool{}
	for i := range s.Vantages {
		switch v := &s.Vantages[i]; {
		case v.LastBad >= since && v.LastBad > 0:
			fail[of(v)] = true
		case v.passing(now):
			pass[of(v)] = true
		}
	}
	out := []string{}
	delete(pass, "") // where it stands is not known: it says nothing of where the fault is not
	if len(pass) == 0 || fail[""] {
		return out
	}
	for value := range fail {
		if pass[value] {
			return []string{}
		}
		out = append(out, value)
	}
	slices.Sort(out)
	return out
}
