package peers

import (
	"math"

	"github.com/outcry/outcry/bench/detect/sim"
)

// Farrington is the flexible Farrington method (Noufaily et al. 2013) as
// surveillance::farringtonFlexible has it, without a trend and with one period:
// a quasi-Poisson fit to the bins within w of the same place in the past b
// cycles, refitted with those of Anscombe residuals above 2.58 weighed down by
// s⁻², and the limit by the delta method on the ⅔ power:
//
//	U = μ(1 + ⅔ z √((φμ + Var μ̂)/μ²))^{3/2}
//
// The score is the z at which U is the count: the test's own statistic.
type Farrington struct {
	Cycle  int // bins in a cycle
	B, W   int
	ring   []float64
	n      int
	ref    []float64
	weight []float64
}

// NewFarrington makes one of b cycles back and w bins to either side.
func NewFarrington(cycle, b, w int) *Farrington {
	return &Farrington{Cycle: cycle, B: b, W: w, ring: make([]float64, cycle*b+w+1)}
}

// fit is what the reference bins say of the present one.
type fit struct {
	Mu, Phi, SE float64
}

// Limit is U at z standard normal deviations.
func (f fit) Limit(z float64) float64 {
	return math.Pow(math.Pow(f.Mu, 2.0/3)+z*f.scale(), 1.5)
}

// scale is the standard error of the ⅔ power.
func (f fit) scale() float64 {
	return math.Sqrt(4.0 / 9 * math.Cbrt(f.Mu) * (f.Phi + f.SE*f.SE/f.Mu))
}

// z is the deviation of a count.
func (f fit) z(x float64) float64 {
	return (math.Pow(x, 2.0/3) - math.Pow(f.Mu, 2.0/3)) / f.scale()
}

func (d *Farrington) back(k int) float64 { return d.ring[(d.n-k+len(d.ring)*2)%len(d.ring)] }

// Fit gives the model for the next bin; false while there is too little history.
func (d *Farrington) Fit() (fit, bool) {
	if d.n < d.Cycle*d.B+d.W {
		return fit{}, false
	}
	d.ref = d.ref[:0]
	for b := d.B; b >= 1; b-- {
		for w := -d.W; w <= d.W; w++ {
			d.ref = append(d.ref, d.back(b*d.Cycle-w))
		}
	}
	return d.estimate(), true
}

// estimate is the intercept-only quasi-Poisson fit: the weighted mean, with
// Pearson's dispersion.
func (d *Farrington) estimate() fit {
	n := float64(len(d.ref))
	d.weight = d.weight[:0]
	for range d.ref {
		d.weight = append(d.weight, 1)
	}
	mu, phi := d.moments()
	if mu <= 0 {
		return fit{Mu: 1 / n, Phi: 1, SE: 1 / n} // R's fit fails here; half a report a cycle is as little as can be said
	}
	d.reweigh(mu, phi)
	mu, phi = d.moments()
	// the prediction's own dispersion: surveillance replaces the working
	// weights by ω before predict.glm reads them
	var relative, working float64
	for i, y := range d.ref {
		relative += d.weight[i] * (y/mu - 1) * (y/mu - 1)
		working += d.weight[i] * mu
	}
	return fit{Mu: mu, Phi: phi, SE: mu * math.Sqrt(relative/(n-1)/working)}
}

func (d *Farrington) moments() (mu, phi float64) {
	var sum, weights float64
	for i, y := range d.ref {
		sum += d.weight[i] * y
		weights += d.weight[i]
	}
	mu = sum / weights
	for i, y := range d.ref {
		phi += d.weight[i] * (y - mu) * (y - mu)
	}
	return mu, max(phi/max(mu, 1e-12)/float64(len(d.ref)-1), 1)
}

const heavy = 2.58

func (d *Farrington) reweigh(mu, phi float64) {
	n := float64(len(d.ref))
	var sum float64
	for i, y := range d.ref {
		s := 1.5 * (math.Pow(y, 2.0/3)*math.Pow(mu, -1.0/6) - math.Sqrt(mu)) / math.Sqrt(phi*(1-1/n))
		d.weight[i] = 1
		if s > heavy {
			d.weight[i] = 1 / (s * s)
		}
		sum += d.weight[i]
	}
	for i := range d.weight {
		d.weight[i] *= n / sum
	}
}

// Push takes the bin.
func (d *Farrington) Push(x float64) {
	d.ring[d.n%len(d.ring)] = x
	d.n++
}

// Step implements [Detector].
func (d *Farrington) Step(seg *sim.Segment, out *Scores) {
	silence(out)
	if f, ok := d.Fit(); ok {
		out[sim.SegmentTicks-1] = f.z(float64(seg.Total))
	}
	d.Push(float64(seg.Total))
}

// Clone implements [Detector].
func (d *Farrington) Clone() Detector {
	c := *d
	c.ring = append([]float64(nil), d.ring...)
	c.ref, c.weight = nil, nil
	return &c
}
