package hub_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/vantage"
)

// Without a vantage's token, nobody gets in.
func TestStrangersStayOutside(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	for _, s := range []struct{ says, token string }{
		{"a token that nobody has", "token-of-nobody"},
		{"an operator's", "operator"},
		{"none", ""},
	} {
		if _, err := c.raw(t, p, s.token); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: by TLS %v", s.says, err)
		}
		if _, err := p.socket(t, s.token); err == nil {
			t.Errorf("%s: by a WebSocket it is in", s.says)
		}
		if code := p.ask(t, http.MethodGet, vantage.PathNATS, s.token); code != http.StatusUnauthorized {
			t.Errorf("%s: status %d", s.says, code)
		}
	}
	if _, err := nats.Connect("nats://"+p.hub.Addr().String(), nats.Token("token-of-ord"), nats.NoReconnect()); err == nil {
		t.Error("a token was taken in the clear, beside TLS")
	}
	if code := p.ask(t, http.MethodGet, vantage.PathNATS, "token-of-ord"); code != http.StatusUpgradeRequired {
		t.Errorf("a vantage's request that is no upgrade: status %d", code)
	}
}

// A token opens two questions and the way of their answers. It hears nothing of
// another vantage, of the core, or of the server, and says nothing to them.
func TestATokenOpensOnlyItsOwn(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	refused := make(chan string, 100)
	nc, err := c.raw(t, p, "token-of-ord", nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	await := func(says, want string) {
		t.Helper()
		select {
		case got := <-refused:
			if !strings.Contains(got, "Permissions Violation") || !strings.Contains(got, want) {
				t.Errorf("%s: %s", says, got)
			}
		case <-time.After(time.Minute):
			t.Errorf("%s: nothing was refused", says)
		}
	}
	for _, s := range []struct{ says, subject string }{
		{"everything", ">"},
		{"the server's events", "$SYS.>"},
		{"the server's accounts", "$SYS.REQ.SERVER.PING"},
		{"the subjects of all vantages in the core", "outcry.vantage.>"},
		{"what others ask", vantage.SubjectChecks},
		{"what others tell", vantage.SubjectResults},
		{"answers on their way", "_R_.>"},
	} {
		if _, err := nc.SubscribeSync(s.subject); err != nil {
			t.Fatal(err)
		}
		await("hearing "+s.says, s.subject)
	}
	for _, s := range []struct{ says, subject string }{
		{"news to itself", vantage.SubjectNews},
		{"a request to the server", "$SYS.REQ.SERVER.PING"},
		{"results as another vantage", "outcry.vantage.667261202a2e3e.results"},
		{"an answer to somebody's question", "_INBOX.somebody"},
		{"an answer for the core", "_R_.somebody"},
	} {
		if err := nc.Publish(s.subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		await("saying "+s.says, s.subject)
	}
	overhears(t, c, p, nc)
}

// overhears asks as another vantage while one listens to every inbox.
func overhears(t *testing.T, c *core, p *process, nc *nats.Conn) {
	t.Helper()
	spy, err := nc.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	other, err := c.raw(t, p, "token-of-fra")
	if err != nil {
		t.Fatal(err)
	}
	m, err := other.Request(vantage.SubjectChecks, nil, time.Minute)
	if err != nil || !strings.Contains(string(m.Data), `"vantage":"fra *.\u003e"`) {
		t.Fatalf("the other asks: %s, %v", m.Data, err)
	}
	if err := nc.Flush(); err != nil { // all that would come has come
		t.Fatal(err)
	}
	if n, _, err := spy.Pending(); err != nil || n > 0 {
		t.Errorf("it overheard %d answers, %v", n, err)
	}
}

// A stolen token that asks without end is told so, cut off, and takes nothing
// from another vantage.
func TestAFloodTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	closed := make(chan struct{})
	nc, err := c.raw(t, p, "token-of-ord", nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	said := map[string]int{}
	inbox := nats.NewInbox()
	if _, err := nc.Subscribe(inbox, func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		said[m.Header.Get(vantage.HeaderError)]++
	}); err != nil {
		t.Fatal(err)
	}
	large := make([]byte, vantage.MaxBody/2)
	var flood sync.WaitGroup
	flood.Go(func() {
		for nc.PublishRequest(vantage.SubjectResults, inbox, large) == nil {
			continue
		}
	})
	other, err := c.raw(t, p, "token-of-fra")
	if err != nil {
		t.Fatal(err)
	}
	slowest := time.Duration(0)
	for range 20 {
		began := time.Now()
		if m, err := other.Request(vantage.SubjectChecks, nil, 20*time.Second); err != nil || m.Header.Get(vantage.HeaderError) != "" {
			t.Fatalf("another vantage: %v, %v", m, err)
		}
		slowest = max(slowest, time.Since(began))
	}
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("it was not cut off")
		nc.Close()
	}
	flood.Wait()
	mu.Lock()
	defer mu.Unlock()
	if said[string(outcry.CodeTooMany)] == 0 || c.counter.len() > 0 {
		t.Errorf("it was told %v, and %d results were counted", said, c.counter.len())
	}
	t.Logf("it was told %v; the slowest answer to the other took %v", said, slowest)
}

