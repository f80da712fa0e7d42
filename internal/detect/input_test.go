package detect

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// A tick's signals may come in one tally or in pieces, as partitions and commits
// have them.
func TestHowATickIsBatchedChangesNothing(t *testing.T) {
	whole, pieces := newJudge(t, "shop", "mail", "maps"), newJudge(t, "shop", "mail", "maps")
	r := rand.New(rand.NewPCG(6, 6))
	for i, tallies := range storm(day0(), 400) {
		k := day0() + outcry.Tick(i)
		var split []outcry.Tally
		for _, y := range tallies {
			split = append(split, y)
			if y.Kind != outcry.KindReport {
				continue
			}
			more := reports(y.Service, k, 1+r.Uint32N(3), outcry.CellKey{Symptom: "slow", Scope: outcry.Scope{Region: "DE"}})
			split = append(split, more)
			for j := range tallies {
				if tallies[j].Service == y.Service && tallies[j].Kind == y.Kind {
					tallies[j].Cells = append([]outcry.Cell(nil), tallies[j].Cells...)
					tallies[j].Add(more)
				}
			}
		}
		if d := cmp.Diff(step(t, whole, k, tallies...), step(t, pieces, k, split...)); d != "" {
			t.Fatalf("tick %d: %s", i, d)
		}
	}
}

func TestWhatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	j := newJudge(t, "shop")
	for _, x := range []struct {
		why      string
		t        outcry.Tick
		coverage float64
		code     outcry.Code
	}{
		{"a tick before the next", day0() - 1, 1, outcry.CodeConflict},
		{"a tick at the end of time", math.MaxInt64, 1, outcry.CodeInvalid},
		{"a tick a century on", day0() + 100*ticksPerYear, 0, outcry.CodeInvalid},
		{"a negative coverage", day0(), -1, outcry.CodeInvalid},
		{"a coverage of two", day0(), 2, outcry.CodeInvalid},
		{"a coverage that is no number", day0(), math.NaN(), outcry.CodeInvalid},
	} {
		if _, err := j.Step(x.t, x.coverage, nil); outcry.CodeOf(err) != x.code || j.Next() != day0() {
			t.Errorf("%s: %v, next is %d", x.why, err, j.Next()-day0())
		}
	}
	// the most that a tally can say is much, and no trouble
	for k := day0(); k < day0()+60; k++ {
		vs := step(t, j, k, reports("shop", k, math.MaxUint32, outcry.CellKey{}))
		for _, v := range vs {
			if math.IsNaN(v.Nats) || math.IsInf(v.Nats, 0) || math.IsNaN(v.Size.Rate) {
				t.Fatalf("%+v", v)
			}
		}
	}
}

// What is bounded away is never more than its bound.
func TestTheCeilingIsOverTheStatistic(t *testing.T) {
	g := newThetaGrid()
	rapid.Check(t, func(t *rapid.T) {
		s := newStream(Prior{PerHour: 10, Size: 5}, day0())
		s.Noise.V = rapid.Float64Range(noiseMin, noiseMax).Draw(t, "V")
		s.Noise.Tau = rapid.Float64Range(0.1, 6.5).Draw(t, "tau")
		s.Filter = filter{Mu: rapid.Float64Range(-2, 2).Draw(t, "mu"), Q: rapid.Float64Range(0, 0.5).Draw(t, "q")}
		s.Rate = rapid.Float64Range(1e-4, 50).Draw(t, "rate")
		s.Spread = rapid.Float64Range(0.001, 2).Draw(t, "spread")
		m := s.mark()
		m.Gap, m.W = rapid.Float64Range(1, maxAge).Draw(t, "gap"), rapid.Float64Range(0, 100).Draw(t, "W")
		age := rapid.IntRange(1, maxAge).Draw(t, "age")
		s.Next, s.E = s.Next+outcry.Tick(age), float64(age)*s.Rate
		s.N = float64(rapid.IntRange(1, 2000).Draw(t, "count"))
		top, _ := s.ceiling(&m, s.N, 1, 0)
		for name, w := range map[string]window{"known": s.window(m, 1), "plain": s.plain(m)} {
			if l := g.sum(w, m.Gap, s.Rate, m.W); w.C > w.B && l > top+1e-6 {
				t.Fatalf("%s: %v nats over the bound of %v (%+v)", name, l, top, w)
			}
		}
	})
}
