package main

import (
	"fmt"
	"log"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry/outcry/bench/detect/sim"
)

// plan is how much is simulated.
type plan struct {
	years float64 // factor on the years of every null
	reps  int     // outages tried at every point
	nulls []sim.Null
	rates []float64 // incidents a year of the curves
	seed  uint64
}

// rates of reports per quarter hour.
func reportRates() []float64 { return []float64{1, 20, 500} }

// noises are the slow multipliers of the nulls.
func noises() []sim.Null {
	return []sim.Null{
		{},
		{SD: 0.15, Tau: time.Hour},
		{SD: 0.3, Tau: 10 * time.Minute},
		{SD: 0.3, Tau: time.Hour},
		{SD: 0.3, Tau: 6 * time.Hour},
		{SD: 0.5, Tau: time.Hour},
		{SD: 0.5, Tau: 6 * time.Hour},
	}
}

func allNulls() []sim.Null {
	var out []sim.Null
	for _, rate := range reportRates() {
		for _, n := range noises() {
			n.Rate = rate
			out = append(out, n)
		}
	}
	return out
}

// yearsOf is how long a null is simulated: busy ones cost more.
func (p *plan) yearsOf(n sim.Null) float64 {
	switch {
	case n.Rate < 5:
		return 20 * p.years
	case n.Rate < 100:
		return 8 * p.years
	default:
		return 2 * p.years
	}
}

// cell is one null of the grid, measured.
type cell struct {
	null    *nullResult
	delay   *delayResult
	rates   []float64 // incidents a year to which the thresholds are tuned
	budgets []float64
	methods []method
}

// measure runs a null and the outages on it. Beyond the one of the table, rates
// and budgets are those of a curve.
func (p *plan) measure(n sim.Null, curve bool) (*cell, error) {
	c := &cell{methods: methods(), rates: []float64{1}, budgets: []float64{1}}
	years := p.yearsOf(n)
	if curve {
		c.budgets = append(c.budgets, p.rates...)
		years = max(years, 12*p.years)
		for _, r := range p.rates {
			if r*years >= 2 {
				c.rates = append(c.rates, r)
			}
		}
	}
	var err error
	if c.null, err = runNull(n, years, c.budgets, c.methods, p.seed); err != nil {
		return nil, fmt.Errorf("%s: %w", n, err)
	}
	t := trial{null: n, methods: c.methods, budgets: c.budgets, thetas: thetas(), reps: p.reps, horizon: horizonOf(n), seed: p.seed + 1}
	for m := range c.methods {
		var hs []float32
		for _, r := range c.rates {
			hs = append(hs, c.null.Peaks[m].threshold(int(r*years)))
		}
		t.thresholds = append(t.thresholds, hs)
	}
	if c.delay, err = t.run(); err != nil {
		return nil, fmt.Errorf("%s: %w", n, err)
	}
	c.null.Peaks = nil
	return c, nil
}

// isCurve says for which nulls the whole curve is drawn.
func isCurve(n sim.Null) bool {
	return n.Rate == 20 && (n.SD == 0 || (n.SD == 0.3 && n.Tau == time.Hour))
}

// run measures every null, two at a time.
func (p *plan) run() ([]*cell, error) {
	cells := make([]*cell, len(p.nulls))
	order := make([]int, len(p.nulls))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(p.nulls[b].Rate - p.nulls[a].Rate) })
	var g errgroup.Group
	g.SetLimit(2)
	var mu sync.Mutex
	done := 0
	for _, i := range order {
		g.Go(func() error {
			began := time.Now()
			c, err := p.measure(p.nulls[i], isCurve(p.nulls[i]))
			if err != nil {
				return err
			}
			cells[i] = c
			mu.Lock()
			done++
			log.Printf("%d of %d nulls: %s, %.1f years in %.1f s: the judge's incidents %v at budgets %v", done, len(order), c.null.Null, c.null.Years,
				time.Since(began).Seconds(), c.null.False, c.budgets)
			c.brief(log.Writer())
			mu.Unlock()
			return nil
		})
	}
	return cells, g.Wait()
}
