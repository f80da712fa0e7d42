package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestGzipInBlocks: whatever is changed in a document, its compressed form is
// the same as without an earlier version, any reader makes the body of it, and
// only blocks at the change are compressed anew.
func TestGzipInBlocks(t *testing.T) {
	d := newDeflater()
	words := bytes.Fields([]byte("<li> row service is working </li> 0 1 2 3 4 5 6 7 8 9 a b c d e f path d= M4 24V8"))
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var body []byte
		for size := rapid.SampledFrom([]int{600, blockLeast, 3 * blockLeast, 300 << 10}).Draw(t, "size"); len(body) < size; {
			body = append(append(body, words[r.IntN(len(words))]...), ' ')
		}
		old, err := d.document(nil, Document{Body: body})
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(body)).Draw(t, "at")
		next := slices.Concat(body[:at], rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "put in"), body[min(len(body), at+rapid.IntRange(0, 200).Draw(t, "taken away")):])
		got, err := d.document(old, Document{Body: next})
		if err != nil {
			t.Fatal(err)
		}
		want, err := newDeflater().document(nil, Document{Body: next})
		if err != nil || !bytes.Equal(got.Gzip, want.Gzip) {
			t.Fatalf("after an earlier version %d bytes, without %d: %v", len(got.Gzip), len(want.Gzip), err)
		}
		if got.Gzip != nil {
			unpacked(t, got)
		}
		if n := fresh(old, got); n > 3 {
			t.Errorf("one change: %d of %d blocks are compressed anew", n, len(got.blocks))
		}
	})
}

func unpacked(t *rapid.T, d *Document) {
	z, err := gzip.NewReader(bytes.NewReader(d.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, d.Body) {
		t.Fatalf("%d bytes come of %d: %v", len(body), len(d.Body), err)
	}
}

// fresh counts the blocks that the earlier version has not.
func fresh(old, next *Document) int {
	n := 0
	for i := range next.blocks {
		if !slices.ContainsFunc(old.blocks, func(b block) bool { return &b.deflated[0] == &next.blocks[i].deflated[0] }) {
			n++
		}
	}
	return n
}
