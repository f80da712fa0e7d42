package outcry

import (
	"cmp"
	"slices"
)

// Compare orders cells by their keys, field by field.
func (k CellKey) Compare(o CellKey) int {
	return cmp.Or(
		cmp.Compare(k.Symptom, o.Symptom),
		cmp.Compare(k.Scope.Region, o.Scope.Region),
		cmp.Compare(k.Scope.Carrier, o.Scope.Carrier),
		cmp.Compare(k.Scope.Platform, o.Scope.Platform),
		cmp.Compare(k.Scope.Version, o.Scope.Version),
		cmp.Compare(k.Scope.Segment, o.Scope.Segment),
		cmp.Compare(k.Vantage, o.Vantage),
	)
}

// Add sums o, a tally of the same stream, into t; cells of the same key merge.
func (t *Tally) Add(o Tally) {
	t.Counts.Add(o.Counts)
	t.Networks += o.Networks
	t.Strange += o.Strange
	for _, c := range o.Cells {
		t.addCell(c)
	}
}

func (t *Tally) addCell(c Cell) {
	i, found := slices.BinarySearchFunc(t.Cells, c.CellKey, func(c Cell, k CellKey) int { return c.CellKey.Compare(k) })
	if found {
		t.Cells[i].Counts.Add(c.Counts)
		return
	}
	t.Cells = slices.Insert(t.Cells, i, c)
}
