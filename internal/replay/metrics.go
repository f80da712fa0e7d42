package replay

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/outcry/outcry"
)

// metricLead is how long before a scenario's start metrics are read, in seconds:
// the judge listens to one that it has known for two days.
const metricLead = 7 * 86400

// gauge is the readings of one metric. Events come at the usual rate times the
// slow multiplier of [rhythm], each of some errors: one broken client repeats its
// request.
type gauge struct {
	rng    *rand.Rand
	spec   *Metric
	surges []surge

	t, end, every float64
	sigma, rho, z float64 // of the multiplier, as a rhythm's, from one reading to the next
}

func gauges(sc *Scenario, random func(string) *rand.Rand) []source {
	var surges []surge
	for i := range sc.Outages {
		surges = append(surges, surge{o: &sc.Outages[i], shape: shapeOf(&sc.Outages[i])})
	}
	var out []source
	for i := range sc.Metrics {
		m := &sc.Metrics[i]
		g := &gauge{
			rng: random("metric/" + m.Name), spec: m, surges: surges,
			t: max(seconds(sc.Begin()), seconds(sc.Start)-metricLead), end: seconds(sc.End), every: m.Every.Seconds(),
			sigma: math.Sqrt(math.Log(1 + m.Dispersion)),
		}
		g.rho, g.z = math.Exp(-g.every/time.Hour.Seconds()), g.rng.NormFloat64()
		g.t += g.every * g.rng.Float64()
		out = append(out, g)
	}
	return out
}

func (g *gauge) fill(to float64, emit func(float64, Record)) {
	for ; g.t < min(to, g.end); g.t += g.every {
		emit(g.t, Record{Kind: outcry.KindMetric, Service: g.spec.Service, Metric: g.spec.Name, Count: g.read()})
	}
}

// read draws the errors of the interval that ends now, and moves the multiplier.
func (g *gauge) read() (errors int) {
	g.z = g.rho*g.z + math.Sqrt(1-g.rho*g.rho)*g.rng.NormFloat64()
	usual := g.spec.PerMinute * g.every / 60 * math.Exp(g.sigma*g.z-g.sigma*g.sigma/2)
	for range poisson(g.rng, usual*g.times(g.t-g.every/2)/g.spec.Burst) {
		errors += g.event()
	}
	return errors
}

// event is how many errors one has: at least one.
func (g *gauge) event() int {
	if g.spec.Burst <= 1 {
		return 1
	}
	return 1 + int(math.Log(1-g.rng.Float64())/math.Log1p(-1/g.spec.Burst))
}

// times is the rate at t over the usual.
func (g *gauge) times(t float64) float64 {
	most := 1.0
	for i := range g.surges {
		if s := &g.surges[i]; s.reaches(g.spec.Service, "", t) {
			most = max(most, 1+(g.spec.Fault-1)*s.shape.at(t))
		}
	}
	return most
}
