package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

func tally(tick outcry.Tick, fresh uint32) outcry.Tally {
	c := outcry.Counts{Total: fresh, Bad: fresh, Distinct: fresh, Fresh: fresh}
	return outcry.Tally{Service: "shop", Kind: outcry.KindReport, Tick: tick, Counts: c, Networks: fresh,
		Cells: []outcry.Cell{{CellKey: outcry.CellKey{Symptom: "slow"}, Counts: c}}}
}

func TestWhatComesLateIsEvidenceWhenItIsKnown(t *testing.T) {
	l := newLateness(6)
	for _, step := range []struct {
		why     string
		tick    outcry.Tick
		tallies []outcry.Tally
		fresh   uint32
	}{
		{"a tick's own reports are new", 100, []outcry.Tally{tally(100, 3)}, 3},
		{"what was judged already is not new again", 101, []outcry.Tally{tally(100, 3)}, 0},
		{"two more for an older tick are new now", 102, []outcry.Tally{tally(100, 5), tally(102, 1)}, 3},
		{"nothing is nothing", 103, nil, 0},
	} {
		got := l.fresh(step.tick, step.tallies)
		var fresh, cells uint32
		for _, y := range got {
			if y.Tick != step.tick {
				t.Errorf("%s: counted in tick %d", step.why, y.Tick)
			}
			fresh += y.Fresh
			for _, c := range y.Cells {
				cells += c.Fresh
			}
		}
		if fresh != step.fresh || cells != step.fresh {
			t.Errorf("%s: %d fresh, %d in cells, want %d", step.why, fresh, cells, step.fresh)
		}
	}
	if len(l.seen) > 2 {
		t.Errorf("remembers %d tallies, more than the window has", len(l.seen))
	}
}

func TestTallySumsMergeEqualKeys(t *testing.T) {
	s := newTallySums()
	s.add([]outcry.Tally{tally(1, 2), tally(2, 1)})
	s.add([]outcry.Tally{tally(1, 3)})
	if d := cmp.Diff([]outcry.Tally{tally(1, 5), tally(2, 1)}, s.list()); d != "" {
		t.Error(d)
	}
	if s.clear(); !s.empty() {
		t.Error("not empty after clear")
	}
}

func TestCoverageFollowsTheCollector(t *testing.T) {
	p := player{ends: []outcry.Tick{10, 20}, up: []bool{false, true}}
	for tick, want := range map[outcry.Tick]float64{9: 1, 10: 0, 19: 0, 20: 1} {
		if got := p.coverage(tick); got != want {
			t.Errorf("tick %d: coverage %v, want %v", tick, got, want)
		}
	}
}

func total(tallies []outcry.Tally) (n uint32) {
	for i := range tallies {
		n += tallies[i].Total
	}
	return n
}

func TestLateness(t *testing.T) {
	for _, c := range []struct {
		name  string
		known []outcry.Tally // judged by an earlier process
		turns [][]outcry.Tally
		want  []uint32 // what is new in each turn, of ticks t0, t0+1 …
	}{
		{
			name:  "what is read for the first time is new",
			turns: [][]outcry.Tally{{reports("a", t0, 3)}, {reports("a", t0, 3), reports("a", t0+1, 2)}},
			want:  []uint32{3, 2},
		},
		{
			name:  "what has not grown is not new",
			turns: [][]outcry.Tally{{reports("a", t0, 3)}, {reports("a", t0, 3)}, {reports("a", t0, 3)}},
			want:  []uint32{3, 0, 0},
		},
		{
			name:  "stragglers are new in the tick that they become known in",
			turns: [][]outcry.Tally{{reports("a", t0, 3)}, {reports("a", t0, 5), reports("a", t0+1, 1)}},
			want:  []uint32{3, 3},
		},
		{
			name:  "two services are two streams",
			turns: [][]outcry.Tally{{reports("a", t0, 3), reports("b", t0, 4)}, {reports("a", t0, 3), reports("b", t0, 5)}},
			want:  []uint32{7, 1},
		},
		{
			name:  "what was judged before a restart is not judged again",
			known: []outcry.Tally{reports("a", t0-3, 40), reports("a", t0-1, 50)},
			turns: [][]outcry.Tally{{reports("a", t0-3, 40), reports("a", t0-1, 52), reports("a", t0, 1)}},
			want:  []uint32{3},
		},
		{
			name:  "numbers that shrink bring nothing, and nothing negative",
			turns: [][]outcry.Tally{{reports("a", t0, 3)}, {reports("a", t0, 1)}},
			want:  []uint32{3, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLateness(7)
			l.know(c.known)
			for i, turn := range c.turns {
				tick := t0 + outcry.Tick(i)
				got := l.through(tick, tick+1, turn)
				if total(got) != c.want[i] {
					t.Errorf("turn %d: %d new, want %d", i, total(got), c.want[i])
				}
				for _, y := range got {
					if y.Tick != tick {
						t.Errorf("turn %d: a tally of tick %d, want %d", i, y.Tick, tick)
					}
				}
			}
		})
	}
}

