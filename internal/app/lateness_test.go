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
