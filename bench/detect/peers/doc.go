// Package peers holds the detectors that the judge is measured against, each as
// its paper, its product or its manual has it: the textbook sequential tests,
// the surveillance methods of public health, and the rules that monitoring
// products use. Each gives a statistic per tick; its threshold is the
// benchmark's to tune.
//
// Those marked as oracles are given what no deployed detector knows: the true
// seasonal expectation ([sim.Segment].E), and the floor also the size of the
// outage. All the others learn the season from the counts themselves.
package peers

import (
	"math"

	"github.com/outcry/outcry/bench/detect/sim"
)

// Scores is a statistic after each tick of a segment: the larger, the more
// alarming; −∞ where the method says nothing new.
type Scores [sim.SegmentTicks]float64

// Detector is one method on one service's counts.
type Detector interface {
	// Step takes the next segment that the collector saw, and scores it.
	Step(seg *sim.Segment, out *Scores)
	// Clone is an independent copy.
	Clone() Detector
}

// silence clears the scores.
func silence(out *Scores) {
	for i := range out {
		out[i] = math.Inf(-1)
	}
}
