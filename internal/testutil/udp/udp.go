// Package udp has the servers over UDP that tests answer from: [Serve] for any
// protocol, [Resolver] for a name server and the resolver that asks it. Both end
// with the test.
package udp

import (
	"context"
	"net"
	"testing"

	"github.com/miekg/dns"
)

// maxDatagram is the most that a client may send, in bytes.
const maxDatagram = 64 << 10

// Serve answers each datagram with those that the function makes of it, and
// gives the server's HOST:PORT on loopback.
func Serve(t *testing.T, answer func(datagram []byte) [][]byte) string {
	t.Helper()
	c := listen(t)
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done }) //nolint:errcheck // it ends the loop
	go func() {
		defer close(done)
		buf := make([]byte, maxDatagram)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, out := range answer(buf[:n]) {
				c.WriteTo(out, from) //nolint:errcheck // the client tells
			}
		}
	}()
	return c.LocalAddr().String()
}

// Resolver asks a name server of the test, whose replies the function completes.
func Resolver(t *testing.T, complete func(reply *dns.Msg, question dns.Question)) *net.Resolver {
	t.Helper()
	c := listen(t)
	started, done := make(chan struct{}), make(chan struct{})
	s := &dns.Server{PacketConn: c, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		complete(m, q.Question[0])
		w.WriteMsg(m) //nolint:errcheck // the resolver tells
	})}
	go func() {
		defer close(done)
		s.ActivateAndServe() //nolint:errcheck // ends with Shutdown
	}()
	<-started
	t.Cleanup(func() { s.Shutdown(); <-done }) //nolint:errcheck // the test is over
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", c.LocalAddr().String())
	}}
}

func listen(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
