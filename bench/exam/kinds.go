package main

import (
	"slices"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

// kind is a way to make a scene hard.
type kind struct {
	name string
	make func(*dice, *replay.Scenario)
}

func kinds() []kind {
	return []kind{
		{"step", step}, {"ramp", ramp}, {"pulse", pulse}, {"flap", flapping}, {"long", long}, {"everything", everything},
		{"region", region}, {"regions", regions}, {"carrier", carrier}, {"pair", pair}, {"symptom", symptom},
		{"twins", twins}, {"triplets", triplets}, {"again", again}, {"same-service", sameService}, {"giant", giant},
		{"noisy", noisy}, {"cold", cold}, {"young", young}, {"daylight", daylight}, {"tiny", tiny}, {"large", large},
		{"checks-only", checksOnly}, {"vendor", vendor}, {"vendor-wrong", vendorWrong},
		{"gap-at-onset", gapAtOnset}, {"blind-and-fault", blindAndFault}, {"brigade-and-fault", brigadeAndFault},
		{"brigades", brigades}, {"chatter", chatters}, {"blind", blind}, {"gaps", gaps}, {"quiet", quiet},
	}
}

func one(d *dice, sc *replay.Scenario) []string { return []string{choose(d, ids(sc)...)} }

func instant(d *dice) time.Duration { return time.Duration(d.IntN(180)) * time.Second }

func step(d *dice, sc *replay.Scenario) {
	fault(d, sc, one(d, sc), d.scale(2.5, 300), 0, d.minutes(15, 180))
}

func ramp(d *dice, sc *replay.Scenario) {
	r := d.minutes(10, 60)
	fault(d, sc, one(d, sc), d.scale(3, 50), r, r+d.minutes(30, 240))
}

func pulse(d *dice, sc *replay.Scenario) {
	fault(d, sc, one(d, sc), d.scale(5, 300), 0, d.minutes(4, 10))
}

func flapping(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), 2, instant(d), d.minutes(60, 240))
	o.Flap = &replay.Flap{Period: d.minutes(4, 40), Duty: d.uniform(0.3, 0.8)}
	resize(sc, o, d.scale(8, 100))
}

func long(d *dice, sc *replay.Scenario) {
	fault(d, sc, one(d, sc), d.scale(3, 30), instant(d), d.minutes(240, 420))
}

func everything(d *dice, sc *replay.Scenario) {
	fault(d, sc, ids(sc), d.scale(4, 100), instant(d), d.minutes(20, 120))
}

func region(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), 2, instant(d), d.minutes(20, 180))
	o.Regions, o.Posts = d.some(sc.Regions, 1), 0
	resize(sc, o, d.scale(5, 200))
}

func regions(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), 2, instant(d), d.minutes(20, 180))
	o.Regions, o.Posts = d.some(sc.Regions, max(1, min(3, len(sc.Regions)-1))), 0
	resize(sc, o, d.scale(5, 200))
}

func carrier(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, ids(sc), 2, instant(d), d.minutes(20, 180))
	o.Carriers, o.Posts, o.Probes = d.some(sc.Carriers, 1), 0, 0
	resize(sc, o, d.scale(5, 100))
}

func pair(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), 2, instant(d), d.minutes(20, 180))
	o.Regions, o.Carriers, o.Posts, o.Probes = d.some(sc.Regions, 1), d.some(sc.Carriers, 1), 0, 0
	resize(sc, o, d.scale(20, 300))
}

// symptom is a fault of one of the symptoms that are reported every day.
func symptom(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), d.scale(2, 6), instant(d), d.minutes(60, 240))
	o.Symptoms, o.Probes = replay.Shares{{Name: choose(d, "slow", "sign-in"), Part: 1}}, 0
}

// many sees to it that the scene has at least n services.
func many(d *dice, sc *replay.Scenario, n int) {
	for i, id := range []string{"photos", "music", "calls"} {
		if len(sc.Services) >= n {
			return
		}
		sc.Services = append(sc.Services, replay.Service{ID: id, Name: id + " Two", PerHour: d.scale(2, 40), PeakHour: float64(8 + 5*i), PeakRatio: 3, Weekend: 1, Dispersion: 0.1})
	}
}

func twins(d *dice, sc *replay.Scenario) {
	many(d, sc, 2)
	order := d.Perm(len(sc.Services))
	a := fault(d, sc, []string{sc.Services[order[0]].ID}, d.scale(5, 100), instant(d), d.minutes(40, 150))
	b := fault(d, sc, []string{sc.Services[order[1]].ID}, 2, instant(d), d.minutes(40, 150))
	apart(d, a, b)
	b.Regions, b.Posts = d.some(sc.Regions, 1), 0
	resize(sc, b, d.scale(10, 100))
}

