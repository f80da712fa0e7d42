package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// Nearly all windows of nearly all ticks say nothing, which a bound shows at a
// tenth of the cost of the statistic: the ratio at its best rate, of the least
// expectation and the least spread that the window may have, for all starting
// points at once.

// lnMarks is ln maxMarks, rounded up: what so many marks may add up to.
const lnMarks = 3.7

// low is the least mean of the multiplier over any window from now: the filter's
// and the stationary one, whichever is lower (noise.window).
func (s *stream) low() float64 {
	if l := &s.lowest; l.v != s.Noise.V || l.mu != s.Filter.Mu {
		half := math.Log1p(s.Noise.V) / 2
		l.v, l.mu, l.is = s.Noise.V, s.Filter.Mu, math.Exp(min(s.Filter.Mu, -half))*0.98 // V may yet be fitted anew
	}
	return s.lowest.is
}

// lowest is what low gave, and of what: both change with the segments.
type lowest struct {
	v, mu, is float64
	of, log   float64 // see logV
}

// ceiling bounds the log of a mark's part of the statistic, of a series with
// this share of the stream's expectation, and a relative variance of its own; and
// the ratio of its window, whatever the rate.
func (s *stream) ceiling(m *mark, c, share, variance float64) (part, ratio float64) {
	b := share * (s.E - m.E) * m.Low
	if c <= b {
		return 0, 0
	}
	ratio = blockGLR(c, b, 1/(s.leastSpread(m)+s.leastNoise(m)+variance+1e-6))
	return ratio + math.Log(s.starts(m, share)), ratio
}

// leastSpread is what unsettled comes to at the least: e⁻ˣ ≤ 1/(1+x).
func (s *stream) leastSpread(m *mark) float64 {
	spread := max(m.S, s.Spread)
	told := s.told(m, spread)
	if told == 0 {
		return spread
	}
	w := float64(s.Next-m.Tick) * outcry.TickLength.Hours()
	return spread - told/(1+w/shapeHours)
}

// leastNoise is what the multiplier's variance comes to at the least in a window,
// by what is known of it at its start (noise.window, with (1−e⁻ˣ)/x ≥ 1/(1+x)).
func (s *stream) leastNoise(m *mark) float64 {
	x := 1 + float64(s.Next-m.Tick)*outcry.TickLength.Hours()/s.Noise.Tau
	return min(m.Q, s.logV()) / (x * x)
}

// logV is ln(1+V), the variance of the multiplier's logarithm, which is asked more
// often than it changes.
func (s *stream) logV() float64 {
	if l := &s.lowest; l.of != s.Noise.V {
		l.of, l.log = s.Noise.V, math.Log1p(s.Noise.V)
	}
	return s.lowest.log
}

// starts is how many starting points a mark stands for, at the most.
func (s *stream) starts(m *mark, share float64) float64 {
	return min(m.Gap, 1+1/(share*s.Rate*leastTheta+1e-12)) + m.W + 1
}

// below reports whether the ceiling is under a limit. Mostly a bound of the
// bound shows it without a logarithm: ln((a+c)/(a+b)) ≥ 2(c−b)/(2a+b+c).
func (s *stream) below(m *mark, c, share, variance, limit float64) bool {
	b := share * (s.E - m.E) * m.Low
	if c <= b {
		return 0 < limit
	}
	return s.under(m, c, b, 1/(s.leastSpread(m)+s.leastNoise(m)+variance+1e-6), share, limit)
}

// mixBelow is the same beside the rest of the service (window.beside). What is
// expected there falls with the multiplier's mean and, where less came of the
// rest than was expected, with its spread, which is at most that of the stationary
// multiplier, or of what was known of it at the mark.
func (s *stream) mixBelow(m *mark, c, share, variance, limit float64) bool {
	spread, all := s.leastSpread(m), (s.E-m.E)*m.Low
	widest := max(s.Noise.V, m.Q*(1+0.72*m.Q)) // eˣ−1 ≤ x+0.72x² up to 1
	rest, a := max(s.N-m.All-c, 0), 1/(widest+spread+1e-6)
	b := share * all * min(1, (a+rest)/(a+(1-share)*all))
	return s.under(m, c, b, 1/(spread/(1+spread*rest)+variance+1e-6), share, limit)
}

