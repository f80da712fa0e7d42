package detect

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// A cell has one place, whichever others were asked for between: many share a
// slot, and a name's ends.
func TestACellHasOnePlace(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newShares()
		have := map[outcry.CellKey]*place{}
		for range rapid.IntRange(1, 600).Draw(r, "lookups") {
			k := outcry.CellKey{Symptom: rapid.SampledFrom([]string{"", "slow", "snow"}).Draw(r, "symptom"),
				Scope: outcry.Scope{Region: fmt.Sprintf("a%db", rapid.IntRange(0, 99).Draw(r, "region")), Segment: rapid.SampledFrom([]string{"", "x"}).Draw(r, "segment")}}
			p := s.place(&k)
			if p.key != k || have[k] != nil && have[k] != p {
				r.Fatalf("asked for %+v, got %+v", k, p.key)
			}
			have[k] = p
		}
	})
}

// A segment's cells are in order at its end, each once, also when places have
// been made anew while it filled.
func TestASegmentEndsInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s, g := newShares(), segment{}
		want := map[outcry.CellKey]float64{}
		for range rapid.IntRange(1, 60).Draw(r, "ticks") {
			if rapid.IntRange(0, 9).Draw(r, "forgets") == 0 {
				s.forget()
			}
			k := outcry.CellKey{Symptom: "slow", Scope: outcry.Scope{Region: fmt.Sprint(rapid.IntRange(0, 20).Draw(r, "region"))}}
			n := rapid.Uint32Range(0, 3).Draw(r, "reports")
			cells := []outcry.Cell{{CellKey: k, Counts: outcry.Counts{Fresh: n}}}
			g.add(cells, s.placesOf(nil, cells))
			if n > 0 {
				want[k] += float64(n)
			}
		}
		g.sort()
		if len(g.cells) != len(want) {
			r.Fatalf("%d cells, not %d", len(g.cells), len(want))
		}
		for i, c := range g.cells {
			if c.n != want[c.at.key] || i > 0 && g.cells[i-1].at.key.Compare(c.at.key) >= 0 {
				r.Fatalf("cell %d: %+v has %v, not %v", i, c.at.key, c.n, want[c.at.key])
			}
		}
	})
}

// What arrivals brought is kept as long as scopes look at it, and a snapshot
// keeps it too.
func TestArrivalsKeepTheirCells(t *testing.T) {
	j := newJudge(t, "shop")
	s := j.byID["shop"]
	regions := []string{"DE", "FR", "GB"}
	for i := range 3 * scopeBack {
		k := day0() + outcry.Tick(i)
		if i%2 == 0 {
			step(t, j, k, reports("shop", k, 1+uint32(i%3), outcry.CellKey{Symptom: "slow", Scope: outcry.Scope{Region: regions[i%3]}}))
		} else {
			step(t, j, k)
		}
	}
	since := j.Next() - scopeBack
	want := map[string]float64{}
	for i := 2 * scopeBack; i < 3*scopeBack; i += 2 {
		want[regions[i%3]] += float64(1 + i%3)
	}
	again := newJudge(t, "shop")
	if err := again.Restore(kept(t, j)); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*service{s, again.byID["shop"]} {
		q, symptoms := x.cube(since)
		for _, c := range q.cells {
			if c.Count != want[c.At[dimRegion]] {
				t.Errorf("%v in %s, not %v", c.Count, c.At[dimRegion], want[c.At[dimRegion]])
			}
		}
		if all := want["DE"] + want["FR"] + want["GB"]; q.count != all || symptoms["slow"] != all || len(q.cells) < 3 {
			t.Errorf("%v in all, %v slow, %d cells; not %v", q.count, symptoms["slow"], len(q.cells), all)
		}
		if len(x.where) > 2*scopeBack || x.History[0].Cells != nil {
			t.Errorf("%d cells are kept", len(x.where))
		}
	}
}