// apart begins b some minutes after a.
func apart(d *dice, a, b *replay.Outage) {
	lasts := b.Resolved.Sub(b.Onset)
	b.Onset = a.Onset.Add(d.minutes(3, 30))
	b.Resolved = b.Onset.Add(lasts)
}

func triplets(d *dice, sc *replay.Scenario) {
	many(d, sc, 3)
	order := d.Perm(len(sc.Services))
	for i := range 3 {
		fault(d, sc, []string{sc.Services[order[i]].ID}, d.scale(5, 60), instant(d), d.minutes(30, 120))
		if i > 0 {
			apart(d, &sc.Outages[i-1], &sc.Outages[i])
		}
	}
}

// again is a fault that is over, and another of the same service hours later.
func again(d *dice, sc *replay.Scenario) {
	id := one(d, sc)
	times := d.scale(8, 100)
	fault(d, sc, id, times, instant(d), d.minutes(15, 60))
	b := fault(d, sc, id, times, instant(d), d.minutes(15, 60))
	lasts := b.Resolved.Sub(b.Onset)
	b.Onset = sc.Outages[0].Resolved.Add(d.minutes(90, 240))
	b.Resolved = b.Onset.Add(lasts)
	sc.End = latest(sc.End, b.Resolved.Add(2*time.Hour))
	resize(sc, b, times)
}

// sameService fails twice at a time: in one region, and then on one carrier.
func sameService(d *dice, sc *replay.Scenario) {
	id := one(d, sc)
	a := fault(d, sc, id, 2, instant(d), d.minutes(60, 150))
	a.Regions, a.Posts, a.Probes = d.some(sc.Regions, 1), 0, 0
	resize(sc, a, d.scale(20, 100))
	b := fault(d, sc, id, 2, instant(d), d.minutes(60, 150))
	a = &sc.Outages[0]
	apart(d, a, b)
	b.Carriers, b.Posts, b.Probes = d.some(sc.Carriers, 1), 0, 0
	resize(sc, b, d.scale(20, 100))
}

// giant makes people blame a neighbour, too.
func giant(d *dice, sc *replay.Scenario) {
	many(d, sc, 2)
	order := d.Perm(len(sc.Services))
	big, small := sc.Services[order[0]].ID, sc.Services[order[1]].ID
	o := fault(d, sc, []string{big}, d.scale(100, 300), d.minutes(3, 15), d.minutes(60, 180))
	o.Services = replay.Shares{{Name: big, Part: 0.95}, {Name: small, Part: 0.04}}
	o.Collateral = []string{small}
	o.Probes = 0.8
}

func noisy(d *dice, sc *replay.Scenario) {
	for i := range sc.Services {
		sc.Services[i].Dispersion = d.uniform(0.4, 1)
	}
	sc.Outages = nil
	fault(d, sc, one(d, sc), d.scale(6, 60), instant(d), d.minutes(30, 180))
}

func cold(d *dice, sc *replay.Scenario) {
	sc.History = 0
	o := fault(d, sc, one(d, sc), d.scale(10, 200), instant(d), d.minutes(20, 120))
	late := d.minutes(1, 300)
	o.Onset, o.Resolved = o.Onset.Add(late), o.Resolved.Add(late)
	sc.End = latest(sc.End, o.Resolved.Add(2*time.Hour))
}

func young(d *dice, sc *replay.Scenario) {
	sc.History = time.Duration(1+d.IntN(3)) * 24 * time.Hour
	fault(d, sc, one(d, sc), d.scale(5, 100), instant(d), d.minutes(20, 120))
}

// daylight is a Sunday on which clocks are changed.
func daylight(d *dice, sc *replay.Scenario) {
	day := choose(d, time.Date(2025, 3, 30, 0, 0, 0, 0, time.UTC), time.Date(2025, 10, 26, 0, 0, 0, 0, time.UTC))
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		sc.Zone = berlin
	}
	sc.Start = day.In(sc.Zone).Add(-2 * time.Hour)
	sc.End = sc.Start.Add(30 * time.Hour)
	for i := range sc.Services {
		sc.Services[i].PeakRatio = d.scale(4, 12)
	}
	if d.chance(0.5) {
		fault(d, sc, one(d, sc), d.scale(5, 60), instant(d), d.minutes(20, 120))
	}
}

func tiny(d *dice, sc *replay.Scenario) {
	for i := range sc.Services {
		sc.Services[i].PerHour = d.scale(0.05, 1)
	}
	fault(d, sc, one(d, sc), d.scale(50, 1500), instant(d), d.minutes(20, 180))
}

