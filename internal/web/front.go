package web

import (
	"net"
	"sync"
	"time"
)

// front is a listener that answers for finished documents by itself and hands
// every other connection on to net/http, which takes it for its own.
//
// The status page is read most when everything else is slow, and a document is
// already in memory with its header; what net/http does per request (a header
// map, a context, a goroutine that watches the line, three timers) is then
// most of the cost. The front reads a request's head, and only when it is plain
// in every respect (see readPlain) and names a document does it answer, with
// one write. At the first byte that it does not know by heart it gives up the
// connection for good, bytes read so far included, so that there is exactly
// one full HTTP parser in the product.
type front struct {
	net.Listener
	s    *Server
	slow chan net.Conn
	gone chan struct{}

	mu    sync.Mutex
	fast  map[net.Conn]struct{}
	over  bool
	err   error
	conns sync.WaitGroup
}

// idle is how long a connection may say nothing, or take to read an answer.
// The deadline is moved at most once in idleStep, because moving it costs as
// much as the look-up of a document.
const (
	idle      = idleFor
	idleStep  = 10 * time.Second
	lastWrite = 2 * time.Second // what an answer under way has left at a shutdown
)

func newFront(l net.Listener, s *Server) *front {
	f := &front{Listener: l, s: s, slow: make(chan net.Conn), gone: make(chan struct{}), fast: make(map[net.Conn]struct{})}
	go f.receive()
	return f
}

// receive takes connections until the listener is closed.
func (f *front) receive() {
	for {
		c, err := f.Listener.Accept()
		if err != nil {
			if temporary(err) {
				time.Sleep(5 * time.Millisecond) // out of file descriptors: as net/http does
				continue
			}
			f.stop(err)
			return
		}
		if !f.keep(c) {
			_ = c.Close() // closing meanwhile
			continue
		}
		go f.attend(c)
	}
}

// temporary reports whether accepting may work again in a moment.
func temporary(err error) bool {
	t, ok := err.(interface{ Temporary() bool })
	return ok && t.Temporary()
}

func (f *front) keep(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return false
	}
	f.fast[c] = struct{}{}
	f.s.room.open.Add(1)
	f.conns.Add(1)
	return true
}

func (f *front) forget(c net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.fast, c)
	f.s.room.open.Add(-1)
	f.conns.Done()
}

// stop ends the front: connections between two requests are closed, one in the
// middle of an answer finishes it.
func (f *front) stop(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	f.over, f.err = true, err
	close(f.gone)
	for c := range f.fast {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // wakes its reader, which closes it
		_ = c.SetWriteDeadline(time.Now().Add(lastWrite))
	}
}

// closing reports whether stop was called. Whoever moves a deadline asks
// afterwards, so that stop's own deadlines are never undone.
func (f *front) closing() bool {
	select {
	case <-f.gone:
		return true
	default:
		return false
	}
}

// Accept gives net/http the connections that need it.
func (f *front) Accept() (net.Conn, error) {
	select {
	case c := <-f.slow:
		return c, nil
	case <-f.gone:
		return nil, f.err
	}
}

// Close closes the listener and what only the front holds.
func (f *front) Close() error {
	err := f.Listener.Close()
	f.stop(net.ErrClosed)
	f.conns.Wait()
	return err
}

// handOver passes a connection on with the bytes that were read from it.
func (f *front) handOver(c net.Conn, read []byte) {
	if err := c.SetDeadline(time.Time{}); err != nil {
		_ = c.Close()
		return
	}
	room := &f.s.room.open
	room.Add(1)
	r := &replayed{Conn: c, read: append([]byte(nil), read...), left: sync.OnceFunc(func() { room.Add(-1) })}
	select {
	case f.slow <- r:
	case <-f.gone:
		_ = r.Close()
	}
}

// replayed is a connection whose first bytes have been read already.
type replayed struct {
	net.Conn
	read []byte
	left func() // gives its descriptor back to the room, once
}

func (r *replayed) Close() error {
	defer r.left()
	return r.Conn.Close()
}

func (r *replayed) Read(p []byte) (int, error) {
	if len(r.read) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.read)
	if r.read = r.read[n:]; len(r.read) == 0 {
		r.read = nil
	}
	return n, nil
}
