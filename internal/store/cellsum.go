package store

import (
	"slices"

	"github.com/outcry/outcry"
)

// cellSum adds up the cells of many rows.
type cellSum map[outcry.CellKey]outcry.Counts

func (m cellSum) add(cells []outcry.Cell) {
	for _, c := range cells {
		n := m[c.CellKey]
		n.Add(c.Counts)
		m[c.CellKey] = n
	}
}

func (m cellSum) sorted() []outcry.Cell {
	cells := make([]outcry.Cell, 0, len(m))
	for k, n := range m {
		cells = append(cells, outcry.Cell{CellKey: k, Counts: n})
	}
	slices.SortFunc(cells, compareCells)
	return cells
}
