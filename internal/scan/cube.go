package scan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Cell is a leaf of the cube: the finest scope that is told apart.
type Cell struct {
	At     []string // its value of each attribute, "" if it has none
	Count  float64  // what was counted
	Expect float64  // what was to be expected, in the same unit
	Spread float64  // α, the relative variance beyond Poisson's
}

// leastExpect stands in for an expectation of nothing: whatever was counted
// there has some ratio.
const leastExpect = 1e-6

// cube is the cells with their values as numbers, in an order of its own.
type cube struct {
	cells  []Cell
	values [][]string // by attribute, sorted
	at     [][]int    // by attribute and cell: the index of the value
}

func newCube(cells []Cell) (*cube, error) {
	q := &cube{cells: slices.Clone(cells)}
	for _, c := range q.cells {
		if len(c.At) != len(q.cells[0].At) {
			return nil, fmt.Errorf("a cell has %d attributes where another has %d", len(c.At), len(q.cells[0].At))
		}
		if !sound(c.Count) || !sound(c.Expect) || !sound(c.Spread) {
			return nil, fmt.Errorf("cell %q: count %g, expectation %g and spread %g must be finite and not negative", c.At, c.Count, c.Expect, c.Spread)
		}
	}
	slices.SortFunc(q.cells, func(x, y Cell) int {
		return cmp.Or(slices.Compare(x.At, y.At), cmp.Compare(x.Count, y.Count),
			cmp.Compare(x.Expect, y.Expect), cmp.Compare(x.Spread, y.Spread))
	})
	if len(q.cells) > 0 {
		q.index(len(q.cells[0].At))
	}
	return q, nil
}

func sound(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }

func (q *cube) index(attributes int) {
	for a := range attributes {
		vs := make([]string, len(q.cells))
		for i, c := range q.cells {
			vs[i] = c.At[a]
		}
		slices.Sort(vs)
		vs = slices.Compact(vs)
		at := make([]int, len(q.cells))
		for i, c := range q.cells {
			at[i], _ = slices.BinarySearch(vs, c.At[a])
		}
		q.values, q.at = append(q.values, vs), append(q.at, at)
	}
}

// combinations are the sets of up to most attributes that can confine
// anything, the small ones first: among equals the simpler is preferred.
func (q *cube) combinations(most int) [][]int {
	all := [][]int{nil}
	for done, size := 0, 1; size <= most; size++ {
		end := len(all)
		for _, c := range all[done:end] {
			first := 0
			if len(c) > 0 {
				first = c[len(c)-1] + 1
			}
			for a := first; a < len(q.values); a++ {
				if len(q.values[a]) > 1 {
					all = append(all, append(slices.Clone(c), a))
				}
			}
		}
		done = end
	}
	return all[1:]
}
