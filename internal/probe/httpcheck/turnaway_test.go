package httpcheck

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// Servers of HTTP/2 that take no request: the transport tells how that came in
// different words from one run to the next, and tries some of them without end.
// Now and then it dials twice for one try, and has a connection more when it is
// stopped.
func TestServersThatTurnAway(t *testing.T) {
	ca := probetest.NewAuthority(t)
	cfg := ca.Config(t, time.Hour, "127.0.0.1")
	cfg.NextProtos = []string{"h2"}
	const runs = 20
	for _, c := range []struct {
		says        string
		serve       func(*tls.Conn)
		reason      probe.Reason
		connections int // a run
	}{
		{"it hangs up", func(c *tls.Conn) { _ = c.Close() }, probe.ReasonReset, 1},
		{"it hangs up without a word of TLS", func(c *tls.Conn) { _ = c.NetConn().Close() }, probe.ReasonReset, 1},
		{"it speaks another protocol", func(c *tls.Conn) {
			if _, err := c.Write([]byte(probetest.SaysMail)); err == nil {
				probetest.Stall(c)
			}
		}, probe.ReasonProtocol, 1},
		{"it goes away at once, each time", func(c *tls.Conn) {
			f := http2.NewFramer(c, c)
			if f.WriteSettings() == nil && f.WriteGoAway(0, http2.ErrCodeNo, nil) == nil {
				probetest.Stall(c)
			}
		}, probe.ReasonReset, maxHandshakes + 2},
	} {
		var made atomic.Int32
		addr := probetest.Serve(t, func(conn net.Conn) {
			made.Add(1)
			tc := tls.Server(conn, cfg)
			if tc.HandshakeContext(context.Background()) == nil {
				c.serve(tc)
			}
		})
		for range runs {
			pool := NewPool()
			p, err := pool.New(Defaults("https://"+addr+"/ok"), probe.Env{Roots: ca.Pool})
			probetest.Want(t, c.says, probetest.Attempt(t, p, err), c.reason)
			if err := pool.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := int(made.Load()); n > runs*c.connections {
			t.Errorf("%s: %d runs made %d connections, wanted at most %d", c.says, runs, n, runs*c.connections)
		}
	}
}
