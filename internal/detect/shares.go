package detect

import (
	"slices"

	"github.com/outcry/outcry"
)

// maxCells bounds the scopes that one service remembers.
const maxCells = 1024

// shares is what part of a service's normal reports comes from where: decayed
// counts per cell, and per value of each dimension.
type shares struct {
	All      float64
	Cells    counts[outcry.CellKey]
	Dims     [dims]counts[string]
	Pairs    counts[[2]string] // region × carrier: a carrier has its countries
	Symptoms counts[string]
	Week     outcry.Tick // in which it last faded
	places   map[outcry.CellKey]*place
	lately   []*place // by placeSlot, of which a place is found without the map
	fades    int      // how often it has faded: what points into the counts is void after
}

// counts are pointed to by what is asked again and again, so that a report is
// looked up once and not in eight maps. In a snapshot they are plain numbers.
type counts[K comparable] map[K]*float64

// of is the count of a value; nil: it has none, as it is not known and there is
// no room for it.
func (c counts[K]) of(k K, room int) *float64 {
	n := c[k]
	if n == nil && len(c) < room {
		n = new(float64)
		c[k] = n
	}
	return n
}

// place is a cell with all that it counts for.
type place struct {
	counts [dims + 3]*float64 // some may be nil: there was no room
	parts  [dimSymptom + 1]*subSeries
	fades  int // when it was made: later its counts are void
	slot   int // among the cells of the segment that is filling
	key    outcry.CellKey
}

// maxPlaces bounds what is only there to find things faster.
const maxPlaces = 2 * maxCells

func (s *shares) place(k *outcry.CellKey) *place {
	slot := placeSlot(k)
	if slot < len(s.lately) {
		if p := s.lately[slot]; p != nil && p.key == *k {
			return p
		}
	} else {
		s.lately = make([]*place, placeSlots)
	}
	p := s.places[*k]
	if p == nil {
		if s.places == nil || len(s.places) >= maxPlaces {
			s.places = map[outcry.CellKey]*place{}
			clear(s.lately)
		}
		p = &place{key: *k, fades: s.fades}
		s.places[*k] = p
	}
	s.lately[slot] = p
	return p
}

const placeSlots = 256

// placeSlot tells most places of a service apart by the ends of their names, at
// a tenth of what a hash of the whole key costs.
func placeSlot(k *outcry.CellKey) int {
	h := uint32(0)
	for _, v := range [...]string{k.Symptom, k.Scope.Region, k.Scope.Carrier, k.Scope.Platform, k.Scope.Version} {
		h *= 31
		if n := len(v); n > 0 {
			h += uint32(n) + uint32(v[0])<<3 ^ uint32(v[n-1])
		}
	}
	return int((h ^ h>>9) % placeSlots)
}

// placesOf looks a tick's cells up, those that brought anything.
func (s *shares) placesOf(into []*place, cells []outcry.Cell) []*place {
	for i := range cells {
		var p *place
		if cells[i].Fresh > 0 {
			p = s.place(&cells[i].CellKey)
		}
		into = append(into, p)
	}
	return into
}

// The dimensions of a scope, in the order in which a cause is named.
const (
	dimRegion = iota
	dimCarrier
	dimPlatform
	dimVersion
	dimSegment
	dims
)

const (
	// A value that was never seen may have as many reports as shareNovel of
	// history would bring: half of all while nothing is known, next to none
	// when thousands are.
	shareNovel  = 3.0
	shareForget = 0.9  // a week
	shareSpread = 0.05 // shares move by themselves: relative variance
)

func newShares() shares {
	s := shares{Cells: counts[outcry.CellKey]{}, Pairs: counts[[2]string]{}, Symptoms: counts[string]{}}
	for d := range s.Dims {
		s.Dims[d] = counts[string]{}
	}
	return s
}

func values(sc outcry.Scope) [dims]string {
	return [dims]string{sc.Region, sc.Carrier, sc.Platform, sc.Version, sc.Segment}
}

// learn takes a quiet segment's cells, in their own order: which of them still
// find room, and how sums are rounded, must not be left to chance.
func (s *shares) learn(g segment) {
	for i := range g.cells {
		p, n := g.cells[i].at, g.cells[i].n
		s.All += n
		if p.fades != s.fades {
			p = s.place(&p.key)
		}
		if slices.Contains(p.counts[:], nil) {
			s.fit(p)
		}
		for _, count := range p.counts {
			if count != nil {
				*count += n
			}
		}
	}
}

// fit finds a place's counts, or makes those for which there is room.
func (s *shares) fit(p *place) {
	k := p.key
	k.Vantage = ""
	for d, v := range values(k.Scope) {
		p.counts[d] = s.Dims[d].of(v, maxCells)
	}
	p.counts[dims] = s.Cells.of(k, maxCells)
	p.counts[dims+1] = s.Symptoms.of(k.Symptom, maxCells)
	p.counts[dims+2] = s.Pairs.of([2]string{k.Scope.Region, k.Scope.Carrier}, 2*maxCells)
}

// age lets what is old fade, once a week.
func (s *shares) age(now outcry.Tick) {
	if week := now / (7 * 8640); s.Week != week {
		if s.Week != 0 {
			s.forget()
		}
		s.Week = week
	}
}

func (s *shares) forget() {
	s.All *= shareForget
	s.Cells.fade()
	s.Pairs.fade()
	s.Symptoms.fade()
	for d := range s.Dims {
		s.Dims[d].fade()
	}
	s.places, s.lately = nil, nil
	s.fades++
}

func (c counts[K]) fade() {
	for k, n := range c {
		*n *= shareForget
		if *n < 0.05 {
			delete(c, k)
		}
	}
}

// known is a count, or zero where there is none.
func known(n *float64) float64 {
	if n == nil {
		return 0
	}
	return *n
}

// pair is the expected share of a region on a carrier, and its relative
// variance: what was seen of the two together, shrunk towards independence.
func (s *shares) pair(region, carrier string) (share, variance float64) {
	return s.together(known(s.Pairs[[2]string{region, carrier}]), known(s.Dims[dimRegion][region]), known(s.Dims[dimCarrier][carrier]))
}

// together is the same of their counts, as a pair and each.
func (s *shares) together(n, region, carrier float64) (share, variance float64) {
	r, _ := s.share(region)
	c, _ := s.share(carrier)
	return (n + 10*r*c) / (s.All + 10), shareSpread + 1/(n+10*r*c+1)
}

// of is the expected share of a value, and how uncertain it is, as a relative
// variance.
func (s *shares) of(d int, v string) (share, variance float64) {
	return s.share(known(s.Dims[d][v]))
}

func (s *shares) share(n float64) (share, variance float64) {
	return (n + shareNovel) / (s.All + 2*shareNovel), shareSpread + 1/(n+1)
}
