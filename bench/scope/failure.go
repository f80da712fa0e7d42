package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// failure is one case: a service's attempts and failures by scope in the
// minute to be explained, and in the minutes before it.
type failure struct {
	name       string
	attributes []string
	cells      []cell
	minutes    int             // before the one to be explained
	truth      map[string]bool // the elements of the cause, as element writes them
}

type cell struct {
	at     []string
	now    tally
	before []tally // by minute
}

type tally struct{ failed, all float64 }

func (t tally) plus(o tally) tally { return tally{t.failed + o.failed, t.all + o.all} }

func (t tally) rate() float64 { return t.failed / max(t.all, 1) }

// element writes a conjunction of single values: "cdn=5&p2p=0".
func element(values map[string]string) string {
	var parts []string
	for _, a := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, a+"="+values[a])
	}
	return strings.Join(parts, "&")
}

// elements of a conjunction of sets of values: their product; none if nothing
// is confined.
func (f *failure) elements(sets [][]string) []string {
	out := []map[string]string{{}}
	for a, set := range sets {
		if set == nil {
			continue
		}
		var next []map[string]string
		for _, m := range out {
			for _, v := range set {
				n := maps.Clone(m)
				n[f.attributes[a]] = v
				next = append(next, n)
			}
		}
		out = next
	}
	var names []string
	for _, m := range out {
		if len(m) > 0 {
			names = append(names, element(m))
		}
	}
	slices.Sort(names)
	return names
}

// pull is how many attempts' worth of the average every cell's own history is
// mixed with: a cell seen twice has not shown its rate.
const pull = 20

// usual is what a cell's minutes before say: its share of failures, and on how
// many failures that rests.
type usual struct{ rate, failures float64 }

// usual of each cell in all the minutes before or in their calmer half, as a
// failure often flickers before it is noticed.
func (f *failure) usual(calm bool) []usual {
	use := f.chosen(calm)
	var all tally
	own := make([]tally, len(f.cells))
	for i, c := range f.cells {
		for _, m := range use {
			own[i] = own[i].plus(c.before[m])
		}
		all = all.plus(own[i])
	}
	average := (all.failed + 0.5) / (all.all + 1)
	out := make([]usual, len(f.cells))
	for i, t := range own {
		failures := t.failed + pull*average
		out[i] = usual{failures / (t.all + pull), failures}
	}
	return out
}

// chosen are the minutes before that count.
func (f *failure) chosen(calm bool) []int {
	whole := make([]tally, f.minutes)
	order := make([]int, f.minutes)
	for m := range whole {
		order[m] = m
		for _, c := range f.cells {
			whole[m] = whole[m].plus(c.before[m])
		}
	}
	if calm {
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(whole[x].rate(), whole[y].rate()) })
		order = order[:(f.minutes+1)/2]
		slices.Sort(order)
	}
	return order
}
