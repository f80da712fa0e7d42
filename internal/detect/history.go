package detect

import (
	"slices"

	"github.com/outcry/outcry"
)

// arrival is a tick that brought reports: for onset, scope, size and diversity.
type arrival struct {
	Tick                     outcry.Tick
	Fresh, Networks, Strange float64
	Hourly                   float64       // of Networks, those new in the hour
	Want                     float64       // expected in that tick
	Cells                    []outcry.Cell // in a snapshot only, see packHistory
	cells                    int           // how many of the service's where are its own
}

// remember keeps a tick's reports. Their places have been looked up.
func (s *service) remember(t outcry.Tick, y *outcry.Tally) {
	a := arrival{Tick: t, Fresh: float64(y.Fresh), Networks: float64(y.Networks), Hourly: float64(y.Hourly), Strange: float64(y.Strange), Want: s.Reports.Rate}
	for i, p := range s.places {
		if p != nil {
			s.where = append(s.where, cellCount{p, float64(y.Cells[i].Fresh)})
			a.cells++
		}
	}
	if s.State.quiet() {
		s.Voices.learn(a.Networks, a.Fresh)
	}
	s.History = append(s.History, a)
	s.forget(t)
}

// forget drops the places of arrivals that no scope looks at any more, and the
// arrivals that no window does.
func (s *service) forget(t outcry.Tick) {
	for s.Placed < len(s.History) && s.History[s.Placed].Tick < t-scopeBack {
		s.gone += s.History[s.Placed].cells
		s.Placed++
	}
	s.tidy()
	if s.firstQuarter >= t-maxAge && len(s.History) <= maxHistory {
		return // nor can it be later in the list
	}
	old := len(s.History) / 4
	if s.History[old].Tick < t-maxAge || len(s.History) > maxHistory {
		for i := s.Placed; i < old; i++ {
			s.gone += s.History[i].cells
		}
		s.History = append(s.History[:0], s.History[old:]...)
		s.Placed = max(s.Placed-old, 0)
		old = 0
	}
	s.firstQuarter = s.History[old].Tick
}

// tidy drops from where what has gone, once that is most of it; so an arrival
// costs no list of its own. What a fault has left too long is made anew.
func (s *service) tidy() {
	if s.gone <= len(s.where)/2 {
		return
	}
	s.where = slices.Delete(s.where, 0, s.gone)
	s.gone = 0
	if cap(s.where) > maxCells && cap(s.where) > 8*len(s.where) {
		s.where = slices.Clone(s.where)
	}
}

// packHistory brings the arrivals' cells into the form in which a snapshot keeps
// them, and unpackHistory takes them out of it.
func (s *service) packHistory() {
	rest := s.where[s.gone:]
	for i := s.Placed; i < len(s.History); i++ {
		a := &s.History[i]
		for _, c := range rest[:a.cells] {
			a.Cells = append(a.Cells, outcry.Cell{CellKey: c.at.key, Counts: outcry.Counts{Fresh: uint32(c.n)}})
		}
		rest = rest[a.cells:]
	}
}

func (s *service) unpackHistory() {
	for i := range s.History {
		a := &s.History[i]
		for k := range a.Cells {
			s.where = append(s.where, cellCount{s.Shares.place(&a.Cells[k].CellKey), float64(a.Cells[k].Fresh)})
		}
		a.cells, a.Cells = len(a.Cells), nil
	}
}
