package store

import (
	"database/sql"
	"math"

	"github.com/outcry/outcry"
)

// counts are the columns countColumns and cells of a row, as scanned.
type counts struct {
	n     [8]int64
	cells sql.RawBytes
}

// into gives the targets of a scan, in the order of the columns.
func (c *counts) into() []any {
	return []any{&c.n[0], &c.n[1], &c.n[2], &c.n[3], &c.n[4], &c.n[5], &c.n[6], &c.n[7], &c.cells}
}

// fill copies what was scanned into the tally; without a codec, all but the
// cells.
func (c *counts) fill(t *outcry.Tally, codec *cellCodec) (err error) {
	t.Counts = c.counts()
	t.Networks, t.Strange, t.Hourly = clamp(c.n[5]), clamp(c.n[6]), clamp(c.n[7])
	if codec != nil {
		t.Cells, err = codec.decode(c.cells)
	}
	return err
}

func (c *counts) counts() outcry.Counts {
	return outcry.Counts{Total: clamp(c.n[0]), Bad: clamp(c.n[1]), Unknown: clamp(c.n[2]), Distinct: clamp(c.n[3]), Fresh: clamp(c.n[4])}
}

// appendCounts appends a tally's columns in the order of countColumns.
func appendCounts(args []any, t *outcry.Tally) []any {
	return append(args, int64(t.Total), int64(t.Bad), int64(t.Unknown), int64(t.Distinct), int64(t.Fresh), int64(t.Networks), int64(t.Strange), int64(t.Hourly))
}

// clamp keeps a sum over years within the vocabulary's 32 bits.
func clamp(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }
