package peers

import (
	"math"

	"github.com/outcry/outcry/bench/detect/sim"
)

// Thetas is the grid of rate multipliers of the mixture.
func Thetas() []float64 { return []float64{1.4, 2, 3, 4.5, 7, 11, 18, 30, 60, 120, 300} }

const (
	huge  = 1e290 // a statistic beyond it is infinite for our purposes
	table = 64    // counts whose powers are kept
)

// SR is the Shiryaev–Roberts mixture over a grid of θ with equal weights, for
// Poisson counts of known expectation κe (Shiryaev 1963; Roberts 1966; as an
// e-detector, Shin, Ramdas and Rinaldo 2022):
//
//	R_j ← (R_j + w_j)·exp(x ln θ_j − κe(θ_j − 1))
//
// Its statistic is ln ΣR_j. Under the null ΣR_t − t is a martingale.
type SR struct {
	kappa  float64
	theta  []float64
	lnT    []float64
	powers [][table]float64
	r      []float64
	decay  []float64 // e^(−κe(θ−1)) at expectation e
	e      float64
}

// NewSR makes one that tests against κ times the expectation.
func NewSR(kappa float64, thetas []float64) *SR {
	s := &SR{kappa: kappa, theta: thetas, e: -1}
	s.r, s.decay = make([]float64, len(thetas)), make([]float64, len(thetas))
	s.powers = make([][table]float64, len(thetas))
	for j, t := range thetas {
		s.lnT = append(s.lnT, math.Log(t))
		for x := range s.powers[j] {
			s.powers[j][x] = math.Pow(t, float64(x))
		}
	}
	return s
}

// Expect sets the expectation of the ticks to come.
func (s *SR) Expect(e float64) {
	if e == s.e {
		return
	}
	s.e = e
	for j, t := range s.theta {
		s.decay[j] = math.Exp(-s.kappa * e * (t - 1))
	}
}

// Empty takes n ticks without a count in one step: with f the factor of one,
// R·fⁿ + w(f + f² + … + fⁿ).
func (s *SR) Empty(n int) {
	if n <= 0 {
		return
	}
	w := 1 / float64(len(s.r))
	if n <= 6 {
		for j, f := range s.decay {
			r := s.r[j]
			for range n {
				r = (r + w) * f
			}
			s.r[j] = r
		}
		return
	}
	for j, f := range s.decay {
		lost := -math.Expm1(-s.kappa * s.e * (s.theta[j] - 1)) // 1 − f
		rest := math.Exp(-s.kappa * s.e * (s.theta[j] - 1) * float64(n))
		sum := float64(n)
		if lost > 0 {
			sum = f * (1 - rest) / lost
		}
		s.r[j] = s.r[j]*rest + w*sum
	}
}

// Count takes a tick with x counts.
func (s *SR) Count(x int) {
	w := 1 / float64(len(s.r))
	for j := range s.r {
		var l float64
		if x < table {
			l = s.powers[j][x] * s.decay[j]
		} else {
			l = math.Exp(min(float64(x)*s.lnT[j]-s.kappa*s.e*(s.theta[j]-1), 600))
		}
		s.r[j] = min((s.r[j]+w)*l, huge)
	}
}

// Sum is ΣR.
func (s *SR) Sum() float64 {
	var sum float64
	for _, r := range s.r {
		sum += r
	}
	return sum
}

// Step implements [Detector].
func (s *SR) Step(seg *sim.Segment, out *Scores) { s.run(seg, 0, sim.SegmentTicks, seg.E, out) }

// run takes the ticks [from, to) of a segment at one expectation.
func (s *SR) run(seg *sim.Segment, from, to int, e float64, out *Scores) {
	s.Expect(e)
	empty := 0
	for i := from; i < to; i++ {
		out[i] = math.Inf(-1)
		x := int(seg.Counts[i])
		if x == 0 {
			empty++
			continue
		}
		s.Empty(empty)
		empty = 0
		s.Count(x)
		out[i] = math.Log(s.Sum())
	}
	s.Empty(empty)
}

// Clone implements [Detector].
func (s *SR) Clone() Detector { return s.copy() }

func (s *SR) copy() *SR {
	c := *s
	c.r = append([]float64(nil), s.r...)
	c.decay = append([]float64(nil), s.decay...)
	return &c
}
