package detect

import (
	"math/bits"

	"github.com/outcry/outcry"
)

// A step of a service is some eighty cache lines from all over the heap, most of
// them found through one another, and so mostly waiting. Of many services the
// waits can be one: all that are due are looked at link by link before the first
// is judged (group prefetching; Chen et al., Improving hash join performance
// through prefetching, 2007). It reads, and changes nothing.
type ahead struct {
	places []*place
	sum    float64 // of what was read, so that it is
}

// aheadCells bounds the cells of one service that are looked up ahead: of a
// service with more it is not memory that one waits for.
const aheadCells = 4

// look reads ahead for those of 64 services that are due.
func (a *ahead) look(services []*service, due uint64) {
	if due&(due-1) == 0 {
		return // one has nobody to wait with
	}
	a.places = a.places[:0]
	for word := due; word != 0; word &= word - 1 {
		a.service(services[bits.TrailingZeros64(word)])
	}
	for word := due; word != 0; word &= word - 1 {
		a.sums(services[bits.TrailingZeros64(word)])
	}
	for _, p := range a.places {
		a.sum += float64(len(p.key.Symptom) + len(p.key.Scope.Version))
		for _, x := range p.parts {
			if x != nil {
				a.sum += x.N
			}
		}
	}
	for _, p := range a.places {
		for _, x := range p.parts {
			if x != nil {
				a.series(x)
			}
		}
	}
}

// service reads a service and the heads of its streams, and finds its places.
func (a *ahead) service(s *service) {
	r := s.Reports
	a.sum += r.Base.AllHours + r.Noise.Sq + r.Filter.Q + r.Seg.E + float64(len(r.Recent)) + r.lowest.is
	a.sum += s.Trend.Ticks + s.State.Nats + s.costs[0].ln
	for _, y := range s.news {
		if y.Kind != outcry.KindReport || len(s.Shares.lately) == 0 {
			continue
		}
		for i := range y.Cells[:min(len(y.Cells), aheadCells)] {
			if p := s.Shares.lately[placeSlot(&y.Cells[i].CellKey)]; p != nil {
				a.places = append(a.places, p)
			}
		}
	}
}

// sums reads the ends of a service's lists, and its marks.
func (a *ahead) sums(s *service) {
	if n := len(s.History); n > 0 {
		a.sum += s.History[n-1].Want + float64(s.History[min(s.Placed, n-1)].Tick)
	}
	if n := len(s.where); n > 0 {
		a.sum += s.where[n-1].n
	}
	if n := len(s.Reports.Seg.cells); n > 0 {
		a.sum += s.Reports.Seg.cells[n-1].n
	}
	for i := range s.Marks {
		m := &s.Marks[i]
		a.sum += m.Mark.N + m.Mark.Low
	}
}

// series reads the marks of a part, and its share's count.
func (a *ahead) series(x *subSeries) {
	for i := range x.Marks {
		a.sum += x.Marks[i].N + x.Marks[i].Low
	}
	for _, n := range x.counts {
		if n != nil {
			a.sum += *n
		}
	}
}
