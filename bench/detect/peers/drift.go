package peers

import "github.com/outcry/outcry/bench/detect/sim"

// Drift is the drift-aware copy of [SR]: the known expectation is multiplied by
// a discounted Gamma estimate of how the rate stands lately, from counts that
// are at least ten minutes old, so that an outage does not teach itself at
// once.
type Drift struct {
	sr     *SR
	counts [2]float64 // of the last two steps, not yet taught
	wants  [2]float64
	a, b   float64
}

const (
	driftTicks  = 30   // five minutes: the filter's step
	driftMemory = 0.92 // kept per step: an hour's memory
	driftPrior  = 3.0  // events that the season itself is worth
)

// NewDrift makes one that tests against κ times the filtered expectation.
func NewDrift(kappa float64) *Drift { return &Drift{sr: NewSR(kappa, Thetas())} }

// Step implements [Detector].
func (d *Drift) Step(seg *sim.Segment, out *Scores) {
	for from := 0; from < sim.SegmentTicks; from += driftTicks {
		level := (driftPrior + d.a) / (driftPrior + d.b)
		d.sr.run(seg, from, from+driftTicks, seg.E*level, out)
		x := 0
		for _, n := range seg.Counts[from : from+driftTicks] {
			x += int(n)
		}
		d.a = driftMemory*d.a + d.counts[0]
		d.b = driftMemory*d.b + d.wants[0]
		d.counts = [2]float64{d.counts[1], float64(x)}
		d.wants = [2]float64{d.wants[1], seg.E * driftTicks}
	}
}

// Clone implements [Detector].
func (d *Drift) Clone() Detector {
	c := *d
	c.sr = d.sr.copy()
	return &c
}
