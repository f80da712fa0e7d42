package peers

import (
	"math"
	"slices"

	"github.com/outcry/outcry/bench/detect/sim"
)

// SHESD is Twitter's seasonal hybrid ESD (Hochenbaum, Vallis and Kejariwal
// 2017) on quarter hours: the season of the day is taken away and the median
// instead of a trend; the score is the newest bin's robust studentised residual,
// (x − season − median)/MAD, over the last two weeks. The season, median and
// MAD are brought up to date once a day, as the method is run in batches.
type SHESD struct {
	bins     []float64 // the last two weeks, oldest first
	season   [sim.PerDay]float64
	median   float64
	mad      float64
	fitted   bool
	residual []float64
}

const (
	shesdDays  = 14
	madToSigma = 1.4826
)

// Step implements [Detector].
func (d *SHESD) Step(seg *sim.Segment, out *Scores) {
	silence(out)
	slot := seg.Week % sim.PerDay
	if d.fitted {
		out[sim.SegmentTicks-1] = (float64(seg.Total) - d.season[slot] - d.median) / d.mad
	}
	d.bins = append(d.bins, float64(seg.Total))
	if len(d.bins) > (shesdDays+1)*sim.PerDay {
		d.bins = append(d.bins[:0], d.bins[sim.PerDay:]...)
	}
	if len(d.bins) >= shesdDays*sim.PerDay && len(d.bins)%sim.PerDay == 0 {
		d.refit(slot)
	}
}

// refit takes the season as the mean of each place of the day, as a periodic
// STL does; the newest bin is at slot.
func (d *SHESD) refit(slot int) {
	n := len(d.bins)
	var sum [sim.PerDay]float64
	var count [sim.PerDay]float64
	at := func(i int) int { return ((slot-(n-1-i))%sim.PerDay + sim.PerDay) % sim.PerDay }
	total := 0.0
	for i, x := range d.bins {
		sum[at(i)] += x
		count[at(i)]++
		total += x
	}
	for k := range sum {
		d.season[k] = sum[k]/max(count[k], 1) - total/float64(n)
	}
	d.residual = append(d.residual[:0], d.bins...)
	slices.Sort(d.residual)
	d.median = d.residual[n/2]
	for i, x := range d.bins {
		d.residual[i] = math.Abs(x - d.season[at(i)] - d.median)
	}
	slices.Sort(d.residual)
	d.mad = max(madToSigma*d.residual[n/2], 0.5)
	d.fitted = true
}

// Clone implements [Detector].
func (d *SHESD) Clone() Detector {
	c := *d
	c.bins = append(make([]float64, 0, len(d.bins)+sim.PerDay), d.bins...)
	c.residual = nil
	return &c
}
