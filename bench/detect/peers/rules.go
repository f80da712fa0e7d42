package peers

import (
	"math"

	"github.com/outcry/outcry/bench/detect/sim"
)

// Bins compares each quarter hour with the mean of its hour over the weeks
// before, as Downdetector describes its own: the ratio, with one report added
// to both so that a quiet hour is no division by nothing.
type Bins struct{ past weeks }

// Step implements [Detector].
func (d *Bins) Step(seg *sim.Segment, out *Scores) {
	silence(out)
	mean, _ := d.past.hour(seg.Week)
	out[sim.SegmentTicks-1] = float64(seg.Total+1) / (mean + 1)
	d.past.push(seg)
}

// Clone implements [Detector].
func (d *Bins) Clone() Detector {
	c := *d
	return &c
}

// recent are the counts of the last quarter hour, tick by tick.
type recent struct {
	ring [sim.SegmentTicks]int32
	sum  int32
}

func (r *recent) push(i int, x int32) {
	r.sum += x - r.ring[i]
	r.ring[i] = x
}

// Rolling is the same ratio for the quarter hour that ends at each tick.
type Rolling struct {
	past weeks
	last recent
}

// Step implements [Detector].
func (d *Rolling) Step(seg *sim.Segment, out *Scores) {
	mean, _ := d.past.hour(seg.Week)
	for i, x := range &seg.Counts {
		d.last.push(i, x)
		out[i] = math.Inf(-1)
		if x > 0 {
			out[i] = (float64(d.last.sum) + 1) / (mean + 1)
		}
	}
	d.past.push(seg)
}

// Clone implements [Detector].
func (d *Rolling) Clone() Detector {
	c := *d
	return &c
}

// Fixed is an alert at so many reports in a quarter hour, whatever the hour.
type Fixed struct{ last recent }

// Step implements [Detector].
func (d *Fixed) Step(seg *sim.Segment, out *Scores) {
	for i, x := range &seg.Counts {
		d.last.push(i, x)
		out[i] = math.Inf(-1)
		if x > 0 {
			out[i] = float64(d.last.sum)
		}
	}
}

// Clone implements [Detector].
func (d *Fixed) Clone() Detector {
	c := *d
	return &c
}

// ZScore is the alert rule of metrics systems: the mean of the last five
// minutes against mean and standard deviation of such means over the last week,
// evaluated every minute.
type ZScore struct {
	ring     []float32 // five-minute counts, one a minute, of a week
	at       int
	full     bool
	sum, sq  float64
	minutes  [5]float64
	position int
}

const (
	weekMinutes = 7 * 24 * 60
	minuteTicks = 6
)

// NewZScore makes one without history.
func NewZScore() *ZScore { return &ZScore{ring: make([]float32, weekMinutes)} }

// Step implements [Detector].
func (d *ZScore) Step(seg *sim.Segment, out *Scores) {
	silence(out)
	for m := 0; m < sim.SegmentTicks; m += minuteTicks {
		var x float64
		for _, n := range seg.Counts[m : m+minuteTicks] {
			x += float64(n)
		}
		d.minutes[d.position] = x
		d.position = (d.position + 1) % len(d.minutes)
		var five float64
		for _, n := range d.minutes {
			five += n
		}
		out[m+minuteTicks-1] = d.score(five)
		d.push(five)
	}
}

func (d *ZScore) score(x float64) float64 {
	if !d.full {
		return math.Inf(-1)
	}
	n := float64(len(d.ring))
	mean := d.sum / n
	sd := math.Sqrt(max((d.sq-d.sum*mean)/(n-1), 1e-9))
	return (x - mean) / sd
}

func (d *ZScore) push(x float64) {
	old := float64(d.ring[d.at])
	d.sum += x - old
	d.sq += x*x - old*old
	d.ring[d.at] = float32(x)
	d.at++
	if d.at == len(d.ring) {
		d.at, d.full = 0, true
	}
}

// Clone implements [Detector].
func (d *ZScore) Clone() Detector {
	c := *d
	c.ring = append([]float32(nil), d.ring...)
	return &c
}
