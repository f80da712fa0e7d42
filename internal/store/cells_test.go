package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

func anyCell() *rapid.Generator[outcry.Cell] {
	word := rapid.SampledFrom([]string{"", "", "GB", "US-TX", "not-delivered", "AT&T", "\xff\x00", string(make([]byte, 300))})
	count := rapid.SampledFrom([]uint32{0, 1, 1, 2, 127, 128, 1<<32 - 1})
	return rapid.Custom(func(t *rapid.T) (c outcry.Cell) {
		for _, w := range keyWords(&c.CellKey) {
			*w = word.Draw(t, "word")
		}
		if rapid.Bool().Draw(t, "single") {
			c.Counts = single()
			return c
		}
		n := func() uint32 { return count.Draw(t, "count") }
		c.Counts = outcry.Counts{Total: n(), Bad: n(), Unknown: n(), Distinct: n(), Fresh: n()}
		return c
	})
}

func TestCellsComeBack(t *testing.T) {
	codec := newCellCodec() // one for all, so that what it remembers is tested too
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOf(anyCell()).Draw(t, "cells")
		blob := codec.encode(cells)
		got, err := codec.decode(blob)
		if err != nil || len(got) != len(cells) || (len(cells) > 0 && !cmp.Equal(cells, got)) {
			t.Fatalf("%v came back as %v, %v", cells, got, err)
		}
	})
}

func TestCutCellsAreRefused(t *testing.T) {
	codec := newCellCodec()
	rapid.Check(t, func(t *rapid.T) {
		blob := codec.encode([]outcry.Cell{anyCell().Draw(t, "cell")})
		for n := 2; n < len(blob); n++ {
			if cells, err := codec.decode(blob[:n]); err == nil {
				t.Fatalf("cut at %d of %d, it is taken for %v", n, len(blob), cells)
			}
		}
	})
}

func TestCellsAreCompact(t *testing.T) {
	cell := outcry.Cell{CellKey: outcry.CellKey{Symptom: "not-delivered", Scope: outcry.Scope{Region: "US-TX", Carrier: "AT&T"}}, Counts: single()}
	codec := newCellCodec()
	one, two := len(codec.encode([]outcry.Cell{cell})), len(codec.encode([]outcry.Cell{cell, cell}))
	if one > 35 || two-one != 4 {
		t.Errorf("one report takes %d bytes, another %d", one, two-one)
	}
}

// A damaged blob gives an error or other cells, never a panic or a huge
// allocation.
func FuzzCells(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{cellFormat})
	f.Add([]byte{cellFormat, 0xff, 0, 2, 'G', 'B', 0, 0, 0, 0, 0, 0})
	f.Add([]byte{cellFormat, 1, 5, 1, 'x', 0, 0, 0, 0, 0})
	f.Add([]byte{cellFormat, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, blob []byte) {
		codec := newCellCodec()
		cells, err := codec.decode(blob)
		if err != nil {
			return
		}
		again, err := codec.decode(codec.encode(cells))
		if err != nil || !cmp.Equal(cells, again) {
			t.Fatalf("%v came back as %v, %v", cells, again, err)
		}
	})
}
