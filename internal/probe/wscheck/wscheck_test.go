package wscheck_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/wscheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk is a server that upgrades and then does what the function does.
func talk(talk func(ctx context.Context, c *websocket.Conn)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-ws"}})
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // the client tells
		talk(r.Context(), c)
	})
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http", "ws", 1)
}

func echo(ctx context.Context, c *websocket.Conn) {
	for {
		kind, b, err := c.Read(ctx)
		if err != nil || c.Write(ctx, kind, append([]byte("you said "), b...)) != nil {
			return
		}
	}
}

func silent(ctx context.Context, c *websocket.Conn) { <-c.CloseRead(ctx).Done() }

func TestProbe(t *testing.T) {
	echoes := serve(t, talk(echo))
	large := serve(t, talk(func(ctx context.Context, c *websocket.Conn) {
		c.Write(ctx, websocket.MessageText, make([]byte, 2<<20)) //nolint:errcheck // the client tells
		silent(ctx, c)
	}))
	closes := serve(t, talk(func(_ context.Context, c *websocket.Conn) {
		c.Close(websocket.StatusTryAgainLater, "busy") //nolint:errcheck // the client tells
	}))
	private := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		talk(echo).ServeHTTP(w, r)
	}))
	for _, c := range []struct {
		says   string
		opts   wscheck.Options
		reason probe.Reason
	}{
		{"the upgrade is enough", wscheck.Options{URL: echoes}, ""},
		{"a message out and back", wscheck.Options{URL: echoes, Send: "hello", Expect: "^you said hello$"}, ""},
		{"another message", wscheck.Options{URL: echoes, Send: "hello", Expect: "^goodbye"}, probe.ReasonBody},
		{"no message", wscheck.Options{URL: serve(t, talk(silent)), Expect: "x"}, probe.ReasonTimeout},
		{"a subprotocol that is taken", wscheck.Options{URL: echoes, Subprotocols: []string{"graphql-ws"}}, ""},
		{"one that is not", wscheck.Options{URL: echoes, Subprotocols: []string{"mqtt"}}, probe.ReasonProtocol},
		{"a message that is too large", wscheck.Options{URL: large, Expect: "x"}, probe.ReasonTooLarge},
		{"a server that closes", wscheck.Options{URL: closes, Expect: "x"}, probe.ReasonReset},
		{"a secret header", wscheck.Options{URL: private, SecretHeaders: map[string]config.Secret{"Authorization": config.Plain("Bearer s3cret")}}, ""},
		{"without it", wscheck.Options{URL: private}, probe.ReasonStatus},
		{"a page that is no WebSocket", wscheck.Options{URL: serve(t, http.NotFoundHandler())}, probe.ReasonStatus},
		{"a redirect, which is not followed", wscheck.Options{URL: serve(t, http.RedirectHandler("http://169.254.169.254/", http.StatusFound))}, probe.ReasonStatus},
		{"an answer of 200", wscheck.Options{URL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") }))}, probe.ReasonStatus}, //nolint:errcheck // the client tells
		{"an upgrade to something else", wscheck.Options{URL: "ws://" + probetest.Serve(t, probetest.Say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"))}, probe.ReasonProtocol},
		{"a header without end", wscheck.Options{URL: "ws://" + probetest.Serve(t, probetest.Flood("HTTP/1.1 101 Switching Protocols\r\nX: "))}, probe.ReasonTooLarge},
		{"nobody listens", wscheck.Options{URL: "ws://" + probetest.ClosedPort(t)}, probe.ReasonRefused},
		{"does not speak TLS", wscheck.Options{URL: strings.Replace(echoes, "ws:", "wss:", 1)}, probe.ReasonTLS},
	} {
		p, err := wscheck.New(c.opts, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestOverTLS(t *testing.T) {
	ca := probetest.NewAuthority(t)
	s := httptest.NewUnstartedServer(talk(echo))
	s.TLS = ca.Config(t, 48*time.Hour, "127.0.0.1")
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	url := strings.Replace(s.URL, "https", "wss", 1)
	p, err := wscheck.New(wscheck.Options{URL: url, Send: "x", Expect: "x"}, probe.Env{Roots: ca.Pool})
	probetest.Want(t, "all is well", probetest.Attempt(t, p, err), "")
	p, err = wscheck.New(wscheck.Options{URL: url, TLS: probe.TLSOptions{DaysLeft: 7}}, probe.Env{Roots: ca.Pool})
	probetest.Want(t, "too few days are left", probetest.Attempt(t, p, err), probe.ReasonCertificate)
	p, err = wscheck.New(wscheck.Options{URL: url}, probe.Env{})
	probetest.Want(t, "somebody unknown has signed it", probetest.Attempt(t, p, err), probe.ReasonTLSChain)
}

func TestAnURLsTokenIsNotShown(t *testing.T) {
	p, err := wscheck.New(wscheck.Options{URL: "ws://" + probetest.ClosedPort(t) + "/?token=t0ken"}, probe.Env{})
	var b strings.Builder
	if err := probetest.Attempt(t, p, err).Format(&b); err != nil || strings.Contains(b.String(), "t0ken") {
		t.Error(b.String(), err)
	}
	p, err = wscheck.New(wscheck.Options{URL: "ws://" + probetest.Serve(t, probetest.Garbage) + "/?token=t0ken"}, probe.Env{})
	b.Reset()
	if err := probetest.Attempt(t, p, err).Format(&b); err != nil || strings.Contains(b.String(), "t0ken") {
		t.Error(b.String(), err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []wscheck.Options{{}, {URL: "http://x"}, {URL: "ws://x", Expect: "("}, {URL: "wss://x", TLS: probe.TLSOptions{Min: "9"}}} {
		if _, err := wscheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
