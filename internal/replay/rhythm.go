package replay

import (
	"math"
	"math/rand/v2"
	"time"
)

// rhythm is a service's normal reports. The day is exp(a cos), with its top at
// the peak hour local time and the top to the bottom as the peak ratio says,
// scaled to mean 1. The slow multiplier is log-normal of mean 1, first-order
// autoregressive with one hour's correlation time.
type rhythm struct {
	spec   *Service
	zone   *time.Location
	rng    *rand.Rand
	people *people
	sc     *Scenario

	t     float64 // the next minute
	end   float64
	a     float64 // half the logarithm of the peak ratio
	mean  float64 // of the day's curve
	sigma float64 // of the multiplier's logarithm
	rho   float64 // from one minute to the next
	z     float64 // the multiplier's state, standard normal
}

func newRhythm(sc *Scenario, spec *Service, rng *rand.Rand, p *people) *rhythm {
	r := &rhythm{
		spec: spec, zone: sc.Zone, rng: rng, people: p, sc: sc,
		t: seconds(sc.Begin()), end: seconds(sc.End),
		a:     math.Log(spec.PeakRatio) / 2,
		sigma: math.Sqrt(math.Log(1 + spec.Dispersion)),
		rho:   math.Exp(-step / 3600),
		z:     rng.NormFloat64(),
	}
	for h := range 24 {
		r.mean += math.Exp(r.a*math.Cos(2*math.Pi*float64(h)/24)) / 24
	}
	return r
}

// rate is the reports expected per second at t; it moves the multiplier on by
// a minute.
func (r *rhythm) rate(t float64) float64 {
	r.z = r.rho*r.z + math.Sqrt(1-r.rho*r.rho)*r.rng.NormFloat64()
	local := time.Unix(int64(t), 0).In(r.zone)
	hour := float64(local.Hour()) + float64(local.Minute())/60
	day := math.Exp(r.a*math.Cos(2*math.Pi*(hour-r.spec.PeakHour)/24)) / r.mean
	week := 1.0
	if wd := local.Weekday(); wd == time.Saturday || wd == time.Sunday {
		week = r.spec.Weekend
	}
	return r.spec.PerHour / 3600 * day * week * math.Exp(r.sigma*r.z-r.sigma*r.sigma/2)
}

// ordinary are the symptoms of an ordinary day.
var ordinary = [...]string{"not-working", "slow", "sign-in"}

func (r *rhythm) fill(to float64, emit func(float64, Record)) {
	for ; r.t < min(to, r.end); r.t += step {
		for range poisson(r.rng, r.rate(r.t)*step) {
			t := r.t + r.rng.Float64()*step
			r.people.report(r.rng, t, Record{
				Service: r.spec.ID,
				Symptom: ordinary[r.rng.IntN(len(ordinary))],
				Region:  pick(r.rng, r.sc.Regions, other),
				Carrier: pick(r.rng, r.sc.Carriers, other),
			}, emit)
		}
	}
}
