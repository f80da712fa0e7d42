package detect

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// Of a part and the rest of a service, whose expectations have one multiplier
// with a Gamma's law, the ratio of both counts for a fault of the part alone is
// θ^c ((a+b+e)/(a+θb+e))^(a+c+rest).
func TestBesideTheRestIsTheRatioOfBothCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := float64(rapid.IntRange(0, 300).Draw(t, "c"))
		rest := float64(rapid.IntRange(0, 300).Draw(t, "rest"))
		all := rapid.Float64Range(0.05, 300).Draw(t, "all")
		share := rapid.Float64Range(0.01, 0.99).Draw(t, "share")
		a := rapid.Float64Range(0.3, 500).Draw(t, "a")
		theta := rapid.Float64Range(1.01, 300).Draw(t, "theta")
		w := window{C: c, B: share * all, A: a}.beside(rest, share)
		want := c*math.Log(theta) + (a+c+rest)*math.Log((a+all)/(a+all+(theta-1)*share*all))
		if got := blockLLR(w.C, w.B, w.A, theta, math.Log(theta)); !near(got, want, 1e-7) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// What the bound rules out is under the limit.
func TestWhatTheMixCannotBeIsUnderTheLimit(t *testing.T) {
	g := newThetaGrid()
	ruledOut := 0
	rapid.Check(t, func(t *rapid.T) {
		s := newStream(defaultPrior(), 0)
		s.Next, s.Rate = 1000, rapid.Float64Range(0.001, 1).Draw(t, "rate")
		age := outcry.Tick(rapid.IntRange(1, 900).Draw(t, "age"))
		m := s.mark()
		m.Q = rapid.Float64Range(0, 0.69).Draw(t, "Q")
		m.Tick, m.Gap, m.All, m.N, m.E = s.Next-age, 1, 1, 0, 0
		s.E = s.Rate * float64(age)
		c := float64(rapid.IntRange(1, 100).Draw(t, "c"))
		s.N = 1 + c + float64(rapid.IntRange(0, 200).Draw(t, "rest"))
		share := rapid.Float64Range(0.01, mostShare).Draw(t, "share")
		variance := rapid.Float64Range(0.05, 1).Draw(t, "variance")
		limit := rapid.Float64Range(1, 30).Draw(t, "limit")
		if !s.mixBelow(&m, c, share, variance, limit) {
			return
		}
		ruledOut++
		w := s.window(m, share)
		w.C = c
		if got := g.sumFrom(w.beside(s.N-m.All-c, share), variance, &m, share*s.Rate); got > limit {
			t.Fatalf("%v nats, with a limit of %v", got, limit)
		}
	})
	if ruledOut == 0 {
		t.Error("it rules out nothing")
	}
}
