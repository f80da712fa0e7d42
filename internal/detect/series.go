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
}

const (
	maxMarks   = 40
	maxAge     = 8640 // ticks: no window is longer than a day
	pruneRatio = 1.19 // (θ−1)/ln θ at the least θ of the grid
	spacing    = 8    // marks closer than age/spacing are thinned
)

// marked is anything that is anchored at a mark.
type marked[T any] interface {
	*T
	at() *mark
}

func (m *mark) at() *mark { return m }

// push adds a mark and drops those that it supersedes, unless keep holds them.
// share is the part of the stream's expectation that the series has.
func push[T any, P marked[T]](marks []T, fresh T, share float64, keep func(*T) bool) []T {
	m := P(&fresh).at()
	kept := marks[:0]
	for i := range marks {
		old := P(&marks[i]).at()
		c, b := m.N-old.N, share*(m.E-old.E)
		if m.Tick-old.Tick > maxAge {
			continue
		}
		if c < pruneRatio*b && !keep(&marks[i]) {
			m.W += (old.W + 1) * math.Exp(c*math.Log(3)-2*b)
			continue
		}
		kept = append(kept, marks[i])
	}
	m.Gap = float64(maxAge)
	if len(kept) > 0 {
		m.Gap = float64(m.Tick - P(&kept[len(kept)-1]).at().Tick)
	}
	kept = append(kept, fresh)
	if len(kept) > maxMarks {
		kept = thin[T, P](kept, m.Tick, share)
	}
	return kept
}

// thin merges marks that lie closer together than an eighth of their age.
func thin[T any, P marked[T]](marks []T, now outcry.Tick, share float64) []T {
	kept := marks[:1]
	for i := range marks[1:] {
		m, last := P(&marks[i+1]).at(), P(&kept[len(kept)-1]).at()
		if m.Tick-last.Tick < (now-last.Tick)/spacing {
			last.W += (m.W + 1) * math.Exp(min(0, 2*share*(m.E-last.E)-(m.N-last.N)*math.Log(3)))
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
	return window{C: s.N - m.N, B: share * (s.E - m.E) * mean, A: 1 / (variance + max(m.S, s.Spread))}
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
	return mark{Tick: s.Next, N: s.N, E: s.E, Mu: s.Filter.Mu, Q: s.Filter.Q, S: s.Spread}
}
