package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/outcry/outcry/bench/detect/sim"
)

// options are the command's flags.
type options struct {
	years            float64
	reps, seeds      int
	quick            bool
	only, null, out  string
	write, scenarios bool
	scenario         string
	seed             uint64
}

func (o *options) plan() *plan {
	p := &plan{years: o.years, reps: o.reps, seed: o.seed, rates: []float64{0.25, 4, 12, 52}}
	if o.quick {
		p.years, p.reps = o.years/8, min(o.reps, 25)
	}
	for _, n := range allNulls() {
		if strings.Contains(n.String(), o.null) {
			p.nulls = append(p.nulls, n)
		}
	}
	return p
}

func run(o *options, w io.Writer) error {
	cells, err := o.plan().run()
	if err != nil {
		return err
	}
	for _, c := range cells {
		fmt.Fprintf(w, "### %s\n\n", c.null.Null)
		c.delayTable(w)
	}
	_ = sim.Year
	return nil
}
