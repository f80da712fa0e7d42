// Package h2line remembers how an HTTP/2 connection ended, for clients whose
// library does not tell: when a connection is gone before the first request is
// on it, net/http, x/net and gRPC all say no more than that it could not be
// established, whether the server hung up, said that it goes away, or spoke
// another protocol.
//
// A [Line] is put around the connection, within TLS if there is any.
package h2line

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// Line is a connection that remembers whether the other side ended it, or said
// that it would, and whether ours left it. It is safe for concurrent use as far
// as the connection is.
type Line struct {
	net.Conn
	ended, left atomic.Bool
	heard       frames
}

// New puts a line around a connection.
func New(c net.Conn) *Line { return &Line{Conn: c} }

// Close implements [net.Conn].
func (l *Line) Close() error {
	l.Leave()
	return l.Conn.Close()
}

// Leave notes that our side has given the connection up, which some libraries
// do a moment before they close it.
func (l *Line) Leave() { l.left.Store(true) }

// Read implements [net.Conn].
func (l *Line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.heard.see(b[:n])
	l.note(err)
	return n, err
}

// Write implements [net.Conn].
func (l *Line) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	l.note(err)
	return n, err
}

func (l *Line) note(err error) {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			l.ended.Store(true)
		}
	}
}

// Ended reports whether the other side ended the connection or said that it
// goes away.
func (l *Line) Ended() bool { return l.heard.away.Load() || l.ended.Load() }

// Left reports whether our side gave the connection up while the other had not:
// it does that for what came over it.
func (l *Line) Left() bool { return l.left.Load() && !l.Ended() }
