package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// options are the command's flags.
type options struct {
	years              float64
	reps               int
	quick, full, write bool
	only, null, out    string
	seed               uint64
	target             float64
	limit              time.Duration
}

func (o *options) plan() *plan {
	p := &plan{years: o.years, reps: o.reps, seed: o.seed, rates: []float64{0.25, 4, 12, 52}}
	if o.quick {
		p.years, p.reps = o.years/8, min(o.reps, 25)
	}
	if o.full {
		p.years *= 5
	}
	for _, n := range allNulls() {
		if strings.Contains(n.String(), o.null) {
			p.nulls = append(p.nulls, n)
		}
	}
	return p
}

// results are what was measured, part by part; what was not is nil.
type results struct {
	cells    []*cell
	lives    []*life
	troubles []*trouble
	costs    []*cost
	wall     time.Duration
}

func (o *options) part(name string) bool { return o.only == "" || o.only == name }

func run(o *options, w io.Writer) error {
	began := time.Now()
	r, err := o.measure()
	if err != nil {
		return err
	}
	r.wall = time.Since(began)
	charts, err := r.charts(o.out)
	if err != nil {
		return err
	}
	r.tables(w)
	for _, c := range charts {
		fmt.Fprintln(w, "chart:", c)
	}
	if !o.write {
		return nil
	}
	return r.document()
}

func (o *options) measure() (r *results, err error) {
	r = &results{}
	p := o.plan()
	if o.part("cost") {
		if r.costs, err = runCosts(o.quick); err != nil {
			return nil, err
		}
	}
	if o.part("life") {
		if r.lives, err = runLives(min(p.reps, 60), o.seed); err != nil {
			return nil, err
		}
	}
	if o.part("robust") {
		if r.troubles, err = runTroubles(p.years, o.seed); err != nil {
			return nil, err
		}
	}
	if o.part("grid") {
		r.cells, err = p.run()
	}
	return r, err
}

func (r *results) tables(w io.Writer) {
	fmt.Fprint(w, "## Goals\n\n")
	goalTable(w, r.goals())
	if len(r.cells) > 0 {
		fmt.Fprint(w, "## Does the judge keep its promise\n\n")
		nullTable(w, r.cells)
	}
	if r.troubles != nil {
		fmt.Fprint(w, "## Nulls that are no steady state\n\n")
		troubleTable(w, r.troubles)
	}
	if r.lives != nil {
		fmt.Fprint(w, "## Onset and end, in seconds\n\n")
		lifeTable(w, r.lives)
	}
	if r.costs != nil {
		fmt.Fprint(w, "## Cost\n\n")
		costTable(w, r.costs)
	}
	if len(r.cells) > 0 {
		r.delayTables(w)
	}
}

func (r *results) delayTables(w io.Writer) {
	fmt.Fprint(w, "## Seconds to detect, at one false incident a year\n\nMean (p90) −share missed within the horizon: a day at 1 report per 15 minutes, else six hours; what is missed counts as the horizon.\n\n")
	for _, c := range r.cells {
		fmt.Fprintf(w, "### %s\n\n", c.null.Null)
		c.delayTable(w)
	}
	for _, c := range r.cells {
		if len(c.budgets) == 1 {
			continue
		}
		for _, k := range []int{2, 3} {
			fmt.Fprintf(w, "### %s: delay at ×%g by false incidents a year\n\n", c.null.Null, thetas()[k])
			c.curveTable(w, k)
		}
	}
}
