package web

import (
	"bytes"
	"net"
	"net/http"
	"time"
)

// plainHead is the longest request head that the front answers; browsers send
// about 700 bytes.
const plainHead = 4 << 10

// attend answers the requests of one connection until one is not plain.
func (f *front) attend(c net.Conn) {
	buf := make([]byte, plainHead)
	n, quiet := 0, time.Time{}
	defer f.forget(c)
	for {
		now := time.Now()
		if now.Sub(quiet) > idleStep {
			quiet = now
			_ = c.SetDeadline(now.Add(f.s.room.patience())) // fails only when the read below does
			if f.closing() {
				_ = c.Close()
				return
			}
		}
		m, err := c.Read(buf[n:])
		if n += m; err != nil {
			_ = c.Close()
			return
		}
		used, ok := f.answer(c, buf[:n])
		if !ok {
			f.handOver(c, buf[used:n])
			return
		}
		if used < 0 || used == n && f.s.room.crowded() { // it may come again, by another connection
			_ = c.Close()
			return
		}
		n = copy(buf, buf[used:n])
	}
}

// answer serves the requests at the start of the bytes and gives how many
// bytes they were, or a negative number when the client no longer reads. It is
// not ok when what follows must be left to net/http.
func (f *front) answer(c net.Conn, b []byte) (used int, ok bool) {
	for used < len(b) {
		end := bytes.Index(b[used:], headEnd)
		if end < 0 {
			return used, false
		}
		head := b[used : used+end+len(headEnd)]
		p, ok := readPlain(head)
		if !ok {
			return used, false
		}
		h := f.s.document(p)
		if h == nil {
			return used, false
		}
		if _, err := c.Write(f.s.image(h, p)); err != nil {
			return -1, true
		}
		used += len(head)
	}
	return used, true
}

// image picks the bytes that answer a plain request.
func (s *Server) image(h *held, p plain) []byte {
	if len(p.match) > 0 && matchesIn(string(p.match), h.etag) {
		s.meter.document(h.kind, http.StatusNotModified)
		return h.images[formUnchanged].at(time.Now(), h)
	}
	s.meter.document(h.kind, http.StatusOK)
	form := h.choose(acceptsIn(string(p.accept)))
	if p.headOnly {
		form += formHeads
	}
	return h.images[form].at(time.Now(), h)
}
