package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// mark is a place where a fault may have begun: the state of the sums just
// before a tick that brought events. A window runs from a mark to now.
//
// It stands for its own tick, for the Gap − 1 empty ones before it, and for
// older marks that it has taken over, of mass W. So the sum over marks follows
// the Shiryaev–Roberts statistic, which sums Λ over every possible start, at a
// small part of its cost: an older mark is dropped when the stretch between it
// and a newer one speaks against a fault there at any rate in the grid (the
// pruning of FOCuS; Ward et al. 2024).
type mark struct {
	Tick  outcry.Tick
	N, E  float64 // the sums before Tick
	Mu, Q float64 // what the filter then knew of the multiplier
	S     float64 // how uncertain the baseline then was
	Gap   float64
	W     float64
	Low   float64 // what the multiplier is at least, by the mean of any window
	All   float64 // of a part, what the whole service had brought; 0: not known
}

const (
	maxMarks   = 40
	maxAge     = 8640 // ticks: no window is longer than a day
	pruneRatio = 1.19 // (θ−1)/ln θ at the least θ of the grid
	spacing    = 8    // marks closer than age/spacing are thinned
)

// ln3 is of the rate at which a mark that is dropped leaves its mass behind. It
// is what math.Log gives on amd64, a unit in the last place too little, and so
// the same everywhere.
const ln3 = 1.0986122886681096

// push adds a mark to those of a part, and drops those that it supersedes. share
// is the part of the stream's expectation that the series has. It is what a
// service's own push does, by itself because it is done most often.
func push(marks []mark, fresh mark, share float64) []mark {
	kept := 0
	for i := range marks {
		old := &marks[i]
		c, b := fresh.N-old.N, share*(fresh.E-old.E)
		if fresh.Tick-old.Tick > maxAge {
			continue
		}
		if c < pruneRatio*b {
			fresh.inherit(old, c, b)
			continue
		}
		if kept < i {
			marks[kept] = *old
		}
		kept++
	}
	marks = marks[:kept]
	fresh.Gap = float64(maxAge)
	if kept > 0 {
		fresh.Gap = float64(fresh.Tick - marks[kept-1].Tick)
	}
	marks = append(marks, fresh)
	if len(marks) > maxMarks {
		marks = thin(marks, fresh.Tick, share)
	}
	return marks
}

// inherit takes over the mass of an older mark, since which there were c where b
// were expected.
func (m *mark) inherit(old *mark, c, b float64) { m.W += (old.W + 1) * math.Exp(c*ln3-2*b) }

// marked is anything that is anchored at a mark.
type marked[T any] interface {
	*T
	at() *mark
}

func (m *mark) at() *mark { return m }

// thin merges marks that lie closer together than an eighth of their age.
func thin[T any, P marked[T]](marks []T, now outcry.Tick, share float64) []T {
	kept := marks[:1]
	for i := range marks[1:] {
		m, last := P(&marks[i+1]).at(), P(&kept[len(kept)-1]).at()
		if m.Tick-last.Tick < (now-last.Tick)/spacing {
			last.W += (m.W + 1) * math.Exp(min(0, 2*share*(m.E-last.E)-(m.N-last.N)*ln3))
			continue
		}
		kept = append(kept, marks[i+1])
	}
	return kept
}

// window is the evidence of a count stream since a mark.
type window struct {
	C, B, A float64 // count, expectation, size of the negative binomial
}

func (s *stream) window(m mark, share float64) window {
	w := float64(s.Next-m.Tick) * outcry.TickLength.Hours()
	mean, variance := s.Noise.window(w, m.Mu, m.Q)
	return window{C: s.N - m.N, B: share * (s.E - m.E) * mean, A: 1 / (variance + s.unsettled(m, w))}
}

const (
	settledSpread = 0.03 // a baseline that is known so well has no part that anybody need follow
	shapeHours    = 4.0  // in which a baseline's error changes: it is of the shape of its day
	shapedHours   = 6.0  // of history: under it the level itself may be wrong by orders, which no multiplier is
)

// unsettled is the baseline's relative variance in a window of w hours, beyond
// what the multiplier's at its start says. Reports that have told the multiplier
// have told the baseline's error with it (both are normal logarithms, of which the
// sum was seen), and that moves as slowly as the day does.
func (s *stream) unsettled(m mark, w float64) float64 {
	spread := max(m.S, s.Spread)
	return spread - math.Exp(-w/shapeHours)*s.told(&m, spread)
}

// told is how much of a spread was known at a mark by what the filter had followed.
func (s *stream) told(m *mark, spread float64) float64 {
	if spread <= settledSpread || m.Q <= 0 || s.Base.AllHours < shapedHours {
		return 0
	}
	v := s.logV()
	untold := 1/(1/(v+spread)+max(1/m.Q-1/v, 0)) - min(m.Q, v)
	return max(spread-max(untold, settledSpread), 0)
}

// beside is a part's window as it is expected beside the rest of the service: if
// the fault is the part's alone, then the rest tells what the multiplier of both
// is (the Gamma is conjugate to the count), and no swing of the rate passes for a
// change of the part.
func (w window) beside(rest, share float64) window {
	rest = max(rest, 0)
	w.B *= (w.A + rest) / (w.A + w.B*(1-share)/share)
	w.A += rest
	return w
}

// plain is the window as if nothing were known of the multiplier at its start:
// what the filter believes may itself be the beginning of a slow fault.
func (s *stream) plain(m mark) window {
	w := float64(s.Next-m.Tick) * outcry.TickLength.Hours()
	f := s.Noise.unknown()
	mean, variance := s.Noise.window(w, f.Mu, f.Q)
	return window{C: s.N - m.N, B: (s.E - m.E) * mean, A: 1 / (variance + max(m.S, s.Spread))}
}

// mark makes one at tick Next, which is about to be taken.
func (s *stream) mark() mark {
	return mark{Tick: s.Next, N: s.N, E: s.E, Mu: s.Filter.Mu, Q: s.Filter.Q, S: s.Spread, Low: s.low()}
}
