package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/outcry/outcry"
)

// goal is one promise of the project, and whether this run keeps it.
type goal struct {
	what, found string
	kept        bool
}

func goalTable(w io.Writer, goals []goal) {
	t := table{head: []string{"goal", "kept", "measured"}}
	for _, g := range goals {
		kept := "yes"
		if !g.kept {
			kept = "**no**"
		}
		t.row(g.what, kept, g.found)
	}
	t.write(w)
}

// goals judges a run.
func (r *results) goals() []goal {
	var out []goal
	if len(r.cells) > 0 {
		out = append(out, floorGoal(r.cells), peerGoal(r.cells, deployed, "every deployed peer"),
			peerGoal(r.cells, oracle, "every textbook test that is told the true season"), promiseGoal(r.cells))
	}
	if len(r.troubles) > 0 {
		out = append(out, troubleGoal(r.troubles))
	}
	if len(r.lives) > 0 {
		out = append(out, onsetGoal(r.lives))
	}
	for _, c := range r.costs {
		out = append(out, costGoal(c))
	}
	return out
}

// floorGoal: on clean nulls within a tenth of the floor, or a tick, at ×3 to ×30.
func floorGoal(cells []*cell) goal {
	g := goal{what: "on clean nulls, ×3 to ×30, within 1.10 of the floor or one tick", kept: true}
	for _, c := range cells {
		if c.null.Null.SD > 0 {
			continue
		}
		for k, theta := range thetas() {
			if theta < 3 || theta > 30 {
				continue
			}
			f, j := c.floor(k).mean(), c.delay.judge[k][0].mean()
			if j > 1.10*f && j > f+outcry.TickLength.Seconds() {
				g.kept = false
				g.found += fmt.Sprintf("%g per 15 min ×%g: %.0f s against %.0f (%.2f); ", c.null.Null.Rate, theta, j, f, j/f)
			}
		}
	}
	return g.orAll()
}

func (g goal) orAll() goal {
	if g.found == "" {
		g.found = "at every point"
	}
	return g
}

// peerGoal: on noisy nulls from ×3 up faster than each of a class, a tick being
// a draw, with no more misses. Differences within two standard errors of the
// paired means are not called a loss.
func peerGoal(cells []*cell, of class, who string) goal {
	g := goal{what: "on noisy nulls, from ×3 up, faster than " + who + ", with no more misses", kept: true}
	for _, c := range cells {
		if c.null.Null.SD == 0 {
			continue
		}
		for k, theta := range thetas() {
			if theta < 3 {
				continue
			}
			for _, lost := range c.losses(k, of) {
				g.kept = false
				g.found += fmt.Sprintf("%s ×%g: %s; ", c.null.Null, theta, lost)
			}
		}
	}
	return g.orAll()
}

// losses are the methods of a class that beat the judge at the k-th size.
func (c *cell) losses(k int, of class) (out []string) {
	j := &c.delay.judge[k][0]
	for m, md := range c.methods {
		d := &c.delay.peers[m][k][0]
		if md.Class != of || len(d.all) == 0 {
			continue
		}
		noise := 2 * math.Hypot(j.sem(), d.sem())
		slower := j.mean() > d.mean()+max(noise, outcry.TickLength.Seconds())
		if slower || j.missed > d.missed+len(d.all)/50 {
			out = append(out, fmt.Sprintf("%s %.0f s (%d missed) against %.0f (%d)", md.Name, d.mean(), d.missed, j.mean(), j.missed))
		}
	}
	return out
}

// promiseGoal: false incidents at or under one a year in every null, and in sum.
func promiseGoal(cells []*cell) goal {
	g := goal{what: "false incidents at or under the promise of one a year, in every null", kept: true}
	n, years := 0, 0.0
	for _, c := range cells {
		n += c.null.False[0]
		years += c.null.Judged[0]
		if p := promise(c.null.False[0], c.null.Judged[0], 1); p != "kept" {
			g.kept = false
			g.found += fmt.Sprintf("%s: %s, %s; ", c.null.Null, rate(c.null.False[0], c.null.Judged[0]), p)
		}
	}
	g.found = fmt.Sprintf("%d in %.0f years, %s a year in all; ", n, years, rate(n, years)) + g.found
	return g
}

func troubleGoal(all []*trouble) goal {
	g := goal{what: "likewise through cold starts, contaminated history, gaps, daylight saving and growth", kept: true}
	for _, t := range all {
		if p := promise(t.False, t.Years, 1); p != "kept" || t.Stuck > 0 {
			g.kept = false
			g.found += fmt.Sprintf("%s: %s, %s, %d of %d runs end failing; ", t.Name, rate(t.False, t.Years), p, t.Stuck, t.Runs)
		}
	}
	return g.orAll()
}

// onsetGoal: the final estimate's median error under a minute at 20 per quarter
// hour and ×10.
func onsetGoal(all []*life) goal {
	g := goal{what: "onset error, median, under 60 s at 20 per 15 min and ×10", kept: true}
	for _, l := range all {
		if l.Null.Rate != 20 || l.Theta != 10 {
			continue
		}
		e := quantile(absolute(l.final), 0.5)
		g.kept = g.kept && e < time.Minute.Seconds()
		g.found += fmt.Sprintf("%s, ramp %v: %.0f s; ", l.Null, l.Ramp, e)
	}
	return g
}

func costGoal(c *cost) goal {
	rate, week := 1e9/c.perSeries(), c.week()
	return goal{
		what:  fmt.Sprintf("2,000,000 series steps a second and core, and a week of %d services with %d scopes in a minute (%g reports per 15 min each)", c.Services, c.Scopes, c.Rate),
		kept:  rate >= 2e6 && week <= time.Minute,
		found: fmt.Sprintf("%.2f million a second; %v a week", rate/1e6, week.Round(time.Second)),
	}
}

// nullTable writes the judge's false incidents in every null.
func nullTable(w io.Writer, cells []*cell) {
	t := table{head: []string{"null", "years", "budget a year", "false incidents", "a year (95%)", "promise"}}
	for _, c := range cells {
		for i, b := range c.null.Budgets {
			n, years := c.null.False[i], c.null.Judged[i]
			t.row(c.null.Null.String(), fmt.Sprintf("%.1f", years), fmt.Sprintf("%g", b), fmt.Sprint(n), rate(n, years), promise(n, years, b))
		}
	}
	t.write(w)
}
