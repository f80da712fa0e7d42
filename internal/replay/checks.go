package replay

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/outcry/outcry"
)

// The checks of a scenario.
const (
	vantages      = 3
	checkEvery    = 30.0  // seconds
	checkTimeout  = 10000 // milliseconds
	failsAnyway   = 0.002 // share of runs on a good day
	latencyMedian = 4.5   // of the logarithm of milliseconds
	latencySpread = 0.4
)

// check is the runs of one service's check from one vantage.
type check struct {
	rng     *rand.Rand
	service string
	vantage string
	region  string
	t, end  float64
	faults  []fault
	blind   []span // when the vantage has no network
}

// fault is an outage as checks see it.
type fault struct {
	surge surge
	fails float64
}

func checks(sc *Scenario, random func(string) *rand.Rand) []source {
	var faults []fault
	for i := range sc.Outages {
		o := &sc.Outages[i]
		faults = append(faults, fault{surge{o: o, shape: shapeOf(o)}, o.Probes})
	}
	from := max(seconds(sc.Begin()), seconds(sc.Start)-lead)
	var out []source
	for si, s := range sc.Services {
		for vi, region := range places(sc) {
			c := &check{
				rng:     random("check/" + s.ID + "/" + strconv.Itoa(vi)),
				service: s.ID,
				vantage: "v" + strconv.Itoa(vi+1),
				region:  region,
				t:       from + math.Mod(float64(si*7+vi*10), checkEvery),
				end:     seconds(sc.End),
				faults:  faults,
			}
			if vi == 0 {
				c.blind = noiseSpans(sc, VantageOffline)
			}
			out = append(out, c)
		}
	}
	return out
}

// places are the vantages' regions: the first of the scenario's.
func places(sc *Scenario) []string {
	var out []string
	for _, r := range sc.Regions {
		out = append(out, r.Name)
	}
	return append(out, other, other, other)[:vantages]
}

func (c *check) fill(to float64, emit func(float64, Record)) {
	for ; c.t < min(to, c.end); c.t += checkEvery {
		r := Record{Kind: outcry.KindProbe, Service: c.service, Vantage: c.vantage, Region: c.region}
		if c.rng.Float64() < c.fails(c.t) {
			r.Reason, r.MS = "timeout", checkTimeout
		} else {
			r.OK, r.MS = true, int(math.Round(math.Exp(latencyMedian+latencySpread*c.rng.NormFloat64())))
		}
		emit(c.t+float64(r.MS)/1000, r)
	}
}

// fails is the chance that a run at t fails.
func (c *check) fails(t float64) float64 {
	if within(c.blind, t) {
		return 1
	}
	p := failsAnyway
	for _, f := range c.faults {
		if f.surge.reaches(c.service, c.region, t) {
			p = max(p, f.fails)
		}
	}
	return p
}

// official is the vendor's own words, and the collector's about itself.
type official struct{ list []dated }

func announcements(sc *Scenario) source {
	o := &official{}
	for _, b := range sc.Official {
		for _, s := range b.Services {
			o.list = append(o.list, dated{seconds(b.At), Record{Kind: outcry.KindBulletin, Service: s, Status: b.Status}})
		}
	}
	return o
}

func (o *official) fill(to float64, emit func(float64, Record)) {
	later := o.list[:0]
	for _, d := range o.list {
		if d.t < to {
			emit(d.t, d.r)
		} else {
			later = append(later, d)
		}
	}
	o.list = later
}
