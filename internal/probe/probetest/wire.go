package probetest

import (
	"crypto/tls"
	"net"
	"sync"
)

// wire passes on what the two sides of each connection say to one another, and
// asks before each turn whether to. A turn begins when the other side begins to
// speak; a connection's first is either side's.
type wire struct {
	server string
	outer  *tls.Config // of TLS towards the client; nil: as it comes
	inner  *tls.Config // of TLS towards the server, if there is an outer one; nil: none
	turn   func(client bool) Fault
	commit func(net.Conn, Fault) // on the client's connection
	mu     sync.Mutex
}

// line is one connection of a wire.
type line struct {
	*wire
	spoke  bool // somebody has
	client bool // and the client last
	fault  Fault
	gone   chan struct{} // closed when the client has
}

func (w *wire) serve(c net.Conn) {
	s, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	if w.outer != nil {
		c = tls.Server(c, w.outer)
		if w.inner != nil {
			s = tls.Client(s, w.inner)
		}
	}
	l := &line{wire: w, gone: make(chan struct{})}
	var both sync.WaitGroup
	both.Go(func() {
		l.carry(s, c, true)
		close(l.gone)
	})
	both.Go(func() { l.carry(c, s, false) })
	both.Wait()
}

// carry takes what one side says to the other, until one goes. What comes to
// pass at a turn stays: nothing more is carried then, and but for hanging up the
// client's connection is open until it goes, whatever the server does.
func (l *line) carry(to, from net.Conn, client bool) {
	defer to.Close()   //nolint:errcheck // one side has gone, so does the other
	defer from.Close() //nolint:errcheck // as above
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		f, now := l.may(client)
		switch {
		case f == Closed:
			return
		case f != "" && client:
			Stall(from)
			return
		case f != "":
			if now {
				l.commit(to, f)
			}
			<-l.gone
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// may tells what comes to pass on the line, and whether it begins to now.
func (l *line) may(client bool) (f Fault, now bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != "" || l.spoke && l.client == client {
		return l.fault, false
	}
	l.spoke, l.client = true, client
	l.fault = l.turn(client)
	return l.fault, l.fault != ""
}
