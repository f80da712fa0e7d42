package detect

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// scoped is a service whose shares have learned these quiet reports.
func scoped(quiet map[outcry.Scope]float64) *service {
	s := newService("shop", defaultPrior(), day0())
	g := segment{Cells: map[outcry.CellKey]float64{}}
	for at, n := range quiet {
		g.Cells[outcry.CellKey{Symptom: "slow", Scope: at}] = n
	}
	s.Shares.learn(g)
	return s
}

// struck has the service remember one tick of these reports, where so many are
// usual in all.
func (s *service) struck(usual float64, reports map[outcry.CellKey]uint32) {
	a := arrival{Tick: day0()}
	for k, n := range reports {
		a.Cells = append(a.Cells, outcry.Cell{CellKey: k, Counts: outcry.Counts{Fresh: n}})
	}
	slices.SortFunc(a.Cells, func(x, y outcry.Cell) int { return x.CellKey.Compare(y.CellKey) })
	s.History = []arrival{a}
	s.Reports.Next, s.Reports.Rate, s.Reports.Filter = day0()+1, usual, filter{}
}

// everywhere is a service's usual reports: four regions, three carriers in
// each, two platforms.
func everywhere() map[outcry.Scope]float64 {
	out := map[outcry.Scope]float64{}
	for _, r := range []string{"DE", "FR", "GB", "US"} {
		for _, c := range []string{"alpha", "beta", "gamma"} {
			for _, p := range []string{"ios", "web"} {
				out[outcry.Scope{Region: r, Carrier: c, Platform: p}] = 50
			}
		}
	}
	return out
}

func TestWhereAFaultReaches(t *testing.T) {
	none := []string{}
	for _, x := range []struct {
		why                          string
		hit                          func(outcry.Scope) bool
		regions, carriers, platforms []string
	}{
		{"everywhere is not confined", func(outcry.Scope) bool { return true }, none, none, none},
		{"one region", func(s outcry.Scope) bool { return s.Region == "DE" }, []string{"DE"}, none, none},
		{"two regions", func(s outcry.Scope) bool { return s.Region == "DE" || s.Region == "US" }, []string{"DE", "US"}, none, none},
		{"one carrier", func(s outcry.Scope) bool { return s.Carrier == "beta" }, none, []string{"beta"}, none},
		{"one platform", func(s outcry.Scope) bool { return s.Platform == "web" }, none, none, []string{"web"}},
		{"one carrier in one region", func(s outcry.Scope) bool { return s.Region == "GB" && s.Carrier == "gamma" },
			[]string{"GB"}, []string{"gamma"}, none},
	} {
		s, reports := scoped(everywhere()), map[outcry.CellKey]uint32{}
		for at := range everywhere() {
			key := outcry.CellKey{Symptom: "slow", Scope: at}
			reports[key] = 1
			if x.hit(at) {
				reports[key] = 40
			}
		}
		s.struck(24, reports)
		got := s.locate(day0())
		want := outcry.Affected{Regions: x.regions, Carriers: x.carriers, Platforms: x.platforms, Versions: none, Segments: none, Symptoms: []string{"slow"}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", x.why, d)
		}
	}
}

func TestAFewReportsAreNotCalledConfined(t *testing.T) {
	s := scoped(map[outcry.Scope]float64{{Region: "DE"}: 300, {Region: "FR"}: 300})
	s.struck(0.5, map[outcry.CellKey]uint32{{Scope: outcry.Scope{Region: "DE"}}: 3})
	if got := s.locate(day0()); len(got.Regions) > 0 {
		t.Errorf("three reports from half of the people are confined to %q", got.Regions)
	}
}

// A service of one country is not confined to it.
func TestWhereEverybodyIsIsNoConfinement(t *testing.T) {
	s := scoped(map[outcry.Scope]float64{{Region: "DE"}: 1000, {Region: "FR"}: 5})
	s.struck(1, map[outcry.CellKey]uint32{{Scope: outcry.Scope{Region: "DE"}}: 200, {Scope: outcry.Scope{Region: "FR"}}: 1})
	if got := s.locate(day0()); len(got.Regions) > 0 {
		t.Errorf("confined to %q, where all its people are", got.Regions)
	}
}

