package httpcheck

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// pool is closed, with its connections, when the test is over.
func pool(t *testing.T) *Pool {
	p := NewPool()
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// site is a server that has an answer for all that a check may ask.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		io.WriteString(w, `{"status":"ok","items":[{"n":1},{"n":2.5}],"on":true,"none":null}`) //nolint:errcheck // the client tells
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) //nolint:errcheck // seen in the answer
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, r.Header.Get("X-Token"), body)
	})
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/once", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("u"))
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/coded", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.URL.Query().Get("as"))
		io.WriteString(w, "an error, as it is sent") //nolint:errcheck // the client tells
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) {
		chunk := []byte(strings.Repeat("x", 64<<10))
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestAssertions(t *testing.T) {
	base, pool := site(t).URL, pool(t)
	j := func(path, op, value string) []JSONOptions { return []JSONOptions{{path, op, Text(value)}} }
	for _, c := range []struct {
		says   string
		path   string
		set    func(*Options)
		reason probe.Reason
	}{
		{"a plain check", "/ok", func(*Options) {}, ""},
		{"a status that is not accepted", "/busy", func(*Options) {}, probe.ReasonStatus},
		{"one that is", "/busy", func(o *Options) { o.Status = []StatusRange{{500, 599}} }, ""},
		{"no such page", "/none", func(*Options) {}, probe.ReasonStatus},
		{"a text that is there", "/ok", func(o *Options) { o.Contains = []string{"status"} }, ""},
		{"a text that is not", "/ok", func(o *Options) { o.Contains = []string{"status", "nope"} }, probe.ReasonBody},
		{"a text that must not be there", "/ok", func(o *Options) { o.Absent = []string{"ok"} }, probe.ReasonBody},
		{"an expression that matches", "/ok", func(o *Options) { o.Matches = []string{`"n":\d`} }, ""},
		{"one that does not", "/ok", func(o *Options) { o.Matches = []string{`^nope`} }, probe.ReasonBody},
		{"a header that matches", "/ok", func(o *Options) { o.WantHeader = map[string]string{"cache-control": "max-age"} }, ""},
		{"a header that does not", "/ok", func(o *Options) { o.WantHeader = map[string]string{"cache-control": "private"} }, probe.ReasonHeader},
		{"a header that is missing", "/ok", func(o *Options) { o.WantHeader = map[string]string{"x-none": ""} }, probe.ReasonHeader},
		{"a value of the document", "/ok", func(o *Options) { o.JSON = j("status", "", "ok") }, ""},
		{"another one", "/ok", func(o *Options) { o.JSON = j("status", "", "bad") }, probe.ReasonJSON},
		{"a number of a list", "/ok", func(o *Options) { o.JSON = j("items[-1].n", ">=", "2.5") }, ""},
		{"a number that is too small", "/ok", func(o *Options) { o.JSON = j("items[0].n", ">", "1") }, probe.ReasonJSON},
		{"a truth", "/ok", func(o *Options) { o.JSON = j("on", "==", "true") }, ""},
		{"what is not there", "/ok", func(o *Options) { o.JSON = j("items[7].n", "absent", "") }, ""},
		{"what should be there", "/ok", func(o *Options) { o.JSON = j("items[7]", "exists", "") }, probe.ReasonJSON},
		{"no document at all", "/echo", func(o *Options) { o.JSON = j("x", "exists", "") }, probe.ReasonJSON},
		{"method and body", "/echo", func(o *Options) { o.Method, o.Body, o.Contains = "post", "hello", []string{"POST ", " hello"} }, ""},
		{"headers, also a secret one and the host", "/echo", func(o *Options) {
			o.Headers = map[string]string{"Host": "shop.example"}
			o.SecretHeaders = map[string]config.Secret{"X-Token": config.Plain("s3cret")}
			o.Contains = []string{"shop.example s3cret"}
		}, ""},
		{"a redirect that is followed", "/once", func(o *Options) { o.Contains = []string{"ok"} }, ""},
		{"a redirect that is the answer", "/once", func(o *Options) { o.Redirects = 0; o.Status = []StatusRange{{302, 302}} }, ""},
		{"a redirect without an end", "/loop", func(*Options) {}, probe.ReasonRedirect},
		{"a redirect to another scheme", "/to?u=file:///etc/passwd", func(*Options) {}, probe.ReasonRedirect},
		{"a redirect that cannot be read", "/to?u=http://%25zz", func(*Options) {}, probe.ReasonRedirect},
		{"a body without an end, of which nothing is wanted", "/huge", func(*Options) {}, ""},
		{"a text at its beginning", "/huge", func(o *Options) { o.Contains = []string{"xxx"} }, ""},
		{"a text that was not found by then", "/huge", func(o *Options) { o.Contains = []string{"y"} }, probe.ReasonTooLarge},
		{"a text that must not be in it", "/huge", func(o *Options) { o.Absent = []string{"y"} }, probe.ReasonTooLarge},
		{"a document without an end", "/huge", func(o *Options) { o.JSON = j("x", "", "y") }, probe.ReasonTooLarge},
		{"a text that must not be there, in a coding that hides it", "/coded?as=gzip", func(o *Options) { o.Absent = []string{"failure"} }, probe.ReasonBody},
		{"a document in a coding", "/coded?as=br", func(o *Options) { o.JSON = j("status", "", "ok") }, probe.ReasonBody},
		{"a coding, where nothing is wanted of the body", "/coded?as=gzip", func(*Options) {}, ""},
		{"the coding that is none", "/coded?as=identity", func(o *Options) { o.Contains = []string{"as it is"} }, ""},
		{"an answer that is late", "/ok", func(o *Options) { o.MaxLatency = 1 }, probe.ReasonSlow},
	} {
		o := Defaults(base + c.path)
		c.set(&o)
		p, err := pool.New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), c.reason)
	}
}

