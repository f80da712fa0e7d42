package page

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Sizes of the blocks that a document is compressed in, in bytes. Deflate looks
// back 32 KiB, so that larger blocks hardly compress better, and of a page with
// a thousand services one row changes one block of some twenty.
const (
	blockLeast = 48 << 10
	blockMost  = 256 << 10
	blockBits  = 15 // of the hash that are zero at a boundary: 32 KiB on average, after the least
)

// block is a stretch of a document, and how it is compressed by itself.
type block struct {
	size     int
	sum      uint64
	deflated []byte // whole bytes of a deflate stream (RFC 1951), none of it final
}

// deflater compresses documents. It keeps its writers, each of which has tables
// of a megabyte.
type deflater struct {
	writers sync.Pool
	seed    maphash.Seed
}

func newDeflater() *deflater { return &deflater{seed: maphash.MakeSeed()} }

// gzip compresses a body to one member (RFC 1952), in blocks; those that an
// earlier version of the document has are taken from there. The bytes are the
// same with an earlier version and without.
func (d *deflater) gzip(body []byte, old *Document) ([]byte, []block, error) {
	had := make(map[uint64]taken)
	if old != nil {
		at := 0
		for _, b := range old.blocks {
			had[b.sum] = taken{b, old.Body[at : at+b.size]}
			at += b.size
		}
	}
	var stretches [][]byte
	for rest := body; len(rest) > 0; {
		n := boundary(rest)
		stretches, rest = append(stretches, rest[:n]), rest[n:]
	}
	blocks, failed := make([]block, len(stretches)), make([]error, len(stretches))
	Spread(len(stretches), func(i int) {
		sum := maphash.Bytes(d.seed, stretches[i])
		if t, ok := had[sum]; ok && bytes.Equal(t.body, stretches[i]) {
			blocks[i] = t.block
			return
		}
		blocks[i] = block{size: len(stretches[i]), sum: sum}
		blocks[i].deflated, failed[i] = d.deflate(stretches[i])
	})
	out := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff} // no name, no time, any system
	for i := range blocks {
		if failed[i] != nil {
			return nil, nil, failed[i]
		}
		out = append(out, blocks[i].deflated...)
	}
	out = append(out, 3, 0) // the final block, which is empty
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	return binary.LittleEndian.AppendUint32(out, uint32(len(body))), blocks, nil //nolint:gosec // modulo 2³², as the format has it
}

// taken is a block of an earlier version, with its bytes.
type taken struct {
	block
	body []byte
}

// boundary gives the size of the first block of some bytes. It depends on the
// bytes before the boundary alone, so that what is put in or taken away
// somewhere moves the next boundary at most, and all others stay where they
// are in the text (content-defined chunking by a gear hash, Xia et al. 2014).
func boundary(b []byte) int {
	if len(b) <= blockLeast {
		return len(b)
	}
	const window = 64 // bytes that the hash remembers
	end := min(len(b), blockMost)
	var h uint64
	for i := blockLeast - window; i < end; i++ {
		h = h<<1 + (uint64(b[i])+1)*0x9e3779b97f4a7c15
		if i >= blockLeast && h>>(64-blockBits) == 0 {
			return i
		}
	}
	return end
}

// deflate compresses some bytes by themselves, up to the end of a byte.
func (d *deflater) deflate(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, ok := d.writers.Get().(*flate.Writer)
	if ok {
		w.Reset(&out)
	} else {
		var err error
		if w, err = flate.NewWriter(&out, flate.BestCompression); err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
	}
	defer d.writers.Put(w)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out.Bytes(), nil
}
