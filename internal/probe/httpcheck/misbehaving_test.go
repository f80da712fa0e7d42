package httpcheck

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// Connections are kept, here and from one prober to the next: so each has a pool.
type alone struct {
	probe.Prober
	pool *Pool
}

func (a alone) Close() error { return a.pool.Close() }

func TestAServerThatStumbles(t *testing.T) {
	addr := strings.TrimPrefix(site(t).URL, "http://")
	check := func(path string) func(string) (probe.Prober, error) {
		return func(addr string) (probe.Prober, error) {
			pool := NewPool()
			o := Defaults("http://" + addr + path)
			o.Contains = []string{"ok"}
			p, err := pool.New(o, probe.Env{})
			return alone{p, pool}, err
		}
	}
	m := probetest.Misbehaving{Server: addr, Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n", Check: check("/ok")}
	t.Run("one page", m.Test)
	m.Endless = "HTTP/1.1 200 OK\r\nX: "
	t.Run("a header without end", m.Test)
	m.Check = check("/once")
	t.Run("a redirect", m.Test)
}

func TestAServerThatStumblesOverTLS(t *testing.T) {
	ca := probetest.NewAuthority(t)
	for _, protocol := range []string{"http/1.1", "h2"} {
		s := httptest.NewUnstartedServer(site(t).Config.Handler)
		s.TLS, s.EnableHTTP2 = ca.Config(t, time.Hour, "127.0.0.1"), true
		s.Config.ErrorLog = quiet()
		s.StartTLS()
		defer s.Close()
		outer, inner := ca.Config(t, time.Hour, "127.0.0.1"), ca.Client(protocol)
		outer.NextProtos = []string{protocol}
		m := probetest.Misbehaving{
			Server: s.Listener.Addr().String(), Outer: outer, Inner: inner,
			Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n",
			Check: func(addr string) (probe.Prober, error) {
				pool := NewPool()
				o := Defaults("https://" + addr + "/ok")
				o.Contains = []string{"ok"}
				p, err := pool.New(o, probe.Env{Roots: ca.Pool})
				return alone{p, pool}, err
			},
		}
		t.Run(protocol, m.Test)
	}
}

func TestASequenceThatStumbles(t *testing.T) {
	t.Setenv("OUTCRY_TEST_PASSWORD", password)
	probetest.Misbehaving{
		Server: strings.TrimPrefix(shop(t).URL, "http://"), Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n",
		// An order is to be answered by 201.
		Reasons: []probetest.Expected{{Step: "order", Fault: probetest.Endless, Reasons: []probe.Reason{probe.ReasonStatus}}},
		Check: func(addr string) (probe.Prober, error) {
			pool := NewPool()
			p, err := pool.NewSequence(decode(t, strings.ReplaceAll(story, "BASE", "http://"+addr)), probe.Env{})
			return alone{p, pool}, err
		},
	}.Test(t)
}