// What is not known, and what exceeded the cardinality, is the name of nothing.
func TestNoPlaceIsCalledUnknownOrOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := rapid.SampledFrom([]string{"", outcry.ScopeOther, "DE", "FR"})
		s := scoped(map[outcry.Scope]float64{{Region: "DE"}: 100, {Region: "FR", Carrier: "alpha"}: 100, {Carrier: outcry.ScopeOther}: 10, {}: 50})
		reports := map[outcry.CellKey]uint32{}
		for range rapid.IntRange(1, 8).Draw(t, "cells") {
			reports[outcry.CellKey{Symptom: pick.Draw(t, "symptom"), Scope: outcry.Scope{
				Region: pick.Draw(t, "region"), Carrier: pick.Draw(t, "carrier"), Platform: pick.Draw(t, "platform"),
				Version: pick.Draw(t, "version"), Segment: pick.Draw(t, "segment")}}] = uint32(rapid.IntRange(1, 200).Draw(t, "fresh"))
		}
		s.struck(rapid.Float64Range(0.01, 20).Draw(t, "usual"), reports)
		got := s.locate(day0())
		for _, list := range [][]string{got.Regions, got.Carriers, got.Platforms, got.Versions, got.Segments} {
			if slices.Contains(list, "") || slices.Contains(list, outcry.ScopeOther) {
				t.Fatalf("got %+v", got)
			}
			if !slices.IsSorted(list) || list == nil {
				t.Fatalf("got %+v: a list is nil or not in order", got)
			}
		}
		if slices.Contains(got.Symptoms, "") {
			t.Fatalf("got symptoms %q", got.Symptoms)
		}
	})
}

func TestOnlySymptomsOfTheExcessAreNamed(t *testing.T) {
	s := newService("shop", defaultPrior(), day0())
	s.Shares.learn(segment{Cells: map[outcry.CellKey]float64{{Symptom: "slow"}: 500, {Symptom: "login"}: 500}})
	s.struck(20, map[outcry.CellKey]uint32{{Symptom: "slow"}: 12, {Symptom: "login"}: 60, {Symptom: "payment"}: 46, {Symptom: "lost"}: 1, {}: 1})
	if d := cmp.Diff([]string{"login", "payment"}, s.locate(day0()).Symptoms); d != "" {
		t.Error(d)
	}
}

// crowded is a service that has met more places than it remembers.
func crowded() *service {
	s, g := newService("shop", defaultPrior(), day0()), newThetaGrid()
	for half := range 2 {
		cells := make([]outcry.Cell, 700)
		for i := range cells {
			at := outcry.Scope{Region: fmt.Sprintf("R%d-%d", half, i), Carrier: fmt.Sprint(i % 7), Version: fmt.Sprint(half, i)}
			cells[i] = outcry.Cell{CellKey: outcry.CellKey{Scope: at}, Counts: outcry.Counts{Fresh: 1}}
		}
		var seg segment
		seg.add(cells)
		s.Shares.learn(seg)
		for i := range cells {
			cells[i].Scope.Platform = fmt.Sprint(half, i)
		}
		g.takeSubs(s, day0()+outcry.Tick(half), cells, 15)
	}
	return s
}

// Which places are remembered is not left to the order of a map.
func TestTooManyPlacesAreForgottenInOrder(t *testing.T) {
	a, b := crowded(), crowded()
	if len(a.Shares.Cells) != maxCells || len(a.Subs) != maxSubs {
		t.Fatalf("%d cells and %d parts: not too many", len(a.Shares.Cells), len(a.Subs))
	}
	same := func(x, y *subSeries) bool { return x.N == y.N }
	if !maps.EqualFunc(a.Subs, b.Subs, same) {
		t.Error("other parts are followed in a second run")
	}
	if !maps.Equal(a.Shares.Cells, b.Shares.Cells) {
		t.Error("other cells are known in a second run")
	}
}

func TestAPairIsNotTheProductOfItsParts(t *testing.T) {
	// a carrier has its country: alpha is German, beta French
	s := scoped(map[outcry.Scope]float64{{Region: "DE", Carrier: "alpha"}: 500, {Region: "FR", Carrier: "beta"}: 500})
	if p, _ := s.Shares.pair("DE", "alpha"); p < 0.45 || p > 0.55 {
		t.Errorf("a carrier in its country has a share of %v", p)
	}
	if p, _ := s.Shares.pair("DE", "beta"); p <= 0 || p > 0.02 {
		t.Errorf("a carrier where it is not has a share of %v", p)
	}
}
