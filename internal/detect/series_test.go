package detect

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// playedMarks takes counts, tick by tick, into a stream and its marks.
type playedMarks struct {
	s     *stream
	marks []mark
}

// steadyStream is one whose rate is known for certain: its blocks are Poisson.
func steadyStream(perTick float64) *stream {
	s := newStream(Prior{PerHour: 360 * perTick, Size: 1}, day0())
	s.Noise.V, s.Rate = 0, perTick
	s.Filter = filter{}
	return s
}

func (p *playedMarks) take(n float64) {
	m := p.s.mark()
	p.s.N += n
	p.s.E += p.s.Rate
	p.s.Next++
	if n > 0 {
		p.marks = push(p.marks, m, 1)
	}
}

// statistic is ln R by the marks.
func (p *playedMarks) statistic(g thetaGrid) float64 {
	sum := math.Inf(-1)
	for _, m := range p.marks {
		sum = logAdd(sum, g.sum(p.s.window(m, 1), m.Gap, p.s.Rate, m.W))
	}
	return sum
}

// everyStart is ln R by every start there may have been, also in the empty day
// before the first tick: R ← (R + 1)·Λ for each rate.
type everyStart struct{ r []float64 }

func newEveryStart(g thetaGrid, rate float64) everyStart {
	e := everyStart{r: make([]float64, len(g.theta))}
	for j, theta := range g.theta {
		silent := math.Exp(-rate * (theta - 1))
		for range maxAge {
			e.r[j] = (e.r[j] + 1) * silent
		}
	}
	return e
}

func (e everyStart) take(g thetaGrid, rate, n float64) {
	for j, theta := range g.theta {
		e.r[j] = (e.r[j] + 1) * math.Exp(blockLLR(n, rate, math.Inf(1), theta, g.ln[j]))
	}
}

func (e everyStart) statistic(g thetaGrid) float64 {
	var sum float64
	for _, r := range e.r {
		sum += r
	}
	return math.Log(sum) + g.lnWeight
}

// A fast rise leaves few marks and the sum is all but exact. A slow one leaves
// many, and what stands for those that were merged is an estimate. The two are
// compared where it matters, at ticks that brought events and over 8 nats.
func TestMarksSumWhatEveryStartSums(t *testing.T) {
	const invented, lostFast, lostSlow = 2.0, 1.0, 3.0
	g := newThetaGrid()
	rapid.Check(t, func(t *rapid.T) {
		rate := math.Exp(rapid.Float64Range(math.Log(0.003), 0).Draw(t, "ln rate"))
		theta, lost := rapid.Float64Range(1, 8).Draw(t, "slow"), lostSlow
		if rapid.Bool().Draw(t, "is fast") {
			theta, lost = rapid.Float64Range(10, 40).Draw(t, "fast"), lostFast
		}
		onset := rapid.IntRange(0, 300).Draw(t, "onset")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		p, all := playedMarks{s: steadyStream(rate)}, newEveryStart(g, rate)
		for i := range 800 {
			mean := rate
			if i >= onset {
				mean *= theta
			}
			n := drawPoisson(r, mean)
			p.take(n)
			all.take(g, rate, n)
			want := all.statistic(g)
			if n == 0 || want < 8 {
				continue
			}
			if got := p.statistic(g); got > want+invented || got < want-lost {
				t.Fatalf("tick %d: %v by %d marks, %v by every start", i, got, len(p.marks), want)
			}
			if want > 40 {
				return
			}
		}
	})
}

func TestMarksAreFewAndNoneIsOlderThanADay(t *testing.T) {
	// over maxMarks only those remain that lie an eighth of their age apart
	const most = 72
	r := rand.New(rand.NewPCG(5, 5))
	for _, rate := range []float64{0.003, 0.05, 0.8} {
		p := playedMarks{s: steadyStream(rate)}
		for range 3 * maxAge {
			p.take(drawPoisson(r, 1.3*rate)) // somewhat over the usual, which keeps marks alive
			if len(p.marks) > most {
				t.Fatalf("rate %v: %d marks", rate, len(p.marks))
			}
		}
		last := p.marks[len(p.marks)-1].Tick
		for _, m := range p.marks {
			if last-m.Tick > maxAge {
				t.Errorf("rate %v: a mark of %d ticks before", rate, last-m.Tick)
			}
		}
	}
}

func TestAMarkThatIsKeptStays(t *testing.T) {
	after := func(bulletin float64) []anchor {
		s := &service{Reports: steadyStream(1), Posts: newTalk(day0())}
		first := s.anchor()
		s.push(&first)
		s.Reports.N, s.Reports.E, s.Reports.Next = 1, 101, s.Reports.Next+101 // so long a silence speaks against it
		s.Fixed.Sum = bulletin
		second := s.anchor()
		s.push(&second)
		return s.Marks
	}
	keep, drop := after(3), after(0)
	if len(keep) != 2 || len(drop) != 1 {
		t.Fatalf("%d marks when a bulletin has spoken since, %d when nothing has", len(keep), len(drop))
	}
	if drop[0].Mark.Gap != maxAge || keep[1].Mark.Gap != 101 {
		t.Errorf("gaps of %v and %v", drop[0].Mark.Gap, keep[1].Mark.Gap)
	}
	if want := math.Exp(ln3 - 202); drop[0].Mark.W != want {
		t.Errorf("the one that is left has a mass of %v of the other's, not %v", drop[0].Mark.W, want)
	}
}

func TestTheLogarithmOfThree(t *testing.T) {
	if !near(ln3, math.Log(3), 1e-15) {
		t.Errorf("ln 3 is %v, not %v", math.Log(3), ln3)
	}
}

func TestAWindowCountsWhatCameSinceItsMark(t *testing.T) {
	p := playedMarks{s: steadyStream(0.5)}
	p.take(3)
	m := p.s.mark()
	for range 20 {
		p.take(2)
	}
	w := p.s.window(m, 0.25)
	if w.C != 40 || !near(w.B, 20*0.5*0.25, 1e-9) || !math.IsInf(w.A, 1) {
		t.Errorf("got %+v", w)
	}
}
