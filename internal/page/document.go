package page

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Document is a finished document with its compressed forms. Nobody changes
// one after it is made.
type Document struct {
	Path        string
	Version     string // of the view that it was rendered from
	ContentType string
	ModTime     time.Time
	Body        []byte
	Gzip        []byte // nil where compression does not pay
	brotli      func() []byte
	zstd        func() []byte
	blocks      []block // of Gzip
}

// compressFrom is the size from which compression pays.
const compressFrom = 512

// brotliLevel gets within a few percent of the best in a fraction of its time.
const brotliLevel = 6

// NewDocument compresses a body once, for as often as it is asked for.
func NewDocument(path, version, contentType string, modified time.Time, body []byte) (*Document, error) {
	return newDeflater().document(nil, Document{Path: path, Version: version, ContentType: contentType, ModTime: modified, Body: body})
}

// document finishes one. Of the bytes that an earlier version has too, if there
// is one, it takes the compressed form from there.
func (d *deflater) document(old *Document, next Document) (*Document, error) {
	next.ModTime = next.ModTime.UTC().Truncate(time.Second)
	if len(next.Body) < compressFrom {
		return &next, nil
	}
	var err error
	if next.Gzip, next.blocks, err = d.gzip(next.Body, old); err != nil {
		return nil, fmt.Errorf("%s: %w", next.Path, err)
	}
	next.brotli = sync.OnceValue(func() []byte { return compressBrotli(next.Body) })
	next.zstd = sync.OnceValue(func() []byte { return compressZstd(next.Body) })
	return &next, nil
}

// Brotli is the smallest form, made when the first client asks for it: many
// documents change again before one that can read it comes by. It is nil where
// compression does not pay.
func (d *Document) Brotli() []byte {
	if d.brotli == nil {
		return nil
	}
	return d.brotli()
}

// Zstd is the form for clients that read it and no Brotli, made when the first of
// them asks. It is nil where compression does not pay.
func (d *Document) Zstd() []byte {
	if d.zstd == nil {
		return nil
	}
	return d.zstd()
}

func compressZstd(body []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil // as below
	}
	return w.EncodeAll(body, nil)
}

func compressBrotli(body []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotliLevel)
	if _, err := w.Write(body); err != nil {
		return nil // a buffer takes every write; without this form clients get gzip
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return out.Bytes()
}
