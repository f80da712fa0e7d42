package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// row is a kind's results.
type row struct {
	scenes, outages, expected, missed, found, scope, ended, falses int
	ratio                                                          []float64
	delays                                                         []float64
	onsets                                                         []float64
	history                                                        int
	years                                                          float64
}

// report writes the table, and then every fault.
func report(marks []mark) string {
	var b strings.Builder
	b.WriteString("| kind | scenes | outages | could be found | of these missed | found | published, s | of the floor's delay | onset error, s | right place | ended well | false | in history |\n|" + strings.Repeat(" --- |", 13) + "\n")
	total := row{}
	for _, k := range kinds() {
		r := row{}
		for i := range marks {
			if marks[i].paper.kind == k.name {
				r.add(&marks[i])
				total.add(&marks[i])
			}
		}
		if r.scenes > 0 {
			r.write(&b, k.name)
		}
	}
	total.write(&b, "all")
	fmt.Fprintf(&b, "\nHistory: %d public incidents in %.1f service-years.\n\n", total.history, total.years)
	for i := range marks {
		for _, w := range marks[i].wrong() {
			fmt.Fprintf(&b, "- %s (%s draw): %s\n", marks[i].paper, marks[i].paper.draw, w)
		}
	}
	return b.String()
}

func (r *row) add(m *mark) {
	sc := m.paper.scenario
	r.scenes++
	r.falses += len(m.result.FalseIncidents)
	r.history += m.result.HistoryIncidents
	r.years += float64(len(sc.Services)) * sc.History.Hours() / 24 / 365.25
	for i := range m.outages {
		o := &m.outages[i]
		r.outages++
		if o.expected {
			r.expected++
			if !o.found {
				r.missed++
			}
		}
		if !o.found {
			continue
		}
		r.found++
		if !has(o.faults, "services", "regions", "carriers", "symptoms") {
			r.scope++
		}
		if !has(o.faults, "closed", "never", "said to recover") {
			r.ended++
		}
		if o.delay > 0 {
			r.delays, r.onsets = append(r.delays, o.delay), append(r.onsets, max(o.onset, -o.onset))
			if o.floor.delay > 0 {
				r.ratio = append(r.ratio, o.delay/o.floor.delay.Seconds())
			}
		}
	}
}

func has(faults []string, begin ...string) bool {
	return slices.ContainsFunc(faults, func(f string) bool {
		return slices.ContainsFunc(begin, func(s string) bool { return strings.HasPrefix(f, s) })
	})
}

func (r *row) write(b *strings.Builder, name string) {
	fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %s | %s | %s | %d | %d | %d | %d |\n", name, r.scenes, r.outages, r.expected, r.missed, r.found,
		three(r.delays, "%.0f"), three(r.ratio, "%.1f"), three(r.onsets, "%.0f"), r.scope, r.ended, r.falses, r.history)
}

// three is median / p90 / worst.
func three(xs []float64, form string) string {
	if len(xs) == 0 {
		return "–"
	}
	slices.Sort(xs)
	at := func(q float64) string { return fmt.Sprintf(form, xs[int(math.Ceil(q*float64(len(xs)))-1)]) }
	return at(0.5) + " / " + at(0.9) + " / " + at(1)
}