func TestLatenessThroughManyTicks(t *testing.T) {
	l := newLateness(7)
	l.through(t0, t0+1, []outcry.Tally{reports("a", t0, 3)})
	got := l.through(t0+1, t0+5, []outcry.Tally{
		reports("a", t0, 4), reports("a", t0+1, 2), reports("a", t0+2, 5), reports("a", t0+4, 7),
	})
	byTick := map[outcry.Tick]uint32{}
	for _, y := range got {
		byTick[y.Tick] += y.Total
	}
	if diff := cmp.Diff(map[outcry.Tick]uint32{t0 + 1: 3, t0 + 2: 5, t0 + 4: 7}, byTick); diff != "" {
		t.Errorf("new by tick (-want +got):\n%s", diff)
	}
}

func TestLatenessForgets(t *testing.T) {
	l := newLateness(7)
	for i := range outcry.Tick(1000) {
		l.through(t0+i, t0+i+1, []outcry.Tally{reports("a", t0+i, 1)})
	}
	if len(l.seen) > 8 {
		t.Errorf("%d ticks are remembered, of at most 7 that can still grow", len(l.seen))
	}
}

// What lateness hands out is added up by others: its own memory must not grow
// with it.
func TestLatenessKeepsItsOwnCells(t *testing.T) {
	l := newLateness(7)
	first := cells("a", t0, cell("slow", 3))
	l.through(t0, t0+1, []outcry.Tally{first})
	// both ticks' cells are of the same key: they merge in the answer
	l.through(t0+1, t0+2, []outcry.Tally{cells("a", t0, cell("slow", 5)), cells("a", t0+1, cell("slow", 4))})
	got := l.through(t0+2, t0+3, []outcry.Tally{cells("a", t0, cell("slow", 5)), cells("a", t0+1, cell("slow", 10))})
	if len(got) != 1 || got[0].Total != 6 || len(got[0].Cells) != 1 || got[0].Cells[0].Total != 6 {
		t.Errorf("got %+v, want 6 more in the tally and in its one cell", got)
	}
}

func TestTallySums(t *testing.T) {
	s := newTallySums()
	if !s.empty() {
		t.Error("new sums are not empty")
	}
	in := []outcry.Tally{cells("a", t0, cell("slow", 2)), reports("a", t0+1, 1), cells("a", t0, cell("dead", 1), cell("slow", 3))}
	s.add(in)
	want := []outcry.Tally{cells("a", t0, cell("dead", 1), cell("slow", 5)), reports("a", t0+1, 1)}
	if diff := cmp.Diff(want, s.list()); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
	if in[0].Cells[0].Total != 2 {
		t.Error("adding has changed what was added")
	}
	s.clear()
	s.add([]outcry.Tally{reports("a", t0, 4)})
	if diff := cmp.Diff([]outcry.Tally{reports("a", t0, 4)}, s.list()); diff != "" {
		t.Errorf("after clear (-want +got):\n%s", diff)
	}
}
