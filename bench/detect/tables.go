package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// table is a Markdown table.
type table struct {
	head []string
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer) {
	fmt.Fprintf(w, "| %s |\n| %s |\n", strings.Join(t.head, " | "), strings.TrimSuffix(strings.Repeat("--- | ", len(t.head)), " | "))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | "))
	}
	fmt.Fprintln(w)
}

// seconds writes a mean delay, with its p90 and how many were missed.
func (d *delays) String() string {
	if len(d.all) == 0 {
		return "—"
	}
	s := fmt.Sprintf("%.0f (%.0f)", d.mean(), d.quantile(0.9))
	if d.missed > 0 {
		s += fmt.Sprintf(" −%.0f%%", math.Ceil(100*float64(d.missed)/float64(len(d.all))))
	}
	return s
}

// delayTable is one null: methods down, sizes across.
func (c *cell) delayTable(w io.Writer) {
	t := table{head: []string{"given", "method"}}
	for _, theta := range thetas() {
		t.head = append(t.head, fmt.Sprintf("×%g", theta))
	}
	row := []string{string(floor), "CUSUM that knows θ"}
	for k := range thetas() {
		row = append(row, c.floor(k).String())
	}
	t.row(row...)
	row = []string{string(ours), "**the judge**, budget 1 a year"}
	for k := range thetas() {
		row = append(row, c.delay.judge[k][0].String())
	}
	t.row(row...)
	for m, md := range c.methods {
		if md.Class == floor {
			continue
		}
		row := []string{string(md.Class), md.Name}
		for k := range thetas() {
			row = append(row, c.delay.peers[m][k][0].String())
		}
		t.row(row...)
	}
	t.write(w)
}

// floor is the delay of the CUSUM that knows the k-th size.
func (c *cell) floor(k int) *delays {
	for m, md := range c.methods {
		if md.Theta == thetas()[k] && md.Class == floor {
			return &c.delay.peers[m][k][0]
		}
	}
	return &delays{}
}

// brief writes the judge's delays beside the floor's and the best peer's.
func (c *cell) brief(w io.Writer) {
	for k, theta := range thetas() {
		best, name := c.best(k, deployed)
		fmt.Fprintf(w, "  ×%-4g floor %-22s judge %-22s best peer %-22s %s\n", theta, c.floor(k), &c.delay.judge[k][0], best, name)
	}
}

// best is the method of a class with the least mean delay at the k-th size.
func (c *cell) best(k int, of class) (best *delays, name string) {
	best = &delays{}
	for m, md := range c.methods {
		d := &c.delay.peers[m][k][0]
		if md.Class == of && len(d.all) > 0 && (len(best.all) == 0 || d.mean() < best.mean()) {
			best, name = d, md.Name
		}
	}
	return best, name
}
