package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/outcry/outcry/bench/detect/chart"
)

// charted are the methods that a chart has room for.
func charted(name string) bool {
	return slices.Contains([]string{"SR mixture κ=1", "drift-aware SR κ=2", "Poisson-FOCuS κ=2.5", "rolling 15-minute ratio", "Downdetector-style bins", "Farrington flexible",
		"EARS C2", "S-H-ESD", "z-score rule, 5 m against 1 w"}, name)
}

// bySize draws delay against the outage's size.
func (c *cell) bySize() *chart.Chart {
	ch := &chart.Chart{Title: "Delay at one false incident a year: " + c.null.Null.String(), XLabel: "the outage's rate, as a multiple of the usual", YLabel: "mean delay, s"}
	line := func(name string, of func(k int) *delays) chart.Line {
		l := chart.Line{Name: name}
		for k, theta := range thetas() {
			if d := of(k); len(d.all) > 0 {
				l.X, l.Y = append(l.X, theta), append(l.Y, d.mean())
			}
		}
		return l
	}
	bound := line("floor: knows θ and the season", c.floor)
	bound.Dashed = true
	judge := line("the judge", func(k int) *delays { return &c.delay.judge[k][0] })
	judge.Strong = true
	ch.Lines = []chart.Line{judge, bound}
	for m, md := range c.methods {
		if charted(md.Name) {
			ch.Lines = append(ch.Lines, line(md.Name, func(k int) *delays { return &c.delay.peers[m][k][0] }))
		}
	}
	return ch
}

// byRate draws delay against false incidents, at the k-th size.
func (c *cell) byRate(k int) *chart.Chart {
	ch := &chart.Chart{Title: fmt.Sprintf("Delay at ×%g against false incidents: %s", thetas()[k], c.null.Null), XLabel: "false incidents a year (the judge: its budget)", YLabel: "mean delay, s"}
	line := func(name string, rates []float64, of func(i int) *delays) chart.Line {
		l := chart.Line{Name: name}
		order := make([]int, len(rates))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(rates[a], rates[b]) })
		for _, i := range order {
			if d := of(i); len(d.all) > 0 {
				l.X, l.Y = append(l.X, rates[i]), append(l.Y, d.mean())
			}
		}
		return l
	}
	judge := line("the judge", c.budgets, func(i int) *delays { return &c.delay.judge[k][i] })
	judge.Strong = true
	ch.Lines = []chart.Line{judge}
	for m, md := range c.methods {
		if md.Class == floor && md.Theta == thetas()[k] {
			l := line("floor: knows θ and the season", c.rates, func(i int) *delays { return &c.delay.peers[m][k][i] })
			l.Dashed = true
			ch.Lines = append(ch.Lines, l)
		}
		if charted(md.Name) {
			ch.Lines = append(ch.Lines, line(md.Name, c.rates, func(i int) *delays { return &c.delay.peers[m][k][i] }))
		}
	}
	return ch
}

// curveTable writes delays by rate of false incidents, at ×5 and ×10.
func (c *cell) curveTable(w io.Writer, k int) {
	t := table{head: []string{"method"}}
	order := make([]int, len(c.budgets))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c.budgets[a], c.budgets[b]) })
	for _, i := range order {
		t.head = append(t.head, fmt.Sprintf("%g a year", c.budgets[i]))
	}
	row := []string{"**the judge** (its measured false incidents a year)"}
	for _, i := range order {
		row = append(row, fmt.Sprintf("%s [%.2f]", &c.delay.judge[k][i], float64(c.null.False[i])/c.null.Judged[i]))
	}
	t.row(row...)
	for m, md := range c.methods {
		if md.Class == floor && md.Theta != thetas()[k] {
			continue
		}
		row := []string{md.Name}
		for _, i := range order {
			at := slices.Index(c.rates, c.budgets[i])
			if at < 0 {
				row = append(row, "not measurable")
				continue
			}
			row = append(row, c.delay.peers[m][k][at].String())
		}
		t.row(row...)
	}
	t.write(w)
}

// charts writes all of them, and gives their files.
func (r *results) charts(dir string) (files []string, err error) {
	if len(r.cells) == 0 {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for everybody to read
		return nil, fmt.Errorf("make a directory for the charts: %w", err)
	}
	for _, c := range r.cells {
		name := slug(c.null.Null.String())
		all := map[string]*chart.Chart{"delay-" + name: c.bySize()}
		if len(c.budgets) > 1 {
			all["curve-x5-"+name], all["curve-x10-"+name] = c.byRate(2), c.byRate(3)
		}
		for name, ch := range all {
			path := filepath.Join(dir, name+".svg")
			if err := save(path, ch); err != nil {
				return nil, err
			}
			files = append(files, path)
		}
	}
	slices.Sort(files)
	return files, nil
}

func slug(s string) string {
	return strings.NewReplacer(" per 15 min", "", ",", "", " ", "-", ".", "").Replace(s)
}

func save(path string, ch *chart.Chart) (err error) {
	f, err := os.Create(path) //nolint:gosec // the operator's own directory
	if err != nil {
		return fmt.Errorf("write a chart: %w", err)
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = fmt.Errorf("write a chart: %w", e)
		}
	}()
	return ch.Write(f)
}