func large(d *dice, sc *replay.Scenario) {
	sc.Services = sc.Services[:1]
	sc.Services[0].PerHour = d.scale(400, usualMost)
	sc.History = 7 * 24 * time.Hour
	fault(d, sc, one(d, sc), d.scale(1.6, 20), instant(d), d.minutes(20, 120))
}

// checksOnly is a service nobody reports.
func checksOnly(d *dice, sc *replay.Scenario) {
	id := one(d, sc)
	for i := range sc.Services {
		if sc.Services[i].ID == id[0] {
			sc.Services[i].PerHour = 0
		}
	}
	o := fault(d, sc, id, 2, 0, d.minutes(5, 120))
	o.Reports, o.Posts, o.Probes = 0, 0, d.uniform(0.5, 1)
}

func vendor(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), d.scale(3, 40), d.minutes(2, 30), d.minutes(40, 150))
	at := o.Onset.Add(choose[time.Duration](d, -3, 1, 5, 30) * time.Minute)
	sc.Official = []replay.Bulletin{
		{At: at, Services: o.Failed(), Status: replay.StatusIssue},
		{At: o.Resolved.Add(choose[time.Duration](d, -10, 5, 60) * time.Minute), Services: o.Failed(), Status: replay.StatusResolved},
	}
}

// vendorWrong is a vendor that admits what nobody sees.
func vendorWrong(d *dice, sc *replay.Scenario) {
	at := sc.Start.Add(warmUp)
	sc.Official = []replay.Bulletin{
		{At: at, Services: one(d, sc), Status: replay.StatusIssue},
		{At: at.Add(d.minutes(20, 200)), Services: ids(sc), Status: replay.StatusResolved},
	}
}

func gapAtOnset(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), d.scale(8, 80), instant(d), d.minutes(60, 150))
	sc.Noise = append(sc.Noise, replay.Noise{Kind: replay.Gap, At: o.Onset.Add(choose[time.Duration](d, -10, -2, 1) * time.Minute), Lasts: d.minutes(5, 30)})
}

func blindAndFault(d *dice, sc *replay.Scenario) {
	o := fault(d, sc, one(d, sc), d.scale(8, 80), instant(d), d.minutes(40, 150))
	sc.Noise = append(sc.Noise, replay.Noise{Kind: replay.VantageOffline, At: o.Onset.Add(choose[time.Duration](d, -30, -5, 3) * time.Minute), Lasts: d.minutes(20, 60)})
}

func brigadeAndFault(d *dice, sc *replay.Scenario) {
	many(d, sc, 2)
	order := d.Perm(len(sc.Services))
	o := fault(d, sc, []string{sc.Services[order[0]].ID}, d.scale(8, 80), instant(d), d.minutes(40, 150))
	sc.Noise = append(sc.Noise, gang(d, sc.Services[order[1]].ID, o.Onset.Add(choose[time.Duration](d, -20, 2, 10)*time.Minute)))
}

func gang(d *dice, service string, at time.Time) replay.Noise {
	return replay.Noise{
		Kind: replay.Brigade, At: at, Lasts: d.minutes(3, 240), Service: service,
		Reports: int(d.scale(30, 10000)), Prefixes: int(d.scale(1, 300)),
	}
}

func brigades(d *dice, sc *replay.Scenario) {
	for i := range 3 {
		at := sc.Start.Add(time.Duration(1+3*i)*time.Hour + time.Duration(d.IntN(3600))*time.Second)
		sc.Noise = append(sc.Noise, gang(d, choose(d, ids(sc)...), at))
	}
	calm(sc, 18*time.Hour)
}

func chatters(d *dice, sc *replay.Scenario) {
	sc.Noise = append(sc.Noise, replay.Noise{
		Kind: replay.Chatter, At: sc.Start.Add(warmUp), Lasts: d.minutes(10, 240), Service: choose(d, ids(sc)...), Posts: int(d.scale(500, 30000)),
	})
}

func blind(d *dice, sc *replay.Scenario) {
	sc.Noise = append(sc.Noise, replay.Noise{Kind: replay.VantageOffline, At: sc.Start.Add(warmUp), Lasts: d.minutes(2, 300)})
}

func gaps(d *dice, sc *replay.Scenario) {
	for i := range 3 {
		at := sc.Start.Add(time.Duration(1+3*i)*time.Hour + time.Duration(d.IntN(3600))*time.Second)
		sc.Noise = append(sc.Noise, replay.Noise{Kind: replay.Gap, At: at, Lasts: d.minutes(1, 100)})
	}
}

func quiet(_ *dice, sc *replay.Scenario) { calm(sc, 48*time.Hour) }

func calm(sc *replay.Scenario, lasts time.Duration) { sc.End = sc.Start.Add(lasts) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }
