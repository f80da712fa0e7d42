package peers

import "github.com/outcry/outcry/bench/detect/sim"

const keptWeeks = 8

// weeks remembers the quarter hours of the last eight weeks by their place in
// the local week.
type weeks struct {
	bins [sim.Segments][keptWeeks]float32
	n    [sim.Segments]uint32
}

func (w *weeks) push(seg *sim.Segment) {
	b := seg.Week
	w.bins[b][w.n[b]%keptWeeks] = float32(seg.Total)
	w.n[b]++
}

// hour is the mean quarter hour of the hour that a quarter belongs to, over the
// weeks before, and of how many quarters.
func (w *weeks) hour(week int) (mean float64, n int) {
	first := week - week%4
	var sum float64
	for b := first; b < first+4; b++ {
		k := int(min(w.n[b], keptWeeks))
		for _, x := range w.bins[b][:k] {
			sum += float64(x)
		}
		n += k
	}
	if n == 0 {
		return 0, 0
	}
	return sum / float64(n), n
}
