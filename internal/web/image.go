package web

import (
	"bytes"
	"net/http"
	"sync/atomic"
	"time"
)

// form is one way in which a document goes over the wire.
type form uint8

const (
	formWhole form = iota
	formGzip
	formBrotli
	formZstd
	formHeads // the four again, without the body
	_
	_
	_
	formUnchanged
	forms
)

// image is a whole response, header and body, as bytes that only go out of
// date by their Date: it is made anew at most once a second (RFC 9110, 6.6.1).
type image struct {
	form form
	now  atomic.Pointer[stamped]
}

type stamped struct {
	second int64
	bytes  []byte
}

// at gives the response's bytes for the present second.
func (i *image) at(now time.Time, h *held) []byte {
	if s := i.now.Load(); s != nil && s.second == now.Unix() {
		return s.bytes
	}
	s := &stamped{now.Unix(), h.print(i.form, now)}
	i.now.Store(s) // two may do this at once: both are right
	return s.bytes
}

// print writes a response as net/http would.
func (h *held) print(f form, now time.Time) []byte {
	var b bytes.Buffer
	hdr := make(http.Header, 16)
	h.fill(hdr)
	hdr["Date"] = []string{now.UTC().Format(http.TimeFormat)}
	var body []byte
	if f == formUnchanged {
		b.WriteString("HTTP/1.1 304 Not Modified\r\n")
	} else {
		b.WriteString("HTTP/1.1 200 OK\r\n")
		body = h.content(hdr, f%formHeads)
	}
	_ = hdr.Write(&b) // a buffer takes every write
	b.WriteString("\r\n")
	if f < formHeads {
		b.Write(body)
	}
	return b.Bytes()
}
