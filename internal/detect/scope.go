package detect

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/scan"
)

const (
	scopeUntil   = 30 * time.Minute
	scopeBack    = 720  // ticks: where it reaches now, of a fault of many hours
	scopePace    = 60   // the older a fault, the seldomer it is asked where it reaches …
	scopeMost    = 30   // … but every five minutes
	symptomShare = 0.08 // of the excess: a symptom that is named …
	symptomNats  = 2.5  // … and that is no chance: one in a hundred has as many of what is usual

	// What naming a dimension must be worth, beside ln n for each of its
	// values: five nats, as it is asked again and again while a fault lasts,
	// and a hundredth of the evidence. bench/scope asks more of failures among
	// attempts, whose rates differ more from cell to cell; but a region that is
	// silent on the carrier at fault is a handful of cells, and must be heard.
	scopeMargin = 5.0
	scopeShare  = 0.01
)

// cube is the reports since onset by scope, with what was to be expected.
type cube struct {
	cells []scan.Cell
	all   float64 // expected in all
	count float64
}

// locate says where the fault of a service reaches, and with what symptoms.
func (s *service) locate(since outcry.Tick) outcry.Affected {
	q, symptoms := s.cube(since)
	var a outcry.Affected
	best := s.confine(q)
	lists := [dims]*[]string{&a.Regions, &a.Carriers, &a.Platforms, &a.Versions, &a.Segments}
	for d := range lists {
		*lists[d] = []string{}
		if d < len(best) && best[d] != nil {
			*lists[d] = best[d]
		}
	}
	a.Symptoms = s.symptoms(symptoms, q)
	return a
}

// cube sums the reports since onset. Scopes that are silent now but not usually
// are cells of it too: that a fault is not there is evidence.
func (s *service) cube(since outcry.Tick) (cube, map[string]float64) {
	sums := map[[dims]string]float64{}
	symptoms := map[string]float64{}
	var q cube
	s.placed(since, func(_ *arrival, cells []cellCount) {
		for _, c := range cells {
			sums[values(c.at.key.Scope)] += c.n
			symptoms[c.at.key.Symptom] += c.n
			q.count += c.n
		}
	})
	for k := range s.Shares.Cells {
		sums[values(k.Scope)] += 0
	}
	q.all = max(float64(s.Reports.Next-since), 1) * s.Reports.Rate * s.Reports.Filter.mean()
	q.cells = s.Shares.leaves(sums, q.all)
	return q, symptoms
}

// leaves spreads what was expected in all over the scopes of a cube.
func (s *shares) leaves(counts map[[dims]string]float64, all float64) []scan.Cell {
	cells := make([]scan.Cell, 0, len(counts))
	var sum float64
	for _, at := range slices.SortedFunc(maps.Keys(counts), func(x, y [dims]string) int { return slices.Compare(x[:], y[:]) }) {
		share, variance := s.pair(at[dimRegion], at[dimCarrier])
		for d := dimCarrier + 1; d < dims; d++ {
			part, spread := s.of(d, at[d])
			share, variance = share*part, variance+spread-shareSpread
		}
		sum += share
		cells = append(cells, scan.Cell{At: slices.Clone(at[:]), Count: counts[at], Expect: share, Spread: variance})
	}
	for i := range cells {
		cells[i].Expect *= all / sum
	}
	return cells
}

// confine finds the values of at most three dimensions that a fault is confined
// to; nil in every dimension when it is not.
func (s *service) confine(q cube) [][]string {
	best, err := scan.Find(q.cells, scan.Options{
		Condition: scopeMargin, ConditionShare: scopeShare,
		Nameable: func(_ int, value string) bool { return named(value) },
	})
	if err != nil {
		return nil // a rate beyond all numbers says nothing about where
	}
	return best.Sets
}

// symptoms names those that make up the excess.
func (s *service) symptoms(counts map[string]float64, q cube) []string {
	out := []string{}
	over := q.count - q.all
	for v, c := range counts {
		usual := q.all * s.symptomShare(v)
		if v != "" && c >= 2 && over > 0 && c-usual >= symptomShare*over && blockGLR(c, usual, math.Inf(1)) >= symptomNats {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func (s *service) symptomShare(symptom string) float64 {
	var n float64
	for k, c := range s.Shares.Cells {
		if k.Symptom == symptom {
			n += *c
		}
	}
	return n / (s.Shares.All + 1)
}
