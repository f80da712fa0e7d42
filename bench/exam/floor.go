package main

import (
	"math"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// rateAt is a service's usual reports in a second, its slow wandering left out.
func rateAt(sc *replay.Scenario, s *replay.Service, t time.Time) float64 {
	a := math.Log(max(s.PeakRatio, 1)) / 2
	mean := 0.0
	for h := range 24 {
		mean += math.Exp(a*math.Cos(2*math.Pi*float64(h)/24)) / 24
	}
	t = t.In(sc.Zone)
	hour := float64(t.Hour()) + float64(t.Minute())/60
	rate := s.PerHour / 3600 * math.Exp(a*math.Cos(2*math.Pi*(hour-s.PeakHour)/24)) / mean
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		rate *= s.Weekend
	}
	return rate
}

// course is an outage's extra rate at t, as a part of the full one.
func course(o *replay.Outage, t time.Time) float64 {
	since := t.Sub(o.Onset).Seconds()
	if since < 0 {
		return 0
	}
	v := min(1, since/max(o.Ramp.Seconds(), 1))
	if t.After(o.Resolved) {
		return v * math.Pow(10, -t.Sub(o.Resolved).Seconds()/max(o.Decay.Seconds(), 1))
	}
	if o.Flap != nil && math.Mod(since, o.Flap.Period.Seconds()) > o.Flap.Duty*o.Flap.Period.Seconds() {
		return 0
	}
	return v
}

// tick is the judge's.
const tick = 10 * time.Second

// fullSeconds is the area of an outage's course.
func fullSeconds(o *replay.Outage) (sum float64) {
	for t := o.Onset; t.Before(o.Resolved.Add(8 * o.Decay)); t = t.Add(tick) {
		sum += course(o, t) * tick.Seconds()
	}
	return max(sum, 1)
}

// yearly is the evidence, in nats, that a test asks for which errs once a year.
const yearly = 14.96

// checkFails is how often a check fails on a good day.
const checkFails = 0.002

// floor is what could be known of an outage.
type floor struct {
	delay time.Duration // until the evidence suffices; 0: it never does
	most  float64       // the evidence at its highest, in nats
}

// floorOf works out when a test that knows where, since when and how much more
// would have evidence enough, if counts came as expected: of reports the ratio of negative binomials whose
// variance is that of the service's own wandering, and of checks that of Bernoulli trials. Nobody
// knows these three things; the judge pays for finding them out.
func floorOf(sc *replay.Scenario, o *replay.Outage) floor {
	var f floor
	for i := range sc.Services {
		s := &sc.Services[i]
		if !o.Services.Has(s.ID) || contains(o.Collateral, s.ID) {
			continue
		}
		one := floorIn(sc, o, s)
		f.most = max(f.most, one.most)
		if one.delay > 0 && (f.delay == 0 || one.delay < f.delay) {
			f.delay = one.delay
		}
	}
	return f
}

func floorIn(sc *replay.Scenario, o *replay.Outage, s *replay.Service) (f floor) {
	total, share := 0.0, 0.0
	for _, e := range o.Services {
		if total += e.Part; e.Name == s.ID {
			share = e.Part
		}
	}
	full := o.Reports * share / total / fullSeconds(o)
	within := portion(sc.Regions, o.Regions) * portion(sc.Carriers, o.Carriers)
	usual, extra, checks := 0.0, 0.0, 0.0
	for t := o.Onset; t.Before(o.Resolved) && t.Before(sc.End); t = t.Add(tick) {
		if gone(sc, t) {
			continue
		}
		usual += rateAt(sc, s, t) * within * tick.Seconds()
		extra += full * course(o, t) * tick.Seconds()
		if course(o, t) > 0 {
			checks += seeing(sc, o) * tick.Seconds() / 30 * checkNats(o.Probes)
		}
		nats := blockNats(usual+extra, usual, s.Dispersion*averaged(t.Add(tick).Sub(o.Onset))) + checks
		f.most = max(f.most, nats)
		if nats >= yearly && f.delay == 0 {
			f.delay = t.Add(tick).Sub(o.Onset)
		}
	}
	return f
}

// averaged is what is left of the variance of a service's wandering, which has an
// hour's correlation, in its mean over a window.
func averaged(window time.Duration) float64 {
	x := window.Hours()
	return 2 / (x * x) * (x - 1 + math.Exp(-x))
}

// blockNats is ln Λ of c where b are usual, at the best rate, with a relative
// variance v of the usual.
func blockNats(c, b, v float64) float64 {
	if c <= b || b <= 0 {
		return 0
	}
	if v < 1e-6 {
		return c*math.Log(c/b) - (c - b)
	}
	a := 1 / v
	return c*math.Log(c/b) - (c+a)*math.Log((a+c)/(a+b))
}

func checkNats(q float64) float64 {
	if q <= checkFails {
		return 0
	}
	n := q * math.Log(q/checkFails)
	if q < 1 {
		n += (1 - q) * math.Log((1-q)/(1-checkFails))
	}
	return n
}

// seeing is how many of the three vantages are where the outage is.
func seeing(sc *replay.Scenario, o *replay.Outage) float64 {
	if len(o.Carriers) > 0 {
		return 0
	}
	if len(o.Regions) == 0 {
		return 3
	}
	n := 0.0
	for i, r := range sc.Regions {
		if i < 3 && contains(o.Regions, r.Name) {
			n++
		}
	}
	return n
}

func gone(sc *replay.Scenario, t time.Time) bool {
	for _, n := range sc.Noise {
		if n.Kind == replay.Gap && !t.Before(n.At) && t.Before(n.At.Add(n.Lasts)) {
			return true
		}
	}
	return false
}
