//go:build slow

package xmppcheck_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/xmpp"
)

// signInBound signs in over TLS of a version, at an address, and tells how.
func (p *peer) signInBound(t *testing.T, addr string, cfg *tls.Config) (mechanism string, err error) {
	t.Helper()
	raw, err := net.Dial("tcp", addr)
	must(t, err)
	must(t, raw.SetDeadline(time.Now().Add(30*time.Second)))
	conn := tls.Client(raw, cfg)
	must(t, conn.Handshake())
	c := xmpp.NewClient(conn, p.host)
	defer c.Close()
	must(t, c.Open())
	return c.SignIn("alice", "alice")
}

// bindings sees that sign-ins are bound to TLS where the server can, which are
// both in TLS 1.2 alone, and that somebody in between is noticed.
func bindings(t *testing.T, p *peer) {
	older := p.client()
	older.MaxVersion = tls.VersionTLS12
	if mechanism, err := p.signInBound(t, p.directAddr, older); err != nil || mechanism != "SCRAM-SHA-1-PLUS" {
		t.Errorf("within TLS 1.2: %s, %v", mechanism, err)
	}
	if mechanism, err := p.signInBound(t, p.directAddr, p.client()); err != nil || mechanism != "SCRAM-SHA-1" {
		t.Errorf("within TLS 1.3: %s, %v", mechanism, err)
	}
	for _, c := range []struct {
		says, mechanism string
		change          *strings.Replacer
		stripped        bool
	}{
		{"passes everything on", "SCRAM-SHA-1-PLUS", strings.NewReplacer(), false},
		{"takes the mechanisms away that bind", "SCRAM-SHA-1", strings.NewReplacer("<mechanism>SCRAM-SHA-1-PLUS</mechanism>", ""), true},
	} {
		ca := probetest.NewAuthority(t)
		outer, trusting := ca.Config(t, time.Hour, p.host), older.Clone()
		trusting.RootCAs = ca.Pool
		addr := probetest.Serve(t, func(front net.Conn) {
			back, err := tls.Dial("tcp", p.directAddr, older)
			if err != nil {
				return
			}
			client := tls.Server(front, outer)
			var both sync.WaitGroup
			both.Go(func() { carry(back, client, strings.NewReplacer()) })
			both.Go(func() { carry(client, back, c.change) })
			both.Wait()
		})
		mechanism, err := p.signInBound(t, addr, trusting)
		if c.stripped && p.lax {
			continue
		}
		if _, refused := errors.AsType[*xmpp.SASLError](err); !refused || mechanism != c.mechanism || errors.Is(err, xmpp.ErrStripped) != c.stripped {
			t.Errorf("one in between who %s: %s, %v", c.says, mechanism, err)
		}
	}
}

// carry passes on what one side says, with changes, until one of them goes.
func carry(to, from net.Conn, change *strings.Replacer) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := io.WriteString(to, change.Replace(string(buf[:n]))); err != nil {
			return
		}
	}
}
