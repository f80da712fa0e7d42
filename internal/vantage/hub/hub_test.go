package hub_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"github.com/outcry/outcry/internal/vantage"
)

const anyPort = "127.0.0.1:0"

// ways are those on which a vantage reaches its core.
func ways(t *testing.T, test func(t *testing.T, c *core, p *process, address string, joins bool)) {
	t.Helper()
	for _, w := range []struct {
		says    string
		address func(*process) string
		wrap    func(http.Handler) http.Handler
		joins   bool
		clear   bool
	}{
		{"a WebSocket of the pages", func(p *process) string { return p.pages.URL }, nil, true, false},
		{"a listener of NATS with TLS", func(p *process) string { return "tls://" + p.hub.Addr().String() }, nil, true, false},
		{"a listener of NATS on a private address, without TLS", func(p *process) string { return "nats://" + p.hub.Addr().String() }, nil, true, true},
		{"requests, where the proxy takes an upgrade for a request as any", func(p *process) string { return p.pages.URL }, deaf, false, false},
	} {
		t.Run(w.says, func(t *testing.T) {
			c := newCore(t)
			if w.clear {
				c.tls = nil
			}
			p := c.start(t, anyPort, w.wrap)
			test(t, c, p, w.address(p), w.joins)
		})
	}
}

// deaf passes everything on but what makes an upgrade of a request, as proxies do
// that were not told (RFC 9110, 7.6.1).
func deaf(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Connection")
		r.Header.Del("Upgrade")
		next.ServeHTTP(w, r)
	})
}

// A vantage is told its checks, delivers, stops when it is revoked and goes on
// when it is restored, on every way.
func TestAVantageOnEveryWay(t *testing.T) {
	t.Parallel()
	ways(t, func(t *testing.T, c *core, p *process, address string, joins bool) {
		v := c.post(t, address)
		until(t, "its checks", func() bool { return v.last() == 2 })
		if got := v.client.Joined(); got != joins {
			t.Errorf("joined over NATS: %t, want %t\n%s", got, joins, v.log)
		}
		if n := strings.Count(v.log.String(), "does not get through"); n > 1 || (n == 1) == joins {
			t.Errorf("that NATS does not get through is said %d times", n)
		}
		v.sees(t, 0, 1234)
		until(t, "all results", func() bool { return c.counter.len() == 1234 && v.spool.Len(t.Context()) == 0 })
		if !joins {
			return // it learns of a revocation at its next request, which TestClientIsPatient has
		}
		if n := p.hub.Open("ord"); n != 1 {
			t.Errorf("it has %d connections", n)
		}
		if code, body := p.get(t, "/api/v1/vantages", "operator"); code != http.StatusOK || strings.Count(body, `"connected":true`) != 1 {
			t.Errorf("the list is %d %s", code, body)
		}
		if code := p.ask(t, http.MethodPost, "/api/v1/vantages/ord/revoke", "operator"); code != http.StatusOK {
			t.Fatal(code)
		}
		if n := p.hub.Open("ord"); n != 0 {
			t.Errorf("revoked, it has %d connections", n)
		}
		until(t, "the end of its checks", func() bool { return v.last() == 0 })
		if v.client.Joined() {
			t.Error("revoked, it has joined again")
		}
	})
}

// mute answers an upgrade by itself, and passes nothing on of what follows.
func mute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != vantage.PathNATS {
			next.ServeHTTP(w, r)
			return
		}
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		for err == nil {
			_, _, err = ws.Read(r.Context())
		}
	})
}

// Behind a proxy that answers the upgrade and passes nothing, a vantage works by
// requests, and its log says once, where everybody sees it, what the proxy needs.
func TestAProxyThatPassesNothingIsTold(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, mute)
	v := c.post(t, p.pages.URL)
	until(t, "its checks", func() bool { return v.last() == 2 })
	v.sees(t, 0, 10)
	until(t, "all results", func() bool { return c.counter.len() == 10 && v.spool.Len(t.Context()) == 0 })
	said := v.log.String()
	if strings.Count(said, "level=WARN") != 1 || !strings.Contains(said, "pass on what follows the upgrade of "+vantage.PathNATS) {
		t.Errorf("the log does not say once what the proxy needs:\n%s", said)
	}
}

