package peers

import (
	"math"

	"github.com/outcry/outcry/bench/detect/sim"
)

// EARS is the CDC's Early Aberration Reporting System on quarter hours
// (Hutwagner et al. 2003; Fricker et al. 2008), as surveillance::earsC has it:
//
//	C1 = (x − mean)/sd over the seven bins before
//	C2 = likewise over seven bins, two bins ago
//	C3 = C2 + Σ max(0, C2 − 1) over the two bins before
type EARS struct {
	Variant  int     // 1, 2 or 3
	MinSigma float64 // surveillance's minSigma: the least sd
	past     [earsKept]float64
	n        int
	c2       [2]float64 // of the last two bins
	sigma    float64    // of the bin that was scored last
}

const (
	earsBase = 7
	earsLag  = 2
	earsKept = earsBase + earsLag
)

// Take scores one bin; NaN while there is no history.
func (d *EARS) Take(x float64) float64 {
	score := d.score(x)
	copy(d.past[1:], d.past[:])
	d.past[0] = x
	d.n++
	return score
}

func (d *EARS) score(x float64) float64 {
	if d.Variant == 1 {
		if d.n < earsBase {
			return math.NaN()
		}
		return d.z(x, d.past[:earsBase])
	}
	if d.n < earsKept {
		return math.NaN()
	}
	c2 := d.z(x, d.past[earsLag:])
	score := c2
	if d.Variant == 3 {
		if d.n < earsKept+2 {
			score = math.NaN()
		}
		score += max(0, d.c2[0]-1) + max(0, d.c2[1]-1)
	}
	d.c2 = [2]float64{c2, d.c2[0]}
	return score
}

func (d *EARS) z(x float64, base []float64) float64 {
	mean, sd := moments(base)
	d.sigma = max(sd, d.MinSigma)
	return (x - mean) / d.sigma
}

// Sigma is the standard deviation that the newest score was divided by.
func (d *EARS) Sigma() float64 { return d.sigma }

// moments are the mean and the sample standard deviation.
func moments(xs []float64) (mean, sd float64) {
	for _, x := range xs {
		mean += x
	}
	mean /= float64(len(xs))
	for _, x := range xs {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(len(xs)-1))
}

// Step implements [Detector].
func (d *EARS) Step(seg *sim.Segment, out *Scores) {
	silence(out)
	if s := d.Take(float64(seg.Total)); !math.IsNaN(s) {
		out[sim.SegmentTicks-1] = s
	}
}

// Clone implements [Detector].
func (d *EARS) Clone() Detector {
	c := *d
	return &c
}