// Of one vantage's connections the oldest make room.
func TestConnectionsAreFew(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	first := make(chan struct{})
	for n := range 8 {
		var options []nats.Option
		if n == 0 {
			options = append(options, nats.ClosedHandler(func(*nats.Conn) { close(first) }))
		}
		if _, err := c.raw(t, p, "token-of-ord", options...); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "room", func() bool { return p.hub.Open("ord") == 3 })
	select {
	case <-first:
	case <-time.After(time.Minute):
		t.Error("the oldest is still there")
	}
}

// What is no NATS ends the connection, whatever its token; and what is too large.
func TestGarbageEndsTheConnection(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	connect := `CONNECT {"auth_token":"token-of-ord","verbose":false,"protocol":1,"headers":true}` + "\r\n"
	for _, s := range []struct {
		says string
		kind websocket.MessageType
		text string
	}{
		{"text", websocket.MessageText, "PING\r\n"},
		{"another protocol", websocket.MessageBinary, "GET / HTTP/1.1\r\n\r\n"},
		{"no token after that of the request", websocket.MessageBinary, "CONNECT {}\r\nPING\r\n"},
		{"another's", websocket.MessageBinary, `CONNECT {"auth_token":"token-of-nobody"}` + "\r\n"},
		{"a line without end", websocket.MessageBinary, connect + "PUB " + strings.Repeat("x", 1<<17)},
		{"a body that is too large", websocket.MessageBinary, connect + fmt.Sprintf("PUB outcry.results _INBOX.x %d\r\n", vantage.MaxBody+1)},
		{"a route of a cluster", websocket.MessageBinary, `CONNECT {"auth_token":"token-of-ord","route":"x"}` + "\r\nRS+ a b c\r\n"},
	} {
		ws, err := p.socket(t, "token-of-ord")
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.Write(t.Context(), s.kind, []byte(s.text)); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, _, err = ws.Read(t.Context())
		}
		if t.Context().Err() != nil {
			t.Errorf("%s: it is still open", s.says)
		}
		_ = ws.CloseNow()
	}
	if c.counter.len() > 0 {
		t.Errorf("%d results were counted", c.counter.len())
	}
}

// Who does not read what it is answered is cut off; and who says nothing.
func TestTheSilentAreCutOff(t *testing.T) {
	t.Parallel()
	c := newCore(t)
	p := c.start(t, anyPort, nil)
	deaf, err := p.hub.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	info := make([]byte, 4096)
	if n, err := deaf.Read(info); err != nil || !strings.HasPrefix(string(info[:n]), "INFO ") {
		t.Fatal(string(info), err)
	}
	for _, line := range []string{`CONNECT {"auth_token":"token-of-ord","headers":true}`, "SUB _INBOX.a 1", "PUB outcry.checks _INBOX.a 0\r\n"} {
		if _, err := deaf.Write([]byte(line + "\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "it is in", func() bool { return p.hub.Open("ord") == 1 })
	dumb, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.hub.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer dumb.Close()
	if _, err := io.Copy(io.Discard, dumb); t.Context().Err() != nil {
		t.Errorf("a stranger that says nothing is still there: %v", err)
	}
	until(t, "the end of one that does not read", func() bool { return p.hub.Open("ord") == 0 })
}

// Whatever bytes come, the hub answers a vantage afterwards, and nothing is
// counted.
func FuzzBytes(f *testing.F) {
	connect := `CONNECT {"auth_token":"token-of-ord","verbose":true,"headers":true,"no_responders":true}` + "\r\n"
	f.Add([]byte(connect + "SUB > 1\r\nPUB outcry.checks _INBOX.a 0\r\n\r\nPING\r\n"))
	f.Add([]byte(connect + "HPUB outcry.checks _INBOX.a 12 12\r\nNATS/1.0\r\n\r\n\r\n"))
	f.Add([]byte(connect + "SUB outcry.news q 1\r\nUNSUB 1 1\r\nPUB outcry.results 2\r\n{}\r\n"))
	f.Add([]byte("INFO {}\r\nPONG\r\n-ERR 'x'\r\n"))
	c := newCore(f)
	var runs atomic.Int64
	c.now = func() time.Time { return time.Now().Add(time.Duration(runs.Load()) * time.Minute) } // nobody asks too often
	p := c.start(f, anyPort, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		runs.Add(1)
		near, err := p.hub.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var read sync.WaitGroup
		read.Go(func() { _, _ = io.Copy(io.Discard, near) })
		_ = near.SetWriteDeadline(time.Now().Add(5 * time.Second))
		_, _ = near.Write(data) // it may be closed in the midst
		_ = near.Close()
		read.Wait()
		nc, err := c.raw(t, p, "token-of-fra")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		m, err := nc.Request(vantage.SubjectChecks, nil, 20*time.Second)
		if err != nil || m.Header.Get(vantage.HeaderError) != "" {
			t.Fatalf("a vantage is not answered: %v, %v", m, err)
		}
		if c.counter.len() > 0 {
			t.Fatal("results were counted")
		}
	})
}
