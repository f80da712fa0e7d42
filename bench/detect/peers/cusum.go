package peers

import (
	"math"

	"github.com/outcry/outcry/bench/detect/sim"
)

// CUSUM is Page's test (1954) of a Poisson rate θ times a known expectation:
// S ← max(0, S + x ln θ − e(θ − 1)). With the θ that the outage really has, no
// test detects it sooner at its rate of false alarms (Moustakides 1986): the
// floor.
type CUSUM struct {
	theta, ln, s float64
}

// NewCUSUM makes one for a design θ.
func NewCUSUM(theta float64) *CUSUM { return &CUSUM{theta: theta, ln: math.Log(theta)} }

// Step implements [Detector].
func (c *CUSUM) Step(seg *sim.Segment, out *Scores) {
	drop := seg.E * (c.theta - 1)
	for i, x := range &seg.Counts {
		if x == 0 {
			c.s = max(0, c.s-drop)
			out[i] = math.Inf(-1)
			continue
		}
		c.s = max(0, c.s+float64(x)*c.ln-drop)
		out[i] = c.s
	}
}

// Clone implements [Detector].
func (c *CUSUM) Clone() Detector {
	d := *c
	return &d
}