func TestBrokenServers(t *testing.T) {
	pool := pool(t)
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"stalls within the header", func(c net.Conn) { probetest.Say("HTTP/1.1 200 OK\r\nCont")(c); probetest.Stall(c) }, probe.ReasonTimeout},
		{"stalls within the body", func(c net.Conn) { probetest.Say(head + "123")(c); probetest.Stall(c) }, probe.ReasonTimeout},
		{"hangs up at once", probetest.Close, probe.ReasonReset},
		{"hangs up within the body", probetest.Say(head + "123"), probe.ReasonReset},
		{"has a body without an end", probetest.Flood("HTTP/1.1 200 OK\r\n\r\n"), ""},
	} {
		p, err := pool.New(Defaults("http://"+probetest.Serve(t, c.serve)), probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
	p, err := pool.New(Defaults("http://"+probetest.ClosedPort(t)), probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
	p, err = pool.New(Defaults("http://does-not-exist.invalid"), probe.Env{})
	r := probetest.Attempt(t, p, err)
	if r.Outcome != outcry.Bad || (r.Reason != probe.ReasonDNSNoName && r.Reason != probe.ReasonDNSFailed) {
		t.Errorf("no such name: %s", r.Summary())
	}
}

func TestCertificates(t *testing.T) {
	ca, other, pool := probetest.NewAuthority(t), probetest.NewAuthority(t), pool(t)
	const month = 30 * 24 * time.Hour
	serve := func(a *probetest.Authority, valid time.Duration, name string) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })) //nolint:errcheck // the client tells
		s.TLS, s.EnableHTTP2 = a.Config(t, valid, name), true
		s.Config.ErrorLog = quiet()
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, c := range []struct {
		says   string
		url    string
		tls    probe.TLSOptions
		reason probe.Reason
	}{
		{"all is well", serve(ca, month, "127.0.0.1"), probe.TLSOptions{DaysLeft: 7}, ""},
		{"too few days are left", serve(ca, month, "127.0.0.1"), probe.TLSOptions{DaysLeft: 60}, probe.ReasonCertificate},
		{"it has expired", serve(ca, -time.Hour, "127.0.0.1"), probe.TLSOptions{}, probe.ReasonTLSExpired},
		{"it is for another name", serve(ca, month, "example.com"), probe.TLSOptions{}, probe.ReasonTLSHostname},
		{"somebody unknown has signed it", serve(other, month, "127.0.0.1"), probe.TLSOptions{}, probe.ReasonTLSChain},
		{"the server does not speak TLS", strings.Replace(site(t).URL, "http:", "https:", 1), probe.TLSOptions{}, probe.ReasonTLS},
		{"it hangs up in the handshake", "https://" + probetest.Serve(t, probetest.CloseAfterRequest), probe.TLSOptions{}, probe.ReasonTLS},
		{"it stalls in the handshake", "https://" + probetest.Serve(t, probetest.Stall), probe.TLSOptions{}, probe.ReasonTimeout},
	} {
		o := Defaults(c.url)
		o.TLS = c.tls
		p, err := pool.New(o, probe.Env{Roots: ca.Pool})
		r := probetest.Within(t, p, err, probetest.Patience(c.reason))
		probetest.Want(t, c.says, r, c.reason)
		if c.reason == "" && !strings.HasPrefix(r.Detail, "HTTP/2") {
			t.Errorf("%s: %s, wanted HTTP/2", c.says, r.Detail)
		}
	}
}

