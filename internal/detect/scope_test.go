package detect

import (
	"maps"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// normally is a service whose normal reports are known: four thousand, by
// region and carrier. Red has no customers in DE.
func normally() *service {
	cells := map[outcry.CellKey]float64{}
	for region, r := range map[string]float64{"US": 0.5, "DE": 0.2, "GB": 0.1, outcry.ScopeOther: 0.2} {
		for carrier, c := range map[string]float64{"Red": 0.3, "Blue": 0.3, "": 0.4} {
			if region == "DE" && carrier == "Red" {
				continue
			}
			k := outcry.CellKey{Scope: outcry.Scope{Region: region, Carrier: carrier}}
			cells[k] = 4000 * r * c
		}
	}
	s := &service{Shares: newShares()}
	g := segment{Cells: cells}
	g.unpack(&s.Shares)
	s.Shares.learn(g)
	return s
}

func TestConfine(t *testing.T) {
	cases := []struct {
		name  string
		times func(region, carrier string) float64
		want  [][]string
	}{
		{
			"all of it tenfold is not confined",
			func(_, _ string) float64 { return 10 },
			[][]string{nil, nil, nil, nil, nil},
		},
		{
			"a region is named",
			func(r, _ string) float64 { return times(r == "DE", 10) },
			[][]string{{"DE"}, nil, nil, nil, nil},
		},
		{
			"a carrier in one region is named with it",
			func(r, c string) float64 { return times(r == "US" && c == "Blue", 20) },
			[][]string{{"US"}, {"Blue"}, nil, nil, nil},
		},
		{
			"a carrier is named alone, and not with the regions that it has customers in",
			func(_, c string) float64 { return times(c == "Red", 10) },
			[][]string{nil, {"Red"}, nil, nil, nil},
		},
		{
			"what has no name is not named",
			func(r, c string) float64 { return times(r == outcry.ScopeOther || c == "", 10) },
			[][]string{nil, nil, nil, nil, nil},
		},
		{
			"twice as many everywhere and a little more in a region is not confined",
			func(r, _ string) float64 { return 2 + times(r == "GB", 1.2) - 1 },
			[][]string{nil, nil, nil, nil, nil},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := normally()
			counts := map[[dims]string]float64{}
			for k, n := range s.Shares.Cells {
				counts[values(k.Scope)] = math.Round(*n / 40 * c.times(k.Scope.Region, k.Scope.Carrier))
			}
			if d := cmp.Diff(c.want, s.confine(cube{cells: s.Shares.leaves(counts, 100)})); d != "" {
				t.Error(d)
			}
		})
	}
}

func times(yes bool, n float64) float64 {
	if yes {
		return n
	}
	return 1
}

func TestLeavesShareWhatWasExpected(t *testing.T) {
	s := normally()
	counts := map[[dims]string]float64{}
	for k := range maps.Keys(s.Shares.Cells) {
		counts[values(k.Scope)] = 1
	}
	counts[[dims]string{dimRegion: "FR", dimCarrier: "Green"}] = 1
	var sum, novel float64
	for _, c := range s.Shares.leaves(counts, 250) {
		sum += c.Expect
		if c.At[dimRegion] == "FR" {
			novel = c.Expect
		}
	}
	if math.Abs(sum-250) > 1e-9 {
		t.Errorf("250 expected in all, %g in the leaves", sum)
	}
	if novel <= 0 || novel > 1 {
		t.Errorf("%g expected where nobody ever reported from", novel)
	}
}

// Of four symptoms each has a quarter of what is usual.
func TestSymptomsAreNamedThatAreNoChance(t *testing.T) {
	s := &service{Shares: newShares()}
	g := segment{Cells: map[outcry.CellKey]float64{}}
	for _, v := range []string{"slow", "down", "sign-in", "payment"} {
		g.Cells[outcry.CellKey{Symptom: v}] = 1000
	}
	g.unpack(&s.Shares)
	s.Shares.learn(g)
	for _, c := range []struct {
		says   string
		counts map[string]float64
		usual  float64 // of all
		want   []string
	}{
		{"one of which three came by chance is not named with the fault's", map[string]float64{"down": 18, "slow": 3, "sign-in": 1}, 5, []string{"down"}},
		{"one that makes up a tenth of a large crowd is", map[string]float64{"down": 900, "slow": 110, "sign-in": 12}, 40, []string{"down", "slow"}},
		{"one that makes up a fiftieth is not, though it is no chance", map[string]float64{"down": 900, "slow": 30, "sign-in": 9}, 40, []string{"down"}},
		{"two of a handful are, where nothing is usual", map[string]float64{"down": 3, "slow": 2}, 0.5, []string{"down", "slow"}},
		{"none is where no more came than is usual", map[string]float64{"down": 9, "slow": 11}, 20, []string{}},
	} {
		q := cube{all: c.usual}
		for _, n := range c.counts {
			q.count += n
		}
		if d := cmp.Diff(c.want, s.symptoms(c.counts, q)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.says, d)
		}
	}
}
