package main

import (
	"math"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/peers"
	"github.com/outcry/outcry/bench/detect/sim"
)

// warmup is the history that every method has before it is scored: eight weeks.
const warmup = 8 * sim.Segments

// nullResult is what all methods did on one null.
type nullResult struct {
	Null    sim.Null
	Years   float64
	Peaks   []peaks // by method
	Budgets []float64
	False   []int     // the judge's incidents, by budget …
	Judged  []float64 // … and the years in which they came
}

// field is every method on one stream.
type field struct {
	detectors []peers.Detector
	judges    []*judge
}

func newField(n sim.Null, budgets []float64, ms []method, first outcry.Tick) (*field, error) {
	f := &field{}
	for _, m := range ms {
		f.detectors = append(f.detectors, m.make())
	}
	for _, b := range budgets {
		j, err := informed(b, n, first)
		if err != nil {
			return nil, err
		}
		f.judges = append(f.judges, j)
	}
	return f, nil
}

// judgedYears is how long the judge runs at each budget: the first, which is
// the promise, all the time; those of a curve until two dozen false incidents
// are due, or a while.
func judgedYears(years float64, budgets []float64) []float64 {
	out := []float64{years}
	for _, b := range budgets[1:] {
		out = append(out, min(years, max(1.5, min(24/b, 6))))
	}
	return out
}

// runNull streams years of a null through every method.
func runNull(n sim.Null, years float64, budgets []float64, ms []method, seed uint64) (*nullResult, error) {
	s, err := sim.New(n, seed)
	if err != nil {
		return nil, err
	}
	f, err := newField(n, budgets, ms, s.Next())
	if err != nil {
		return nil, err
	}
	segments := int(years * sim.Year)
	r := &nullResult{Null: n, Years: years, Peaks: make([]peaks, len(ms)), Budgets: budgets, False: make([]int, len(budgets)), Judged: judgedYears(years, budgets)}
	var seg sim.Segment
	for i := range warmup + segments {
		s.Draw(&seg)
		scored := i - warmup
		r.peers(f, &seg, scored)
		for k, j := range f.judges {
			if float64(scored) > r.Judged[k]*sim.Year {
				continue
			}
			err := j.step(&seg, func(v outcry.Verdict) bool {
				if j.begins(v) && scored >= 0 {
					r.False[k]++
				}
				return true
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// peers scores a segment by every method, and keeps the hour's peak.
func (r *nullResult) peers(f *field, seg *sim.Segment, scored int) {
	var out peers.Scores
	for k, d := range f.detectors {
		d.Step(seg, &out)
		if scored < 0 {
			continue
		}
		top := float32(math.Inf(-1))
		for _, x := range &out {
			top = max(top, float32(x))
		}
		if scored%4 == 0 {
			r.Peaks[k] = append(r.Peaks[k], top)
		} else {
			last := len(r.Peaks[k]) - 1
			r.Peaks[k][last] = max(r.Peaks[k][last], top)
		}
	}
}