// A restored vantage comes back by itself, when it next asks. The client waits a
// minute, so it is another one here.
func TestARestoredVantageIsLetIn(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	for _, s := range []struct {
		says, verb string
		in         bool
	}{{"at first", "restore", true}, {"revoked", "revoke", false}, {"restored", "restore", true}} {
		if code := p.ask(t, http.MethodPost, "/api/v1/vantages/ord/"+s.verb, "operator"); code != http.StatusOK {
			t.Fatal(code)
		}
		nc, err := c.raw(t, p, "token-of-ord")
		if (err == nil) != s.in {
			t.Errorf("%s: by TLS %v", s.says, err)
		}
		if err == nil {
			nc.Close()
		}
		ws, err := p.socket(t, "token-of-ord")
		if (err == nil) != s.in {
			t.Errorf("%s: by a WebSocket %v", s.says, err)
		}
		if err == nil {
			_ = ws.CloseNow()
		}
	}
}

// A vantage that was revoked in one process of the core is cut off in the others.
func TestRevocationReachesOtherProcesses(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p, other := c.start(t, anyPort, nil), c.start(t, anyPort, nil)
	v := c.post(t, other.pages.URL)
	until(t, "its checks", func() bool { return v.last() == 2 })
	if code := p.ask(t, http.MethodPost, "/api/v1/vantages/ord/revoke", "operator"); code != http.StatusOK {
		t.Fatal(code)
	}
	until(t, "the end of its checks", func() bool { return v.last() == 0 && other.hub.Open("ord") == 0 })
}

// An agenda of more than a message comes in parts, whole.
func TestALargeAgenda(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	c.checks = 3000
	c.set("{url: " + strings.Repeat("x", 1000) + "}")
	p := c.start(t, anyPort, nil)
	v := c.post(t, p.pages.URL)
	until(t, "its checks", func() bool { return v.last() == 3000 })
	if !v.client.Joined() {
		t.Error("it came by HTTP")
	}
}

// Who has an agenda is told, at once and not before, when it is another: as when
// the file of a secret in it has changed.
func TestAChangeIsTold(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	nc, err := c.raw(t, p, "token-of-ord")
	if err != nil {
		t.Fatal(err)
	}
	news, err := nc.SubscribeSync(vantage.SubjectNews)
	if err != nil {
		t.Fatal(err)
	}
	first, err := nc.Request(vantage.SubjectChecks, nil, time.Minute)
	if err != nil || first.Header.Get(vantage.HeaderTag) == "" {
		t.Fatal(first, err)
	}
	same := nats.NewMsg(vantage.SubjectChecks)
	same.Header.Set(vantage.HeaderTag, first.Header.Get(vantage.HeaderTag))
	if m, err := nc.RequestMsg(same, time.Minute); err != nil || len(m.Data) > 0 {
		t.Errorf("what is known is sent again: %d bytes, %v", len(m.Data), err)
	}
	if n, _, err := news.Pending(); err != nil || n > 0 {
		t.Errorf("told %d times of no change, %v", n, err)
	}
	c.set("{url: other}")
	if _, err := news.NextMsg(time.Minute); err != nil {
		t.Errorf("not told: %v", err)
	}
	if m, err := nc.RequestMsg(same, time.Minute); err != nil || !strings.Contains(string(m.Data), "other") {
		t.Errorf("got %s, %v", m.Data, err)
	}
}

// The core dies again and again while results are delivered, and some are taken
// without its knowing: each counts once.
func TestEachResultCountsOnceWhateverDies(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	var at atomic.Pointer[process]
	front := proxied(t, func() string { return at.Load().pages.URL })
	at.Store(c.start(t, "", nil))
	v := c.post(t, front)
	const rounds, each = 6, 2000
	for n := range rounds {
		c.counter.mu.Lock()
		c.counter.fails = 1
		c.counter.mu.Unlock()
		v.sees(t, n*each, each)
		until(t, "some of them", func() bool { return c.counter.len() > n*each })
		at.Load().stop()
		at.Store(c.start(t, "", nil))
	}
	until(t, "all results", func() bool { return v.spool.Len(t.Context()) == 0 })
	if n := c.counter.len(); n != rounds*each {
		t.Errorf("%d of %d were counted", n, rounds*each)
	}
	if !strings.Contains(v.log.String(), "joined over NATS") {
		t.Error("it never joined over NATS")
	}
	t.Logf("%d results, delivered %d times", rounds*each, c.counter.times)
}

// proxied is a reverse proxy before whatever core runs.
func proxied(t *testing.T, core func() string) string {
	t.Helper()
	proxy := &httputil.ReverseProxy{
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite: func(r *httputil.ProxyRequest) {
			u, err := url.Parse(core())
			if err != nil {
				t.Error(err)
				return
			}
			r.SetURL(u)
		},
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(srv.Close)
	return srv.URL
}
