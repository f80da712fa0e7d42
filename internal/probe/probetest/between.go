package probetest

import (
	"net"
	"testing"
)

// Between stands between a client and a server: it passes everything on, turn
// by turn, and asks before each whether to. Turns are counted from 1 over all
// connections: one begins when the other side begins to speak. A connection whose
// turn is refused is closed. It gives its address.
func Between(t testing.TB, server string, pass func(turn int) bool) string {
	t.Helper()
	turns := 0
	w := &wire{server: server, commit: func(net.Conn, Fault) {}, turn: func(bool) Fault {
		if turns++; pass(turns) {
			return ""
		}
		return Closed
	}}
	return Serve(t, w.serve)
}
