package detect

import (
	"maps"
	"slices"

	"github.com/outcry/outcry"
)

// maxCells bounds the scopes that one service remembers.
const maxCells = 1024

// shares is what part of a service's normal reports comes from where: decayed
// counts per cell, and per value of each dimension.
type shares struct {
	All      float64
	Cells    map[outcry.CellKey]float64
	Dims     [dims]map[string]float64
	Pairs    map[[2]string]float64 // region × carrier: a carrier has its countries
	Symptoms map[string]float64
	Week     outcry.Tick // in which it last faded
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
	s := shares{Cells: map[outcry.CellKey]float64{}, Pairs: map[[2]string]float64{}, Symptoms: map[string]float64{}}
	for d := range s.Dims {
		s.Dims[d] = map[string]float64{}
	}
	return s
}

func values(sc outcry.Scope) [dims]string {
	return [dims]string{sc.Region, sc.Carrier, sc.Platform, sc.Version, sc.Segment}
}

// learn takes a quiet segment's cells, in an order of their own: which of them
// still find room, and how sums are rounded, must not be left to chance.
func (s *shares) learn(g segment) {
	for _, k := range slices.SortedFunc(maps.Keys(g.Cells), outcry.CellKey.Compare) {
		n := g.Cells[k]
		s.All += n
		k.Vantage = ""
		if _, known := s.Cells[k]; known || len(s.Cells) < maxCells {
			s.Cells[k] += n
		}
		if _, known := s.Symptoms[k.Symptom]; known || len(s.Symptoms) < maxCells {
			s.Symptoms[k.Symptom] += n
		}
		p := [2]string{k.Scope.Region, k.Scope.Carrier}
		if _, known := s.Pairs[p]; known || len(s.Pairs) < 2*maxCells {
			s.Pairs[p] += n
		}
		for d, v := range values(k.Scope) {
			if _, known := s.Dims[d][v]; known || len(s.Dims[d]) < maxCells {
				s.Dims[d][v] += n
			}
		}
	}
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
	fade(s.Cells)
	fade(s.Pairs)
	fade(s.Symptoms)
	for d := range s.Dims {
		fade(s.Dims[d])
	}
}

func fade[K comparable](m map[K]float64) {
	for k := range m {
		m[k] *= shareForget
		if m[k] < 0.05 {
			delete(m, k)
		}
	}
}

// pair is the expected share of a region on a carrier, and its relative
// variance: what was seen of the two together, shrunk towards independence.
func (s *shares) pair(region, carrier string) (share, variance float64) {
	r, _ := s.of(dimRegion, region)
	c, _ := s.of(dimCarrier, carrier)
	n := s.Pairs[[2]string{region, carrier}]
	return (n + 10*r*c) / (s.All + 10), shareSpread + 1/(n+10*r*c+1)
}

// of is the expected share of a value, and how uncertain it is, as a relative
// variance.
func (s *shares) of(d int, v string) (share, variance float64) {
	return s.share(s.Dims[d][v])
}

// symptom is the same of a symptom.
func (s *shares) symptom(v string) (share, variance float64) { return s.share(s.Symptoms[v]) }

func (s *shares) share(n float64) (share, variance float64) {
	return (n + shareNovel) / (s.All + 2*shareNovel), shareSpread + 1/(n+1)
}
