package outcry

import (
	"slices"
	"strings"
)

// Compare orders cells by their keys, field by field.
func (k CellKey) Compare(o CellKey) int {
	switch {
	case k.Symptom != o.Symptom:
		return strings.Compare(k.Symptom, o.Symptom)
	case k.Scope.Region != o.Scope.Region:
		return strings.Compare(k.Scope.Region, o.Scope.Region)
	case k.Scope.Carrier != o.Scope.Carrier:
		return strings.Compare(k.Scope.Carrier, o.Scope.Carrier)
	case k.Scope.Platform != o.Scope.Platform:
		return strings.Compare(k.Scope.Platform, o.Scope.Platform)
	case k.Scope.Version != o.Scope.Version:
		return strings.Compare(k.Scope.Version, o.Scope.Version)
	case k.Scope.Segment != o.Scope.Segment:
		return strings.Compare(k.Scope.Segment, o.Scope.Segment)
	default:
		return strings.Compare(k.Vantage, o.Vantage)
	}
}

// Add sums o, a tally of the same stream, into t; cells of the same key merge.
func (t *Tally) Add(o Tally) {
	t.Counts.Add(o.Counts)
	t.Networks += o.Networks
	t.Hourly += o.Hourly
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