// under reports whether the log of a mark's part of the statistic is under a
// limit, with at least b expected and a size of at most a.
func (s *stream) under(m *mark, c, b, a, share, limit float64) bool {
	if c <= b {
		return 0 < limit
	}
	if c*lnAbove(c/b)-2*(c+a)*(c-b)/(2*a+b+c)+lnAbove(s.starts(m, share))+1e-6 < limit {
		return true
	}
	return blockGLR(c, b, a)+math.Log(s.starts(m, share)) < limit
}

// lnAbove is at least ln x, and by at most 0.06 more, of a positive x: read as a
// whole number, a float's bits are nearly its logarithm. log₂(1+f) is over f by
// at most 0.08608.
func lnAbove(x float64) float64 {
	const bias, over = 1023, 0.0861
	return math.Ln2 * (float64(math.Float64bits(x))/(1<<52) - bias + over)
}

// leastTheta is θ − 1 at the least θ of the grid.
const leastTheta = 0.4

// surelyWell reports whether the service as a whole cannot be over a threshold,
// by reports alone, and nothing else speaks of a fault.
func (s *service) surelyWell(lnA float64) bool {
	need := s.need(lnA) - lnMarks
	for i := range s.Marks {
		if m := &s.Marks[i].Mark; !s.Reports.below(m, s.Reports.N-m.N, 1, 0, need) {
			return false
		}
	}
	return s.onlyReports()
}

// need is what the log of the statistic of the whole must reach.
func (s *service) need(lnA float64) float64 { return lnA - math.Log(wholeBudget) + s.margin() }

// onlyReports is whether nothing else speaks of a fault.
func (s *service) onlyReports() bool {
	if s.nothingElse() {
		return true
	}
	for i := range s.Marks {
		m := &s.Marks[i]
		if m.Fixed != s.Fixed.Sum || s.failedSince(m) || s.Posts.Complaints.N-m.Post.N >= talkLeast || s.metersUp(m) || s.Trend.On && s.Trend.Began >= m.Mark.Tick {
			return false
		}
	}
	return true
}

// nothingElse is whether nothing else was ever heard of the service, which needs
// no look at its marks.
func (s *service) nothingElse() bool {
	return !s.Posts.Heard && !s.Fixed.heard && !s.Trend.On && len(s.Vantages) == 0 && len(s.Meters) == 0
}

// atMost bounds the log of the statistic by all marks together, and so closer
// than surelyWell, at a quarter of its cost. It gives the ratio of the best
// window too, where that is over zero. A window whose bound is so low that the
// mixture's weight takes it back is not: that needs no look at what is known of
// the multiplier.
func (g *thetaGrid) atMost(s *service, view []vantageView) (lnR, nats float64) {
	x := s.Reports
	least, sum := x.low(), 0.0 // the noise may have been fitted anew since a mark
	nats = math.Inf(-1)
	alone := s.nothingElse()
	for i := range s.Marks {
		m := s.Marks[i].Mark
		m.Low = min(m.Low, least)
		limit, ratio := x.ceiling(&m, x.N-m.N, 1, 0)
		starts := blindStarts + math.Exp(limit)
		if alone && ratio+g.lnWeight < -1e-6 {
			sum += starts
			continue
		}
		p, _, _, _ := g.parts(s, &s.Marks[i], view)
		nats = max(nats, p.sum())
		sum += math.Exp(p.others()) * starts
	}
	return math.Log(sum) + 1e-6, nats
}

func (s *service) failedSince(a *anchor) bool {
	for i := range s.Vantages {
		if fails, _ := a.since(i, &s.Vantages[i]); fails > 0 {
			return true
		}
	}
	return false
}
