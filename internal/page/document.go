package page

import (
	"bytes"
	"fmt"
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
	Brotli      []byte
}

// compressFrom is the size from which compression pays.
const compressFrom = 512

// brotliLevel gets within 2% of the best at a twentieth of its time.
const brotliLevel = 6

// NewDocument compresses a body once, for as often as it is asked for.
func NewDocument(path, version, contentType string, modified time.Time, body []byte) (*Document, error) {
	d := &Document{Path: path, Version: version, ContentType: contentType, ModTime: modified.UTC().Truncate(time.Second), Body: body}
	if len(body) < compressFrom {
		return d, nil
	}
	var gz, br bytes.Buffer
	w, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress %s: %w", path, err)
	}
	b := brotli.NewWriterLevel(&br, brotliLevel)
	for _, c := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{w, b} {
		if _, err := c.Write(body); err != nil {
			return nil, fmt.Errorf("compress %s: %w", path, err)
		}
		if err := c.Close(); err != nil {
			return nil, fmt.Errorf("compress %s: %w", path, err)
		}
	}
	d.Gzip, d.Brotli = gz.Bytes(), br.Bytes()
	return d, nil
}
