package count

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outcry/outcry"
	"pgregory.net/rapid"
)

// someone draws a signal of the tick. Each person has one network and one
// cell, as people do within ten seconds.
func someone(t *rapid.T, tick outcry.Tick) outcry.Signal {
	who := rapid.Uint64Range(0, 60).Draw(t, "who")
	s := outcry.Signal{
		Kind:     rapid.SampledFrom([]outcry.Kind{outcry.KindReport, outcry.KindReport, outcry.KindReport, outcry.KindPost, outcry.KindProbe}).Draw(t, "kind"),
		Outcome:  rapid.SampledFrom([]outcry.Outcome{outcry.Bad, outcry.Bad, outcry.Good, outcry.Unknown}).Draw(t, "outcome"),
		At:       tick.Start().Add(time.Duration(rapid.IntRange(0, 9999).Draw(t, "ms")) * time.Millisecond),
		Service:  rapid.SampledFrom([]string{"chat", "mail"}).Draw(t, "service"),
		Symptom:  fmt.Sprint("s", who%3),
		Reporter: who,
		Network:  who % 7,
		Agent:    uint32(who % 4),
		ID:       rapid.SampledFrom([]uint64{0, 0, rapid.Uint64Range(1, 1000).Draw(t, "fresh")}).Draw(t, "id"),
	}
	if s.Network != 0 {
		s.Wide = 1 + s.Network%2
	}
	if s.ID != 0 { // one ID is one signal, sent again as it was
		s = outcry.Signal{Kind: outcry.KindReport, Service: "chat", At: tick.Start(), Reporter: 1000 + s.ID, ID: s.ID}
	}
	return s
}

func someStream(t *rapid.T) []outcry.Signal {
	var out []outcry.Signal
	tick := outcry.TickOf(t0) + outcry.Tick(rapid.IntRange(0, 59).Draw(t, "start"))
	for range rapid.IntRange(1, 8).Draw(t, "ticks") {
		for range rapid.IntRange(1, 30).Draw(t, "signals") {
			out = append(out, someone(t, tick))
		}
		tick += outcry.Tick(rapid.SampledFrom([]int{1, 1, 2, 7, 61}).Draw(t, "gap"))
	}
	return out
}

// storedInTick is when signals reach the stream whose delays are nothing.
func storedInTick(s outcry.Signal) time.Time { return outcry.TickOf(s.At).Start() }

// total adds up what was flushed; cells' Fresh are left out on demand.
func total(flushed ...[]outcry.Tally) map[string]outcry.Tally {
	out := make(map[string]outcry.Tally)
	for _, f := range flushed {
		for _, t := range f {
			key := fmt.Sprint(t.Service, t.Kind, t.Tick)
			sum, known := out[key]
			if !known {
				sum = outcry.Tally{Service: t.Service, Kind: t.Kind, Tick: t.Tick}
			}
			sum.Add(t)
			out[key] = sum
		}
	}
	return out
}

func withoutCellsFresh(m map[string]outcry.Tally) map[string]outcry.Tally {
	for _, t := range m {
		for i := range t.Cells {
			t.Cells[i].Fresh = 0
		}
	}
	return m
}

func TestOrderWithinATickIsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signals := someStream(t)
		shuffled := slices.Clone(signals)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 0))
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		slices.SortStableFunc(shuffled, func(a, b outcry.Signal) int { return storedInTick(a).Compare(storedInTick(b)) })
		a, b := New(Config{}), New(Config{})
		for i := range signals {
			a.Add(signals[i], storedInTick(signals[i]))
			b.Add(shuffled[i], storedInTick(shuffled[i]))
		}
		if diff := cmp.Diff(withoutCellsFresh(total(a.Flush())), withoutCellsFresh(total(b.Flush()))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWhereFlushesFallIsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signals := someStream(t)
		a, b := New(Config{Exact: 8}), New(Config{Exact: 8})
		var parts [][]outcry.Tally
		for _, s := range signals {
			a.Add(s, storedInTick(s))
			b.Add(s, storedInTick(s))
			if rapid.IntRange(0, 3).Draw(t, "flush") == 0 {
				parts = append(parts, b.Flush())
			}
		}
		parts = append(parts, b.Flush())
		if diff := cmp.Diff(total(a.Flush()), total(parts...)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCellsAddUpToTheTally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := New(Config{})
		for _, s := range someStream(t) {
			a.Add(s, storedInTick(s))
		}
		for _, tally := range a.Flush() {
			var c outcry.Counts
			for _, cell := range tally.Cells {
				c.Add(cell.Counts)
			}
			c.Distinct = tally.Distinct // a person may be in two cells
			if c != tally.Counts {
				t.Fatalf("cells add up to %v, the tally is %v", c, tally.Counts)
			}
			if !slices.IsSortedFunc(tally.Cells, func(x, y outcry.Cell) int { return x.CellKey.Compare(y.CellKey) }) {
				t.Fatal("cells are not sorted")
			}
		}
	})
}

func TestRepeatedSignalsCountOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, twice := New(Config{}), New(Config{})
		for i, s := range someStream(t) {
			s.ID = uint64(i + 1)
			once.Add(s, storedInTick(s))
			twice.Add(s, storedInTick(s))
			twice.Add(s, storedInTick(s))
		}
		if diff := cmp.Diff(once.Flush(), twice.Flush()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// crowded is hours of a busy service whose people come from few networks, some
// of them late, some shouting, so that every memory matters.
func crowded(seed uint64, n int) []outcry.Signal {
	rng := rand.New(rand.NewPCG(seed, 1))
	at := t0
	out := make([]outcry.Signal, n)
	for i := range out {
		at = at.Add(time.Duration(rng.ExpFloat64() * float64(3*time.Second)))
		who := 1 + rng.Uint64N(2000)
		s := outcry.Signal{Kind: outcry.KindReport, At: at, Service: "chat", Symptom: fmt.Sprint(rng.IntN(3)), Reporter: who, Network: 1 + who%97, Wide: 1 + who%13, Agent: uint32(1 + who%9)}
		if who%10 < 3 {
			s.Network, s.Wide = 500, 501 // a carrier's shared address
		}
		if rng.IntN(20) == 0 {
			s.At = s.At.Add(-time.Duration(rng.IntN(300)) * time.Second)
		}
		if rng.IntN(3) == 0 {
			s.ID = rng.Uint64N(50)
		}
		out[i] = s
	}
	return out
}

// arrival is when crowded's signal i was stored: it is not its own time.
func arrivals(signals []outcry.Signal) []time.Time {
	out := make([]time.Time, len(signals))
	var last time.Time
	for i, s := range signals {
		if s.At.After(last) {
			last = s.At
		}
		out[i] = last
	}
	return out
}

func TestARestartChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signals := crowded(rapid.Uint64().Draw(t, "seed"), 6000) // five hours
		stored := arrivals(signals)
		cut := rapid.IntRange(2500, 5900).Draw(t, "crash")
		stale := rapid.IntRange(1, 400).Draw(t, "stale") // the snapshot is so many signals old

		whole := New(Config{})
		var snapshot []byte
		for i, s := range signals {
			if i == cut-stale {
				snapshot = must(whole.Snapshot())(t)
			}
			if i == cut {
				whole.Discard()
			}
			whole.Add(s, stored[i])
		}

		again := New(Config{})
		from, err := again.Restore(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		if other := stored[cut].Add(-again.Rebuild()); other.Before(from) {
			from = other
		}
		for i, s := range signals {
			if i == cut {
				again.Discard()
			}
			if !stored[i].Before(from) {
				again.Add(s, stored[i])
			}
		}
		if diff := cmp.Diff(whole.Flush(), again.Flush()); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(must(whole.Snapshot())(t), must(again.Snapshot())(t)); diff != "" {
			t.Fatal("what was learned differs")
		}
	})
}

func must[T any](v T, err error) func(*rapid.T) T {
	return func(t *rapid.T) T {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestDamagedSnapshotsAreRefused(t *testing.T) {
	a := New(Config{})
	for _, s := range crowded(1, 2000) {
		a.Add(s, s.At)
	}
	good, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{{"nothing", nil}, {"half", good[:len(good)/2]}, {"noise", []byte("not a snapshot")}} {
		if _, err := New(Config{}).Restore(c.data); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s gives %v", c.name, err)
		}
	}
	bad := shares{{2, 0.1}, {1, 0.1}}
	if (&habits{Nets: bad}).check() == nil || (&habits{Agents: shares{{1, math.NaN()}}}).check() == nil {
		t.Error("shares out of order, or not numbers, pass")
	}
}

func TestSketchError(t *testing.T) {
	const bound = 4 * 1.04 / 45.25 // four standard errors, 1.04/√2048 each
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var d distinct
		last := uint32(0)
		for n := 1; n <= 200_000; n++ {
			d.add(rng.Uint64()|1<<63, 128)
			if n > 128 && n%777 != 0 {
				continue
			}
			got := d.estimate(128)
			switch {
			case n <= 128 && got != uint32(n):
				t.Fatalf("%d people are counted as %d", n, got)
			case math.Abs(float64(got)-float64(n)) > bound*float64(n):
				t.Fatalf("%d people are estimated as %d", n, got)
			case got < last:
				t.Fatalf("the estimate fell from %d to %d at %d people", last, got, n)
			}
			last = got
		}
	}
}

func TestSketchTakesPlainNumbers(t *testing.T) {
	var d distinct
	for n := range uint64(50_000) {
		d.add(n+1, 128)
	}
	if got := d.estimate(128); math.Abs(float64(got)-50_000) > 5_000 {
		t.Errorf("50,000 people numbered in a row are estimated as %d", got)
	}
}
