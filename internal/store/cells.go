package store

import (
	"encoding/binary"
	"errors"

	"github.com/outcry/outcry"
)

// A row's cells are one blob: cellFormat, then each cell as
//
//	mask  one byte: bit i says that word i of the key is not empty; cellSingle
//	words for each set bit a varint: a word met before in this blob by its
//	      number from 0, or the next number, the length and the bytes of a new one
//	counts total, bad, unknown, distinct, fresh as varints, unless cellSingle
//
// Most cells of a tick are one person's one report, which then takes four bytes
// beside its words.
const (
	cellFormat = 1
	cellSingle = 1 << 7 // the counts are those of one fresh person's complaint
)

// single is what cellSingle stands for.
func single() outcry.Counts { return outcry.Counts{Total: 1, Bad: 1, Distinct: 1, Fresh: 1} }

var errCells = errors.New("the cells of a tally are damaged")

// cellCodec encodes and decodes cells, and keeps the words that it has met, so
// that a thousand rows share one "US-TX". It is for one goroutine.
type cellCodec struct {
	words map[string]string
	row   []string
	seen  map[string]uint64
}

func newCellCodec() *cellCodec {
	return &cellCodec{words: map[string]string{}, seen: map[string]uint64{}}
}

func keyWords(k *outcry.CellKey) [7]*string {
	return [...]*string{&k.Symptom, &k.Scope.Region, &k.Scope.Carrier, &k.Scope.Platform, &k.Scope.Version, &k.Scope.Segment, &k.Vantage}
}

// encode gives the blob of the cells, or nil of none.
func (c *cellCodec) encode(cells []outcry.Cell) []byte {
	if len(cells) == 0 {
		return nil
	}
	clear(c.seen)
	b := make([]byte, 0, 16+8*len(cells))
	b = append(b, cellFormat)
	for i := range cells {
		b = c.encodeCell(b, &cells[i])
	}
	return b
}

func (c *cellCodec) encodeCell(b []byte, cell *outcry.Cell) []byte {
	at, mask := len(b), byte(0)
	b = append(b, 0)
	for i, w := range keyWords(&cell.CellKey) {
		if *w != "" {
			mask |= 1 << i
			b = c.encodeWord(b, *w)
		}
	}
	n := cell.Counts
	if n == single() {
		b[at] = mask | cellSingle
		return b
	}
	b[at] = mask
	for _, v := range [...]uint32{n.Total, n.Bad, n.Unknown, n.Distinct, n.Fresh} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return b
}

func (c *cellCodec) encodeWord(b []byte, w string) []byte {
	if n, ok := c.seen[w]; ok {
		return binary.AppendUvarint(b, n)
	}
	n := uint64(len(c.seen))
	c.seen[w] = n
	b = binary.AppendUvarint(b, n)
	b = binary.AppendUvarint(b, uint64(len(w)))
	return append(b, w...)
}

// decode is the inverse of encode.
func (c *cellCodec) decode(b []byte) ([]outcry.Cell, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if b[0] != cellFormat {
		return nil, errCells
	}
	c.row = c.row[:0]
	var cells []outcry.Cell
	r := blobReader{rest: b[1:]}
	for len(r.rest) > 0 && !r.bad {
		cells = append(cells, c.decodeCell(&r))
	}
	if r.bad {
		return nil, errCells
	}
	return cells, nil
}

func (c *cellCodec) decodeCell(r *blobReader) (cell outcry.Cell) {
	mask := r.byte()
	for i, w := range keyWords(&cell.CellKey) {
		if mask&(1<<i) != 0 {
			*w = c.decodeWord(r)
		}
	}
	if mask&cellSingle != 0 {
		cell.Counts = single()
		return cell
	}
	n := &cell.Counts
	for _, v := range [...]*uint32{&n.Total, &n.Bad, &n.Unknown, &n.Distinct, &n.Fresh} {
		*v = uint32(min(r.uvarint(), 1<<32-1))
	}
	return cell
}

func (c *cellCodec) decodeWord(r *blobReader) string {
	n := r.uvarint()
	if n < uint64(len(c.row)) {
		return c.row[n]
	}
	raw := r.bytes(r.uvarint())
	if n > uint64(len(c.row)) {
		r.bad = true
	}
	if r.bad {
		return ""
	}
	w, ok := c.words[string(raw)]
	if !ok {
		w = string(raw)
		c.words[w] = w
	}
	c.row = append(c.row, w)
	return w
}

// blobReader takes values off the front of a blob; after the first that is not
// there, bad is set and all others are zero.
type blobReader struct {
	rest []byte
	bad  bool
}

func (r *blobReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *blobReader) bytes(n uint64) []byte {
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *blobReader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}
