package main

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/replay"
)

func TestEveryKindMakesScenariosThatCanBeRead(t *testing.T) {
	dir := t.TempDir()
	for _, k := range kinds() {
		for seed := range 30 {
			p, err := newPaper(k, seed, "own", dir)
			if err != nil {
				t.Fatalf("%s %d: %v", k.name, seed, err)
			}
			if again, err := newPaper(k, seed, "own", dir); err != nil || string(write(p.scenario)) != string(write(again.scenario)) {
				t.Errorf("%s: the same seed makes another scenario (%v)", p, err)
			}
			for i := range p.scenario.Outages {
				if o := &p.scenario.Outages[i]; o.Resolved.After(p.scenario.End) {
					t.Errorf("%s: outage %d goes on after the end", p, i+1)
				}
			}
		}
	}
}

func TestFloor(t *testing.T) {
	start := time.Date(2025, 4, 2, 0, 0, 0, 0, time.UTC)
	sc := &replay.Scenario{
		Zone: time.UTC, Start: start, End: start.Add(10 * time.Hour), Regions: replay.Shares{{Name: "GB", Part: 0.5}},
		Services: []replay.Service{{ID: "a", Name: "A", PerHour: 80, PeakRatio: 1, Weekend: 1}},
	}
	for _, c := range []struct {
		says        string
		times, wild float64
		probes      float64
		least, most time.Duration
	}{
		{"×10 of 20 in 15 minutes: 71 s for a CUSUM that knows it (detection.md)", 10, 0, 0, 50 * time.Second, 90 * time.Second},
		{"×3 of it: 630 s", 3, 0, 0, 450 * time.Second, 700 * time.Second},
		{"a rate that wanders by itself takes longer", 3, 0.1, 0, 30 * time.Minute, 3 * time.Hour},
		{"or is never sure", 2, 0.5, 0, 0, 0},
		{"checks that fail are sure at once", 2, 0.5, 1, 20 * time.Second, 40 * time.Second},
	} {
		sc.Services[0].Dispersion = c.wild
		o := &replay.Outage{Onset: start.Add(time.Hour), Resolved: start.Add(4 * time.Hour), Services: replay.Shares{{Name: "a", Part: 1}}, Probes: c.probes}
		resize(sc, o, c.times)
		if f := floorOf(sc, o); f.delay < c.least || f.delay > c.most {
			t.Errorf("%s: %s", c.says, f.delay)
		}
	}
}
