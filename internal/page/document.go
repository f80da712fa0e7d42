package page

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
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
}

// compressFrom is the size from which compression pays.
const compressFrom = 512

// brotliLevel gets within a few percent of the best in a fraction of its time.
const brotliLevel = 6

// NewDocument compresses a body once, for as often as it is asked for.
func NewDocument(path, version, contentType string, modified time.Time, body []byte) (*Document, error) {
	d := &Document{Path: path, Version: version, ContentType: contentType, ModTime: modified.UTC().Truncate(time.Second), Body: body}
	if len(body) < compressFrom {
		return d, nil
	}
	var gz bytes.Buffer
	w, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress %s: %w", path, err)
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress %s: %w", path, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress %s: %w", path, err)
	}
	d.Gzip = gz.Bytes()
	d.brotli = sync.OnceValue(func() []byte { return compressBrotli(body) })
	return d, nil
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
