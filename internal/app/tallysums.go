package app

import (
	"slices"

	"github.com/outcry/outcry"
)

// tallySums merges tallies of the same service, kind and tick.
type tallySums struct {
	at  map[tallyKey]int
	all []outcry.Tally
}

type tallyKey struct {
	service string
	kind    outcry.Kind
	tick    outcry.Tick
}

func newTallySums() *tallySums { return &tallySums{at: make(map[tallyKey]int)} }

func (s *tallySums) add(tallies []outcry.Tally) {
	for _, y := range tallies {
		k := tallyKey{y.Service, y.Kind, y.Tick}
		i, known := s.at[k]
		if !known {
			s.at[k] = len(s.all)
			y.Cells = slices.Clone(y.Cells) // the caller's may be somebody's memory
			s.all = append(s.all, y)
			continue
		}
		s.all[i].Add(y)
	}
}

func (s *tallySums) empty() bool          { return len(s.all) == 0 }
func (s *tallySums) list() []outcry.Tally { return s.all }

func (s *tallySums) clear() {
	clear(s.at)
	s.all = s.all[:0]
}
