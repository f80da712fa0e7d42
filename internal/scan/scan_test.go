package scan_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry/internal/scan"
)

// grid makes a cube of regions, carriers and platforms in which every cell
// expects and counts as told.
func grid(expect float64, count func(region, carrier, platform string) float64) []scan.Cell {
	var cells []scan.Cell
	for _, r := range []string{"DE", "FR", "GB", "US"} {
		for _, c := range []string{"Blue", "Green", "Red"} {
			for _, p := range []string{"android", "ios"} {
				cells = append(cells, scan.Cell{At: []string{r, c, p}, Count: count(r, c, p), Expect: expect, Spread: 0.05})
			}
		}
	}
	return cells
}

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

func TestFind(t *testing.T) {
	cases := []struct {
		name  string
		times func(r, c, p string) float64
		want  [][]string
	}{
		{
			"when all cells count what they should, nothing is confined",
			func(_, _, _ string) float64 { return 1 },
			[][]string{nil, nil, nil},
		},
		{
			"one country ten times over is named alone",
			func(r, _, _ string) float64 { return pick(r == "DE", 10, 1) },
			[][]string{{"DE"}, nil, nil},
		},
		{
			"two countries are one set",
			func(r, _, _ string) float64 { return pick(r == "DE" || r == "US", 10, 1) },
			[][]string{{"DE", "US"}, nil, nil},
		},
		{
			"a carrier in two countries is a conjunction",
			func(r, c, _ string) float64 { return pick(c == "Red" && (r == "DE" || r == "US"), 10, 1) },
			[][]string{{"DE", "US"}, {"Red"}, nil},
		},
		{
			"three attributes are found too",
			func(r, c, p string) float64 { return pick(c == "Red" && r == "FR" && p == "ios", 20, 1) },
			[][]string{{"FR"}, {"Red"}, {"ios"}},
		},
		{
			"what is up everywhere is not confined to where it is up most",
			func(r, _, _ string) float64 { return pick(r == "DE", 12, 8) },
			[][]string{nil, nil, nil},
		},
		{
			"silence in one country is no fault of it",
			func(r, _, _ string) float64 { return pick(r == "DE", 0, 1) },
			[][]string{nil, nil, nil},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cells := grid(10, func(r, ca, p string) float64 { return 10 * c.times(r, ca, p) })
			got, err := scan.Find(cells, scan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got.Sets); d != "" {
				t.Errorf("score %.1f, count %g of %g:\n%s", got.Score, got.Count, got.Expect, d)
			}
			confined := slices.ContainsFunc(c.want, func(s []string) bool { return s != nil })
			if got.Confined() != confined {
				t.Errorf("confined: %v", got.Confined())
			}
		})
	}
}

func TestCountsOfTheCause(t *testing.T) {
	got, err := scan.Find(grid(2, func(r, _, _ string) float64 { return pick(r == "GB", 30, 2) }), scan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Count != 180 || got.Expect != 12 {
		t.Errorf("counted %g where %g were to be expected, not 180 where 12 were", got.Count, got.Expect)
	}
}

func TestOptions(t *testing.T) {
	red := func(r, c, _ string) float64 { return pick(c == "Red" && r == "DE", 100, 10) }
	cases := []struct {
		name    string
		options scan.Options
		want    [][]string
	}{
		{"of one attribute at most, the better is named", scan.Options{Attributes: 1}, [][]string{{"DE"}, nil, nil}},
		{"a price above the evidence leaves nothing to name", scan.Options{Condition: 1e6}, [][]string{nil, nil, nil}},
		{
			"what may not be named is not, and its other attribute speaks for it",
			scan.Options{Nameable: func(_ int, v string) bool { return v != "DE" }},
			[][]string{nil, {"Red"}, nil},
		},
		{
			"where nothing may be named, nothing is",
			scan.Options{Nameable: func(int, string) bool { return false }},
			[][]string{nil, nil, nil},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := scan.Find(grid(10, red), c.options)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got.Sets); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestASmallPartIsNotWorthItsShare(t *testing.T) {
	// Red fails twentyfold, and so does a thirtieth as much of Green: two values
	// explain more, one explains enough.
	cells := []scan.Cell{
		{At: []string{"Blue"}, Count: 1000, Expect: 1000},
		{At: []string{"Green"}, Count: 600, Expect: 30},
		{At: []string{"Red"}, Count: 20000, Expect: 1000},
	}
	for share, want := range map[float64][]string{0: {"Green", "Red"}, 0.1: {"Red"}} {
		got, err := scan.Find(cells, scan.Options{ValueShare: share})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([][]string{want}, got.Sets); d != "" {
			t.Errorf("share %g:\n%s", share, d)
		}
	}
}

func TestSpreadKeepsOneGiantFromDeciding(t *testing.T) {
	// A giant cell is up by a half, as rates of one cell are at times; a
	// hundred small ones of a country are up tenfold.
	cells := []scan.Cell{{At: []string{"US", "giant"}, Count: 150000, Expect: 100000, Spread: 0.1}}
	for i := range 100 {
		cells = append(cells,
			scan.Cell{At: []string{"DE", string(rune('a' + i%26))}, Count: 20, Expect: 2, Spread: 0.1},
			scan.Cell{At: []string{"US", string(rune('a' + i%26))}, Count: 2, Expect: 2, Spread: 0.1})
	}
	got, err := scan.Find(cells, scan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{{"DE"}, nil}, got.Sets); d != "" {
		t.Error(d)
	}
}

func TestRefused(t *testing.T) {
	at := []string{"DE"}
	cases := map[string][]scan.Cell{
		"a negative count":               {{At: at, Count: -1}},
		"a count that is no number":      {{At: at, Count: math.NaN()}},
		"an endless expectation":         {{At: at, Expect: math.Inf(1)}},
		"a negative spread":              {{At: at, Spread: -0.1}},
		"cells of different attributes":  {{At: at}, {At: []string{"DE", "Red"}}},
		"an expectation below all sense": {{At: at, Expect: math.Inf(-1)}},
	}
	for name, cells := range cases {
		if _, err := scan.Find(cells, scan.Options{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestOddCubes(t *testing.T) {
	cases := map[string][]scan.Cell{
		"no cells":                         nil,
		"cells without attributes":         {{Count: 5, Expect: 1}, {Count: 5, Expect: 1}},
		"a single cell":                    {{At: []string{"DE"}, Count: 50, Expect: 1}},
		"counts where nothing is expected": {{At: []string{"DE"}, Count: 3}, {At: []string{"FR"}, Count: 3}},
		"the largest numbers there are":    {{At: []string{"DE"}, Count: 1e300, Expect: 1e300, Spread: 1e3}, {At: []string{"FR"}}},
	}
	for name, cells := range cases {
		got, err := scan.Find(cells, scan.Options{})
		if err != nil || got.Confined() || math.IsNaN(got.Score) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var cells []scan.Cell
	for range 4000 {
		c := scan.Cell{Expect: rng.ExpFloat64() * 5, Spread: 0.05}
		for _, n := range []int{30, 8, 6, 10, 4} {
			c.At = append(c.At, string(rune('a'+rng.IntN(n))))
		}
		c.Count = c.Expect * pick(c.At[0] == "c" && c.At[1] == "d", 12, 1)
		cells = append(cells, c)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scan.Find(cells, scan.Options{Condition: 3, ConditionShare: 0.04}); err != nil {
			b.Fatal(err)
		}
	}
}