func TestRedirectsToPlacesThatAreNotThePublics(t *testing.T) {
	base, pool := site(t).URL, pool(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://127.0.0.2:" + port + "/ok", "http://localhost:" + port + "/ok",
		"http://[::ffff:127.0.0.1]:" + port + "/ok", "http://10.0.0.1/", "http://0.0.0.0:" + port + "/ok", "http://[::1]:" + port + "/ok",
	} {
		p, err := pool.New(Defaults(base+"/to?u="+to), probe.Env{})
		probetest.Want(t, to, probetest.Attempt(t, p, err), probe.ReasonBlocked)
	}
	for _, to := range []string{"http://2130706433:" + port + "/ok", "http://0177.0.0.1:" + port + "/ok", "http://0x7f000001:" + port + "/ok"} {
		p, err := pool.New(Defaults(base+"/to?u="+to), probe.Env{})
		if r := probetest.Attempt(t, p, err); r.Outcome == outcry.Good {
			t.Errorf("%s was reached", to)
		}
	}
}

func TestSecretsStayWithTheirHost(t *testing.T) {
	var got atomic.Value
	got.Store("")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got.Store(r.Header.Get("X-Token")) }))
	defer elsewhere.Close()
	o := Defaults(site(t).URL + "/to?token=t0ken&u=" + elsewhere.URL)
	o.SecretHeaders = map[string]config.Secret{"X-Token": config.Plain("s3cret")}
	p, err := pool(t).New(o, probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "a redirect to another port of the own host", r, "")
	if got.Load() != "" {
		t.Errorf("the other server was sent %q", got.Load())
	}
	var out strings.Builder
	if err := r.Format(&out); err != nil || strings.Contains(out.String(), "s3cret") || strings.Contains(out.String(), "t0ken") {
		t.Errorf("a secret is shown (%v):\n%s", err, &out)
	}
}

func TestStepsTellThePhases(t *testing.T) {
	p, err := pool(t).New(Defaults(site(t).URL+"/once"), probe.Env{})
	for _, want := range []string{"connect write first byte redirect reuse write first byte body", "reuse write first byte redirect reuse write first byte body"} {
		r := probetest.Attempt(t, p, err)
		var names []string
		for _, s := range r.Steps {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("steps are %q, wanted %q", got, want)
		}
	}
}

func TestAFailureIsFollowedByANewConnection(t *testing.T) {
	var conns atomic.Int64
	var stall atomic.Bool
	addr := probetest.Serve(t, func(c net.Conn) {
		conns.Add(1)
		buf := make([]byte, 4096)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			if !stall.Load() {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") //nolint:errcheck // the client tells
			}
		}
	})
	p, err := pool(t).New(Defaults("http://"+addr), probe.Env{})
	for i, c := range []struct {
		stall  bool
		reason probe.Reason
		conns  int64
	}{
		{false, "", 1}, {false, "", 1}, // kept
		{true, probe.ReasonTimeout, 1}, // dies
		{false, "", 2},                 // a new one, not kept
		{false, "", 3}, {false, "", 3}, // kept again
	} {
		stall.Store(c.stall)
		probetest.Want(t, fmt.Sprint("run ", i), probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
		if n := conns.Load(); n != c.conns {
			t.Errorf("run %d: %d connections, wanted %d", i, n, c.conns)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, set := range []func(*Options){
		func(o *Options) { o.URL = "ftp://x" },
		func(o *Options) { o.URL = "http://u:p@x" },
		func(o *Options) { o.Method = "G E T" },
		func(o *Options) { o.Matches = []string{"("} },
		func(o *Options) { o.WantHeader = map[string]string{"x": "("} },
		func(o *Options) { o.JSON = []JSONOptions{{"a..b", "", ""}} },
		func(o *Options) { o.JSON = []JSONOptions{{"a", "=~", ""}} },
		func(o *Options) { o.JSON = []JSONOptions{{"a", "<", "x"}} },
		func(o *Options) { o.Redirects = 99 },
		func(o *Options) { o.Proxy = "ftp://x" },
		func(o *Options) { o.TLS.Min = "9" },
		func(o *Options) { o.Contains = make([]string, 101) },
		func(o *Options) { o.SecretHeaders = map[string]config.Secret{"X": {Env: "OUTCRY_NO_SUCH_VARIABLE"}} },
	} {
		o := Defaults("http://example.com")
		set(&o)
		if _, err := NewPool().New(o, probe.Env{Guard: new(netguard.Guard)}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestOptionsFromConfiguration(t *testing.T) {
	node, err := config.ParseNode("check.yaml", []byte(`
url: https://example.com/health
status: [200, 3xx, 400-404]
json:
  - {path: "a[0].b", op: ">", value: 3}
  - {path: ok, value: true}
tls: {days_left: 14, min: "1.3"}
max_latency: 2s
`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := probe.TypeOf(NewPool().New)(node.Decode, probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.(probe.Targeter).Target(); got != "example.com" {
		t.Errorf("target is %q", got)
	}
}
