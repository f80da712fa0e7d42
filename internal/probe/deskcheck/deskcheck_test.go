package deskcheck

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"conversation": probe.TypeOf(New)})
}

// The example of the specification's own libraries.
func TestSignVector(t *testing.T) {
	key, err := keyOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	sign(h, key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got := h.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("the signature is %s", got)
	}
	for _, secret := range []string{"", "short", "whsec_%%%", "whsec_c2hvcnQ="} {
		if _, err := keyOf(secret); err == nil || secret != "" && strings.Contains(err.Error(), strings.TrimPrefix(secret, "whsec_")) && secret != "short" {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

func options(t *testing.T, url string) Options {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{URL: url, Secret: config.Secret{File: path}}
	o.SetDefaults()
	o.Within = 20 * time.Second
	return o
}

func say(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); w.Write([]byte(body)) }
}

// stall answers nothing until its client is gone; that is noticed once the
// request has been read.
func stall(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// later takes the message, and answers it after some looks, of whoever looks.
func later(location string, looks int64, answer http.HandlerFunc) http.HandlerFunc {
	var seen atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusAccepted)
		case seen.Add(1) <= looks:
			w.WriteHeader(http.StatusNotFound)
		default:
			answer(w, r)
		}
	}
}

func TestDesks(t *testing.T) {
	for _, c := range []struct {
		says    string
		desk    http.HandlerFunc
		expect  string
		within  time.Duration
		timeout time.Duration
		reason  probe.Reason
	}{
		{says: "it answers at once", desk: say(200, `{"text": "Hello!"}`), expect: "^Hello"},
		{says: "it answers later", desk: later("/answers/1", 2, say(200, `{"text": "Hello!"}`))},
		{says: "it answers later, and closes every connection", desk: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			later("/answers/1", 0, say(200, `{"text": "Hello!"}`))(w, r)
		}},
		{says: "it answers something else", desk: say(200, `{"text": "Goodbye!"}`), expect: "^Hello", reason: probe.ReasonWrongAnswer},
		{says: "it answers late", desk: later("/answers/1", 1, say(200, `{"text": "Hello!"}`)), within: time.Millisecond, reason: probe.ReasonAnsweredLate},
		{says: "nobody answers", desk: later("/answers/1", 1000, nil), timeout: 700 * time.Millisecond, reason: probe.ReasonNobodyAnswered},
		{says: "it stalls where the answer should be", desk: later("/answers/1", 0, stall), timeout: 700 * time.Millisecond, reason: probe.ReasonNobodyAnswered},
		{says: "it stalls at the message", desk: stall, timeout: 500 * time.Millisecond, reason: probe.ReasonTimeout},
		{says: "it does not take the signature", desk: say(401, ""), reason: probe.ReasonRejected},
		{says: "it is gone", desk: say(410, ""), reason: probe.ReasonRejected},
		{says: "it withdraws the answer", desk: later("/answers/1", 0, say(410, "")), reason: probe.ReasonRejected},
		{says: "it is too busy", desk: say(429, ""), reason: probe.ReasonThrottled},
		{says: "it has failed", desk: say(503, ""), reason: probe.ReasonStatus},
		{says: "it sends us elsewhere", desk: say(302, ""), reason: probe.ReasonRedirect},
		{says: "the answer would be elsewhere", desk: later("http://169.254.169.254/latest", 0, nil), reason: probe.ReasonRedirect},
		{says: "it takes the message and says no more", desk: say(202, ""), reason: probe.ReasonProtocol},
		{says: "its answer is no JSON", desk: say(200, "<html>"), reason: probe.ReasonProtocol},
		{says: "its answer never ends", desk: say(200, strings.Repeat("x", maxBody+1)), reason: probe.ReasonTooLarge},
	} {
		server := httptest.NewServer(c.desk)
		o := options(t, server.URL+"/hook")
		o.Expect = c.expect
		if c.within > 0 {
			o.Within = c.within
		}
		timeout := 10 * time.Second
		if c.timeout > 0 {
			timeout = c.timeout
		}
		p, err := New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, timeout), c.reason)
		server.Close()
	}
}

func TestServersThatMisbehave(t *testing.T) {
	p, err := New(options(t, "http://"+probetest.Serve(t, probetest.Flood("HTTP/1.1 200 OK\r\nX: "))), probe.Env{})
	probetest.Want(t, "its header never ends", probetest.Attempt(t, p, err), probe.ReasonTooLarge)
	p, err = New(options(t, "http://"+probetest.ClosedPort(t)), probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
	guard, err := netguard.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err = New(options(t, "http://169.254.169.254/hook"), probe.Env{Guard: guard})
	probetest.Want(t, "a metadata service", probetest.Attempt(t, p, err), probe.ReasonBlocked)
}

func TestOverTLS(t *testing.T) {
	authority := probetest.NewAuthority(t)
	server := httptest.NewUnstartedServer(later("/answers/1", 1, say(200, `{"text": "Hello!"}`)))
	server.TLS = authority.Config(t, time.Hour, "127.0.0.1")
	server.StartTLS()
	defer server.Close()
	p, err := New(options(t, server.URL), probe.Env{Roots: authority.Pool})
	probetest.Want(t, "over TLS", probetest.Attempt(t, p, err), "")
	p, err = New(options(t, server.URL), probe.Env{})
	probetest.Want(t, "an authority that we do not know", probetest.Attempt(t, p, err), probe.ReasonTLSChain)
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*Options){
		"another scheme": func(o *Options) { o.URL = "mqtt://a" },
		"no host":        func(o *Options) { o.URL = "http://" },
		"no time":        func(o *Options) { o.Within = 0 },
		"no question":    func(o *Options) { o.Ask = "" },
		"no expression":  func(o *Options) { o.Expect = "(" },
	} {
		o := options(t, "http://a")
		change(&o)
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
	o := options(t, "http://"+probetest.ClosedPort(t))
	o.Secret.File = "/none"
	p, err := New(o, probe.Env{})
	probetest.Want(t, "a secret that cannot be read", probetest.Attempt(t, p, err), probe.ReasonInternal)
}

func FuzzTextOf(f *testing.F) {
	for _, s := range []string{`{"text": "x"}`, `{"text": 1}`, "", "null", "[", `{"text": "\ud800"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		rec := httptest.NewRecorder()
		rec.WriteString(body)
		if text, err := textOf(rec.Result()); err != nil && text != "" {
			t.Fatalf("%q gives %q and %v", body, text, err)
		}
	})
}
