package web

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// plainHead is the longest request head that the front answers; browsers send
// about 700 bytes.
const plainHead = 4 << 10

// visit is one connection at the front.
type visit struct {
	f     *front
	c     net.Conn
	s     socket // of c, while it is read
	buf   []byte
	n     int       // bytes of buf that have been read and not answered
	came  bool      // something has, before
	quiet time.Time // when its deadline was last moved
	left  []byte    // what net/http is to read first; nil: the connection is to be closed
}

// attend answers the requests of one connection until one is not plain.
func (f *front) attend(c net.Conn) {
	defer f.forget(c)
	v := &visit{f: f, c: c, buf: make([]byte, plainHead)}
	v.attend()
	if v.left != nil {
		f.handOver(c, v.left)
		return
	}
	_ = c.Close()
}

// attend reads and answers when the connection has something to say, and only
// then: a thousand connections that ask all the time would each be read in vain
// once for every request otherwise. The runtime's poller tells of what comes
// while the function runs, too, so that nothing is missed as long as all is read
// that there is. After the first time the end is looked for, too: who asks but
// once may send it along, of which the poller does not tell by itself.
func (v *visit) attend() {
	s, ok := v.c.(syscall.Conn)
	if !ok || !v.renew() {
		return
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(func(fd uintptr) (done bool) { v.s = socket(fd); return v.ready() }) // an error is the end of the connection, or of its time
}

// ready answers what has come, and reports whether the visit is over.
func (v *visit) ready() (over bool) {
	for {
		m, err := v.s.read(v.buf[v.n:])
		switch {
		case err == syscall.EAGAIN: //nolint:errorlint // as the system gives it
			return false
		case err == syscall.EINTR: //nolint:errorlint // as above
			continue
		case err != nil || m == 0:
			return true
		}
		all := v.n+m < len(v.buf) && v.came
		v.came = true
		if v.n += m; !v.reply() || !v.renew() {
			return true
		}
		if all {
			return false
		}
	}
}

// reply answers the requests that have been read, and reports whether the
// connection goes on.
func (v *visit) reply() bool {
	used, ok := v.f.answer(v, v.buf[:v.n])
	switch {
	case !ok:
		v.left = v.buf[used:v.n]
		return false
	case used < 0 || used == v.n && v.f.s.room.crowded(): // it may come again, by another connection
		return false
	}
	v.n = copy(v.buf, v.buf[used:v.n])
	return true
}

// renew gives the connection more time, at most once in idleStep, and reports
// whether there is any.
func (v *visit) renew() bool {
	now := time.Now()
	if now.Sub(v.quiet) <= idleStep {
		return true
	}
	v.quiet = now
	_ = v.c.SetDeadline(now.Add(v.f.s.room.patience())) // fails only when reading does
	return !v.f.closing()
}

// Write writes at once, and waits for the client only when it does not keep up.
func (v *visit) Write(b []byte) (int, error) {
	n, err := v.s.write(b)
	if n == len(b) {
		return n, err
	}
	n = max(n, 0)
	m, err := v.c.Write(b[n:])
	return n + m, err
}

// answer serves the requests at the start of the bytes and gives how many
// bytes they were, or a negative number when the client no longer reads. It is
// not ok when what follows must be left to net/http.
func (f *front) answer(c io.Writer, b []byte) (used int, ok bool) {
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
