package count_test

import (
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/count"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/scenarios"
)

func scenario(t *testing.T, name string) *replay.Scenario {
	t.Helper()
	sc, err := replay.Open(name, scenarios.Files())
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func hashed(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// signal is what the intake makes of a report.
func signal(r replay.Record) outcry.Signal {
	parts := strings.Split(r.Address, ".")
	return outcry.Signal{
		Kind: r.Kind, At: r.At, Service: r.Service, Symptom: r.Symptom,
		Scope:    outcry.Scope{Region: r.Region, Carrier: r.Carrier},
		Reporter: hashed(r.Reporter), Network: hashed(strings.Join(parts[:3], ".")), Wide: hashed(strings.Join(parts[:2], ".")),
		Agent: uint32(hashed(r.Agent)),
	}
}

// counted gives the scenario's reports from its start on, by service and ten
// minutes, as the abacus counts them and as they truly were.
type counted map[string]map[time.Time]*window

type window struct {
	fresh, strange int
	people         map[string]bool // who were not a brigade's
}

func (c counted) at(service string, t time.Time) *window {
	if c[service] == nil {
		c[service] = make(map[time.Time]*window)
	}
	t = t.Truncate(10 * time.Minute)
	if c[service][t] == nil {
		c[service][t] = &window{people: make(map[string]bool)}
	}
	return c[service][t]
}

func countAll(sc *replay.Scenario, seed uint64) counted {
	a, out := count.New(count.Config{}), counted{}
	seen := make(map[string]bool)
	for r := range replay.Draw(sc, seed) {
		if r.Kind != outcry.KindReport {
			continue
		}
		a.Add(signal(r), r.At.Add(time.Second))
		if !r.At.Before(sc.Start) && !seen[r.Reporter] && !strings.HasPrefix(r.Reporter, "b") {
			out.at(r.Service, r.At).people[r.Reporter] = true
		}
		seen[r.Reporter] = true
	}
	for _, t := range a.Flush() {
		if !t.Tick.Start().Before(sc.Start) {
			w := out.at(t.Service, t.Tick.Start())
			w.fresh += int(t.Fresh)
			w.strange += int(t.Strange)
		}
	}
	return out
}

// TestABrigadeCountsAHandful: 5,000 reports from three networks in twenty
// minutes are nine people in each ten minutes of the clock, of which they touch
// three at most; and the true people among them are not lost.
func TestABrigadeCountsAHandful(t *testing.T) {
	for seed := range uint64(4) {
		sc := scenario(t, "quiet-and-loud-nothing")
		brigade := sc.Noise[0]
		sc.End = brigade.At.Add(2 * time.Hour)
		for _, history := range []time.Duration{0, 14 * 24 * time.Hour} {
			sc.History = history
			all, strange := 0, 0
			for at, w := range countAll(sc, seed)[brigade.Service] {
				if at.Before(brigade.At) || !at.Before(brigade.At.Add(brigade.Lasts)) {
					continue
				}
				extra := w.fresh - len(w.people)
				all, strange = all+extra, strange+w.strange
				if extra < -2 {
					t.Errorf("seed %d: %d of %d true reporters were lost to the brigade", seed, -extra, len(w.people))
				}
			}
			t.Logf("seed %d, %v of history: the brigade added %d, %d of them strange", seed, history, all, strange)
			if all > 3*9+2 { // and two who report again after their half hour
				t.Errorf("seed %d: the brigade added %d", seed, all)
			}
			if history > 0 && strange < 9 {
				t.Errorf("seed %d: only %d of the brigade had a strange agent", seed, strange)
			}
		}
	}
}

// TestAnOutageKeepsItsVoice: three in ten of each carrier's people share one
// network, and are counted in proportion all the same.
func TestAnOutageKeepsItsVoice(t *testing.T) {
	for seed := range uint64(4) {
		sc := scenario(t, "imessage-2024-05-16")
		sc.End = sc.Outages[0].Resolved.Add(30 * time.Minute)
		o := sc.Outages[0]
		all := countAll(sc, seed)
		for _, service := range o.Failed() {
			fresh, people, first, firstPeople := 0, 0, 0, 0
			for at, w := range all[service] {
				if at.Before(o.Onset.Truncate(10 * time.Minute)) {
					continue
				}
				fresh, people = fresh+w.fresh, people+len(w.people)
				if at.Before(o.Onset.Add(10 * time.Minute)) {
					first, firstPeople = first+w.fresh, firstPeople+len(w.people)
				}
			}
			lost, early := share(people-fresh, people), share(firstPeople-first, firstPeople)
			t.Logf("seed %d: %s lost %.1f%% of %d people, %.1f%% of the first %d", seed, service, 100*lost, people, 100*early, firstPeople)
			if lost > 0.15 || early > 0.15 {
				t.Errorf("seed %d: %s lost %.1f%% of its people, %.1f%% of the first", seed, service, 100*lost, 100*early)
			}
		}
	}
}

func share(part, of int) float64 { return float64(part) / float64(max(of, 1)) }
