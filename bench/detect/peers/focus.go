package peers

import (
	"math"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
)

// FOCuS is the Poisson likelihood ratio over every window that ends now, and
// every rate of at least θmin times the expectation:
//
//	max over starts of C ln(C/B) − (C − B)
//
// with C counted and B = κ·Σe expected. Only starts on the lower convex hull of
// (ΣB, ΣC) can be the best, now or ever after, and those whose window has
// C/B < (θmin−1)/ln θmin never again (Romano et al. 2023; Ward et al. 2024).
type FOCuS struct {
	kappa, prune float64
	least        float64 // θmin
	n, b         float64
	starts       []start
}

// start is a place where a window may begin: the sums before it.
type start struct {
	tick outcry.Tick
	n, b float64
}

// NewFOCuS makes one that tests against κ times the expectation for rates from
// θmin up; θmin = 1 is any rise.
func NewFOCuS(kappa, thetaMin float64) *FOCuS {
	prune := 1.0
	if thetaMin > 1 {
		prune = (thetaMin - 1) / math.Log(thetaMin)
	}
	return &FOCuS{kappa: kappa, prune: prune, least: thetaMin}
}

// Take counts x where e is expected per tick, after gap ticks without a count,
// and gives the statistic and the start of the best window.
func (f *FOCuS) Take(t outcry.Tick, gap int, x int, e float64) (glr float64, onset outcry.Tick) {
	f.b += f.kappa * e * float64(gap)
	f.push(start{t, f.n, f.b})
	f.n += float64(x)
	f.b += f.kappa * e
	onset = t
	for _, s := range f.starts {
		if g := f.ratio(f.n-s.n, f.b-s.b); g > glr {
			glr, onset = g, s.tick
		}
	}
	return glr, onset
}

// ratio is maximised over θ ≥ θmin.
func (f *FOCuS) ratio(c, b float64) float64 {
	switch {
	case c <= b:
		return 0
	case c < f.least*b:
		return max(0, c*math.Log(f.least)-b*(f.least-1))
	default:
		return c*math.Log(c/b) - (c - b)
	}
}

// push adds a start, and drops those that it makes useless.
func (f *FOCuS) push(s start) {
	kept := f.starts[:0]
	for _, o := range f.starts {
		if s.n-o.n >= f.prune*(s.b-o.b) {
			kept = append(kept, o)
		}
	}
	for len(kept) >= 2 && !below(kept[len(kept)-2], kept[len(kept)-1], s) {
		kept = kept[:len(kept)-1]
	}
	kept = append(kept, s)
	f.starts = kept
}

// below reports whether m lies under the line from l to r: the slope rises.
func below(l, m, r start) bool { return (m.n-l.n)*(r.b-m.b) < (r.n-m.n)*(m.b-l.b) }

// Step implements [Detector].
func (f *FOCuS) Step(seg *sim.Segment, out *Scores) {
	gap := 0
	for i, x := range &seg.Counts {
		out[i] = math.Inf(-1)
		if x == 0 {
			gap++
			continue
		}
		out[i], _ = f.Take(seg.Start+outcry.Tick(i), gap, int(x), seg.E)
		gap = 0
	}
	f.b += f.kappa * seg.E * float64(gap)
}

// Clone implements [Detector].
func (f *FOCuS) Clone() Detector {
	c := *f
	c.starts = append([]start(nil), f.starts...)
	return &c
}
