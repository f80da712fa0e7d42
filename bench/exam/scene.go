package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// dice are random choices from wide priors.
type dice struct{ *rand.Rand }

// scale is log-uniform between the limits.
func (d *dice) scale(low, high float64) float64 {
	return low * math.Exp(d.Float64()*math.Log(high/low))
}

// uniform lies between the limits.
func (d *dice) uniform(low, high float64) float64 { return low + d.Float64()*(high-low) }

// minutes is log-uniform, in whole minutes.
func (d *dice) minutes(low, high float64) time.Duration {
	return time.Duration(math.Round(d.scale(low, high))) * time.Minute
}

func (d *dice) chance(p float64) bool { return d.Float64() < p }

func choose[T any](d *dice, from ...T) T { return from[d.IntN(len(from))] }

// some gives n of the names, in their order.
func (d *dice) some(of replay.Shares, n int) []string {
	var out []string
	in := d.Perm(len(of))[:min(n, len(of))]
	slices.Sort(in)
	for _, i := range in {
		out = append(out, of[i].Name)
	}
	return out
}

// Limits of a scene, so that one is played in seconds.
const (
	mostRecords  = 120000 // normal reports in all
	historyDays  = 28
	leastHistory = 14
	usualLeast   = 0.8  // reports an hour: 0.2 in 15 minutes
	usualMost    = 1200 // 300 in 15 minutes
	warmUp       = 3 * time.Hour
)

// newScene draws the quiet part: services, places, a day in some time zone.
func newScene(d *dice) *replay.Scenario {
	zone, err := time.LoadLocation(choose(d, "UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo"))
	if err != nil {
		zone = time.UTC
	}
	sc := &replay.Scenario{Zone: zone}
	sc.Start = time.Date(2025, time.Month(1+d.IntN(12)), 1+d.IntN(28), d.IntN(24), 0, 0, 0, zone)
	sc.End = sc.Start.Add(10 * time.Hour)
	names := []string{"mail", "chat", "checkout", "login", "maps", "video", "drive", "search", "voice", "push", "billing", "api"}
	d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	n := int(math.Round(d.scale(1, 12)))
	total := 0.0
	for _, id := range names[:n] {
		s := replay.Service{
			ID: id, Name: id + " One", PerHour: d.scale(usualLeast, usualMost/math.Sqrt(float64(n))), PeakHour: math.Floor(d.uniform(0, 24)),
			PeakRatio: d.scale(1, 8), Weekend: d.uniform(0.4, 1.5), Dispersion: d.uniform(0, 0.3),
		}
		total += s.PerHour
		sc.Services = append(sc.Services, s)
	}
	days := min(historyDays, max(leastHistory, mostRecords/(total*24)))
	for i := range sc.Services { // a scene that is still too large is made smaller
		sc.Services[i].PerHour *= min(1, mostRecords/(total*24*days))
	}
	sc.History = time.Duration(days) * 24 * time.Hour
	sc.Regions = places(d, "US-CA", "US-TX", "GB", "DE", "FR", "IN", "BR", "JP")
	sc.Carriers = places(d, "Verizon", "AT&T", "T-Mobile", "EE", "Telekom", "Jio", "Claro")
	return sc
}

// places draws two to seven names with uneven shares, and a rest.
func places(d *dice, names ...string) replay.Shares {
	d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	n := 2 + d.IntN(len(names)-2)
	left := d.uniform(0.6, 1)
	var out replay.Shares
	sum := 0.0
	for _, name := range names[:n] {
		p := d.scale(1, 5)
		out, sum = append(out, replay.Share{Name: name, Part: p}), sum+p
	}
	for i := range out {
		out[i].Part *= left / sum * 0.999
	}
	return out
}

// fault draws an outage of the services, `times` their usual rate (in its scope)
// while it lasts.
func fault(d *dice, sc *replay.Scenario, services []string, times float64, ramp, lasts time.Duration) *replay.Outage {
	o := replay.Outage{
		Onset: sc.Start.Add(warmUp + time.Duration(d.IntN(3600))*time.Second),
		Ramp:  ramp, Decay: d.minutes(2, 15), Symptoms: replay.Shares{{Name: choose(d, "not-working", "not-delivered", "no-connection", "payment-fails"), Part: 1}},
	}
	o.Resolved = o.Onset.Add(lasts)
	sc.End = latest(sc.End, o.Resolved.Add(2*time.Hour))
	for _, id := range services {
		o.Services = append(o.Services, replay.Share{Name: id, Part: 1 / float64(len(services)) * 0.999})
	}
	if d.chance(0.5) {
		o.Probes = d.uniform(0.3, 1)
	}
	sc.Outages = append(sc.Outages, o)
	last := &sc.Outages[len(sc.Outages)-1]
	resize(sc, last, times)
	return last
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// resize gives the outage as many reports as make its full rate `times` the usual of
// where it is; also after its scope was set.
func resize(sc *replay.Scenario, o *replay.Outage, times float64) {
	usual := 0.0
	for _, s := range sc.Services {
		if o.Services.Has(s.Name) || o.Services.Has(s.ID) {
			usual += rateAt(sc, &s, o.Onset) * portion(sc.Regions, o.Regions) * portion(sc.Carriers, o.Carriers)
		}
	}
	o.Reports = math.Max(1, (times-1)*usual*fullSeconds(o))
	if o.Posts == 0 && len(o.Regions)+len(o.Carriers) == 0 {
		o.Posts = math.Round(o.Reports)
	}
}

func portion(all replay.Shares, of []string) float64 {
	if len(of) == 0 {
		return 1
	}
	sum := 0.0
	for _, s := range all {
		if slices.Contains(of, s.Name) {
			sum += s.Part
		}
	}
	return sum
}

func ids(sc *replay.Scenario) []string {
	var out []string
	for _, s := range sc.Services {
		out = append(out, s.ID)
	}
	return out
}
