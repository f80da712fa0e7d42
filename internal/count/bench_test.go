package count

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// herd is the signals of an outage of so many people, all different, at
// 100,000 a second: half of them about one of 20 services, from 50,000 networks,
// 13 regions times 6 carriers times 3 symptoms.
func herd(n int) ([]outcry.Signal, []time.Time) {
	rng := rand.New(rand.NewPCG(1, 1))
	var services, regions, carriers, symptoms []string
	for i := range 20 {
		services = append(services, fmt.Sprint("service-", i))
		regions = append(regions, fmt.Sprint("US-", i))
		carriers = append(carriers, fmt.Sprint("carrier ", i))
		symptoms = append(symptoms, fmt.Sprint("symptom-", i))
	}
	signals, stored := make([]outcry.Signal, n), make([]time.Time, n)
	for i := range signals {
		at := t0.Add(time.Duration(i) * 10 * time.Microsecond)
		signals[i] = outcry.Signal{
			Kind: outcry.KindReport, At: at, Service: services[rng.IntN(2)*rng.IntN(20)], Symptom: symptoms[rng.IntN(3)],
			Scope:    outcry.Scope{Region: regions[rng.IntN(13)], Carrier: carriers[rng.IntN(6)]},
			Reporter: rng.Uint64(), Network: rng.Uint64N(50_000), Wide: 1 + rng.Uint64N(240), Agent: uint32(1 + rng.IntN(9)), ID: rng.Uint64(),
		}
		stored[i] = at.Add(5 * time.Millisecond)
	}
	return signals, stored
}

func BenchmarkAdd(b *testing.B) {
	const n = 1 << 20
	signals, stored := herd(n)
	b.ReportAllocs()
	added := 0
	for b.Loop() {
		a := New(Config{})
		for i := range signals {
			a.Add(signals[i], stored[i])
			if i%10_000 == 0 { // a commit ten times a second
				a.Flush()
			}
		}
		added += n
	}
	b.ReportMetric(float64(added)/b.Elapsed().Seconds(), "signals/s")
}

func BenchmarkAddProbes(b *testing.B) {
	const n = 1 << 18
	signals, stored := herd(n)
	for i := range signals {
		s := &signals[i]
		*s = outcry.Signal{Kind: outcry.KindProbe, Outcome: outcry.Good, At: s.At, Service: s.Service, Vantage: "v1", Scope: outcry.Scope{Region: s.Scope.Region}}
	}
	added := 0
	for b.Loop() {
		a := New(Config{})
		for i := range signals {
			a.Add(signals[i], stored[i])
		}
		a.Flush()
		added += n
	}
	b.ReportMetric(float64(added)/b.Elapsed().Seconds(), "signals/s")
}

