package httpcheck

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// shelf keeps connections that wait for the next request, by address.
type shelf struct {
	mu     sync.Mutex
	idle   map[string][]kept // oldest first; no list is empty
	sweep  *time.Timer       // nil while nothing is kept
	closed bool
}

// kept is one of them.
type kept struct {
	conn  net.Conn
	since time.Time
}

// take gives the connection that has waited least and is still open, or nil.
func (s *shelf) take(address string) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for list := s.idle[address]; len(list) > 0; {
		last := len(list) - 1
		conn := list[last].conn
		list[last] = kept{}
		list = list[:last]
		s.set(address, list)
		if silent(conn) {
			return conn
		}
		conn.Close() //nolint:errcheck // the other side has done so, or talks out of turn
	}
	return nil
}

// set replaces the list of an address; the mutex is held.
func (s *shelf) set(address string, list []kept) {
	if len(list) == 0 {
		delete(s.idle, address)
		return
	}
	s.idle[address] = list
}

// silent reports whether a connection is open and nothing was sent on it that
// nobody asked for, such as a server's word that it closes it for idleness.
func silent(conn net.Conn) bool {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var readErr error
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, readErr = syscall.Read(int(fd), b[:]) // does not wait: Go's sockets never do
		return true
	})
	return err == nil && (readErr == syscall.EAGAIN || readErr == syscall.EWOULDBLOCK)
}

// put keeps a connection, or closes it where there are enough.
func (s *shelf) put(address string, conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle[address]) >= idlePerHost {
		conn.Close() //nolint:errcheck // nothing waits to be sent on it
		return
	}
	s.idle[address] = append(s.idle[address], kept{conn, time.Now()})
	if s.sweep == nil {
		s.sweep = time.AfterFunc(idleTimeout/2, s.expire)
	}
}

// expire closes what has waited for too long, and looks again later while
// anything is left.
func (s *shelf) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(time.Now().Add(-idleTimeout))
	if s.sweep = nil; len(s.idle) > 0 && !s.closed {
		s.sweep = time.AfterFunc(idleTimeout/2, s.expire)
	}
}

// drop closes what is kept since before a time; the mutex is held.
func (s *shelf) drop(before time.Time) {
	for address, list := range s.idle {
		old := 0
		for ; old < len(list) && list[old].since.Before(before); old++ {
			list[old].conn.Close() //nolint:errcheck // nothing waits to be sent on it
		}
		if old > 0 {
			s.set(address, append([]kept(nil), list[old:]...))
		}
	}
}

// close closes all, and whatever is put there later.
func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.drop(time.Now().Add(time.Hour))
	if s.sweep != nil {
		s.sweep.Stop()
		s.sweep = nil
	}
}
