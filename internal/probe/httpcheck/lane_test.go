package httpcheck

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// answering serves each request on a connection with the next of the texts,
// and counts the connections; after the last it hangs up.
func answering(t *testing.T, texts ...string) (url string, conns *atomic.Int64) {
	conns = new(atomic.Int64)
	addr := probetest.Serve(t, func(c net.Conn) {
		conns.Add(1)
		r := bufio.NewReader(c)
		for _, text := range texts {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(c, text) //nolint:errcheck // the client tells
		}
	})
	return "http://" + addr, conns
}

func TestConnectionsAreKeptWhereTheyCanBe(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for _, c := range []struct {
		says   string
		method string
		answer string // to both runs
		conns  int64
	}{
		{"an answer with its length", "GET", ok, 1},
		{"one without a body", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 1},
		{"of a HEAD only the header comes, with the length of what a GET would give", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 1},
		{"one in chunks, with a trailer", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", 1},
		{"interim answers come before it", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + ok, 1},
		{"the server says that it closes", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 2},
		{"HTTP/1.0 closes by itself", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 2},
		{"more comes than was announced", "GET", ok + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 2},
	} {
		url, conns := answering(t, c.answer, c.answer)
		o := Defaults(url)
		o.Method = c.method
		p, err := pool(t).New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), "")
		probetest.Want(t, c.says+", again", probetest.Attempt(t, p, err), "")
		if n := conns.Load(); n != c.conns {
			t.Errorf("%s: %d connections, wanted %d", c.says, n, c.conns)
		}
	}
}

func TestAKeptConnectionThatWasClosedIsNoFailure(t *testing.T) {
	for _, c := range []struct {
		says, farewell string
	}{
		{"closed without a word", ""},
		{"closed with the word that it took too long", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"},
	} {
		var served sync.WaitGroup
		var conns atomic.Int64
		addr := probetest.Serve(t, func(conn net.Conn) {
			if conns.Add(1) == 1 {
				defer served.Done()
			}
			defer conn.Close() //nolint:errcheck // that is what it is for
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") //nolint:errcheck // the client tells
			}
			io.WriteString(conn, c.farewell) //nolint:errcheck // the client may have seen enough
		})
		served.Add(1)
		p, err := pool(t).New(Defaults("http://"+addr), probe.Env{})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), "")
		served.Wait()
		probetest.Want(t, c.says+", the next run", probetest.Attempt(t, p, err), "")
		if n := conns.Load(); n != 2 {
			t.Errorf("%s: %d connections, wanted 2", c.says, n)
		}
	}
}

func TestOnlyKeptConnectionsAreTriedAgain(t *testing.T) {
	url, conns := answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "")
	p, err := pool(t).New(Defaults(url), probe.Env{})
	probetest.Want(t, "the first", probetest.Attempt(t, p, err), "")
	probetest.Want(t, "the server hangs up on the kept one, and answers on a new one", probetest.Attempt(t, p, err), "")
	if conns.Load() != 2 {
		t.Errorf("%d connections, wanted 2", conns.Load())
	}
	p, err = pool(t).New(Defaults("http://"+probetest.Serve(t, probetest.CloseAfterRequest)), probe.Env{})
	probetest.Want(t, "a new connection on which nothing is answered", probetest.Attempt(t, p, err), probe.ReasonReset)
	only100 := strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim+1)
	url, _ = answering(t, only100)
	p, err = pool(t).New(Defaults(url), probe.Env{})
	probetest.Want(t, "nothing but interim answers", probetest.Attempt(t, p, err), probe.ReasonProtocol)
}

// Shelved connections are closed when they have waited for long, when there
// are enough for an address, and when the pool is closed.
func TestTheShelfLetsGo(t *testing.T) {
	addr := probetest.Serve(t, probetest.Stall)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() }) //nolint:errcheck // may be closed by then
		return c
	}
	closed := func(c net.Conn) bool { return c.SetDeadline(time.Time{}) != nil }
	s := shelf{idle: make(map[string][]kept)}
	old, young := dial(), dial()
	s.put(addr, old)
	s.put(addr, young)
	s.idle[addr][0].since = time.Now().Add(-2 * idleTimeout)
	s.expire()
	if !closed(old) || closed(young) {
		t.Errorf("after the sweep: the old one closed: %v, the young one: %v", closed(old), closed(young))
	}
	if c := s.take(addr); c != young {
		t.Error("the young one is not given")
	}
	if c := s.take(addr); c != nil || len(s.idle) != 0 {
		t.Error("there is more than was put there")
	}
	var surplus net.Conn
	for range idlePerHost + 1 {
		surplus = dial()
		s.put(addr, surplus)
	}
	if !closed(surplus) || len(s.idle[addr]) != idlePerHost {
		t.Errorf("%d are kept, wanted %d", len(s.idle[addr]), idlePerHost)
	}
	first := s.idle[addr][0].conn
	s.close()
	late := dial()
	s.put(addr, late)
	if !closed(first) || !closed(late) || len(s.idle) != 0 || s.sweep != nil {
		t.Error("something is kept after the end")
	}
}