// inUse is the heap's live bytes.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemory holds the figures that the package's comment gives.
func TestMemory(t *testing.T) {
	settle := func(a *Abacus, at time.Time) { // hours later, a stranger's signal lets the abacus tidy up
		a.Flush()
		a.Add(outcry.Signal{Kind: outcry.KindProbe, Service: "clock", At: at}, at)
		a.Flush()
	}
	for _, c := range []struct {
		name  string
		units int
		most  float64 // bytes a unit
		fill  func(a *Abacus)
	}{
		{"a service that is idle", 20_000, 2000, func(a *Abacus) {
			for i := range 20_000 {
				a.Add(outcry.Signal{Kind: outcry.KindReport, Service: fmt.Sprint("s", i), At: t0, Reporter: 1, Network: 1, Wide: 1, Agent: 1}, t0)
			}
			settle(a, t0.Add(3*time.Hour))
			settle(a, t0.Add(4*time.Hour))
		}},
		{"a service whose crowd comes from everywhere", 20, 35_000, func(a *Abacus) {
			rng := rand.New(rand.NewPCG(1, 1))
			for i := range 400_000 {
				at := t0.Add(time.Duration(i) * time.Second)
				a.Add(outcry.Signal{Kind: outcry.KindReport, Service: fmt.Sprint("s", i%20), At: at, Reporter: rng.Uint64(), Network: rng.Uint64(), Wide: rng.Uint64(), Agent: rng.Uint32()}, at)
				if i%100 == 0 {
					a.Flush()
				}
			}
			settle(a, t0.Add(400_000*time.Second+3*time.Hour))
		}},
		{"a reporter within half an hour", 500_000, 45, func(a *Abacus) {
			for i := range 500_000 {
				at := t0.Add(time.Duration(i) * time.Millisecond)
				a.Add(outcry.Signal{Kind: outcry.KindReport, Service: "s", At: at, Reporter: mix(uint64(i))}, at)
			}
			settle(a, t0.Add(20*time.Minute))
		}},
		{"a network of the running ten minutes", 200_000, 80, func(a *Abacus) {
			for i := range 200_000 {
				a.Add(outcry.Signal{Kind: outcry.KindReport, Service: "s", At: t0, Network: mix(uint64(i))}, t0)
			}
			settle(a, t0.Add(9*time.Minute))
		}},
		{"a crowd that has gone", 1, 15_000, func(a *Abacus) {
			for i := range 200_000 {
				a.Add(outcry.Signal{Kind: outcry.KindReport, Service: "s", At: t0, Reporter: mix(uint64(i)), Network: mix(uint64(i)), Wide: mix(uint64(i)), Agent: uint32(i), ID: mix(uint64(i))}, t0)
			}
			settle(a, t0.Add(3*time.Hour))
			settle(a, t0.Add(4*time.Hour))
		}},
		{"a cell of an open tick with a hundred people", 2000, 2600, func(a *Abacus) {
			for i := range 200_000 {
				s := outcry.Signal{Kind: outcry.KindReport, Service: fmt.Sprint("s", i%20), Symptom: fmt.Sprint(i % 2000), At: t0, Reporter: mix(uint64(i))}
				a.Add(s, t0)
			}
			a.Flush()
			for _, st := range a.streams {
				st.reporters.last = nil
			}
		}},
		{"a cell of an open tick with thousands", 100, 2900, func(a *Abacus) {
			for i := range 500_000 {
				s := outcry.Signal{Kind: outcry.KindReport, Service: "s", Symptom: fmt.Sprint(i % 100), At: t0, Reporter: mix(uint64(i))}
				a.Add(s, t0)
			}
			a.Flush()
			for _, st := range a.streams {
				st.reporters.last = nil
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := inUse()
			a := New(Config{})
			c.fill(a)
			each := (float64(inUse()) - float64(before)) / float64(c.units)
			t.Logf("%.0f bytes each", each)
			if each > c.most {
				t.Errorf("%.0f bytes each, more than the %.0f that is promised", each, c.most)
			}
			runtime.KeepAlive(a)
		})
	}
}

func TestMemoryIsBoundedAgainstInvention(t *testing.T) {
	a := New(Config{MaxReporters: 1000, MaxCells: 50})
	for i := range 20_000 {
		n := mix(uint64(i))
		a.Add(outcry.Signal{Kind: outcry.KindReport, Service: "s", Symptom: fmt.Sprint(i), At: t0, Reporter: n, Network: n, Wide: n, Agent: uint32(n), ID: n}, t0)
	}
	st := a.stream(streamKey{"s", outcry.KindReport})
	if n := len(st.reporters.last); n > 1000 {
		t.Errorf("%d people remembered", n)
	}
	if n := len(a.ids.last); n > 1000 {
		t.Errorf("%d IDs remembered", n)
	}
	if n := len(st.crowd.nets.list) + len(st.crowd.wides.list) + len(st.crowd.agents.list); n > 3*251 {
		t.Errorf("%d networks and agents remembered", n)
	}
	got := a.Flush()
	if len(got) != 1 || len(got[0].Cells) != 51 || got[0].Total != 20_000 {
		t.Errorf("%d tallies, %d cells, %d signals", len(got), len(got[0].Cells), got[0].Total)
	}
}
