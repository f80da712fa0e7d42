package apnscheck

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	team, keyID, topic = "TEAM123456", "KEY1234567", "com.example.app"
	device             = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
	asBad              = "11fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
	asGone             = "22fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
)

// apple is a fake of the provider API, made from Apple's documentation ("Sending
// notification requests to APNs", "Handling notification responses from APNs"):
// nothing here has spoken with the real one.
type apple struct {
	t   *testing.T
	pub *ecdsa.PublicKey

	mu     sync.Mutex
	status int    // of everybody, when it is set
	reason string // with it
	tokens map[string]bool
}

func (a *apple) set(status int, reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status, a.reason = status, reason
}

func (a *apple) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, reason := a.answer(r)
	w.Header().Set("apns-id", "EC1BF194-B3B2-424A-89A9-5A918A6E6B5E")
	w.WriteHeader(status)
	if status != http.StatusOK {
		fmt.Fprintf(w, `{"reason":%q}`, reason)
	}
}

func (a *apple) answer(r *http.Request) (int, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	token, _ := strings.CutPrefix(r.Header.Get("authorization"), "bearer ")
	a.tokens[token] = true
	if a.status != 0 {
		return a.status, a.reason
	}
	body, _ := io.ReadAll(r.Body)
	to := strings.TrimPrefix(r.URL.Path, "/3/device/")
	switch {
	case r.ProtoMajor != 2 || r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, "MethodNotAllowed"
	case !a.valid(token):
		return http.StatusForbidden, "InvalidProviderToken"
	case r.Header.Get("apns-topic") != topic:
		return http.StatusBadRequest, "TopicDisallowed"
	case to == asBad:
		return http.StatusBadRequest, "BadDeviceToken"
	case to == asGone:
		return http.StatusGone, "Unregistered"
	case to != device || !json.Valid(body) || r.Header.Get("apns-push-type") != "background" || r.Header.Get("apns-priority") != "5":
		return http.StatusBadRequest, "BadPath"
	}
	return http.StatusOK, ""
}

// valid verifies a token as RFC 7515 says: an independent reading of it.
func (a *apple) valid(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var raw [3][]byte
	for i := range parts {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return false
		}
		raw[i] = b
	}
	var head struct{ Alg, Kid string }
	var claims struct {
		Iss string
		Iat int64
	}
	if json.Unmarshal(raw[0], &head) != nil || json.Unmarshal(raw[1], &claims) != nil || len(raw[2]) != 64 {
		return false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])
	return head.Alg == "ES256" && head.Kid == keyID && claims.Iss == team && claims.Iat > 0 && ecdsa.Verify(a.pub, sum[:], r, s)
}

func newKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// stage is the fake, and a check of it.
func stage(t *testing.T) (*apple, Options, probe.Env) {
	t.Helper()
	key, text := newKey(t)
	a := &apple{t: t, pub: &key.PublicKey, tokens: map[string]bool{}}
	ca := probetest.NewAuthority(t)
	s := httptest.NewUnstartedServer(a)
	s.EnableHTTP2, s.TLS = true, ca.Config(t, time.Hour, "127.0.0.1")
	s.StartTLS()
	t.Cleanup(s.Close)
	var o Options
	o.SetDefaults()
	o.URL, o.Key, o.KeyID, o.Team, o.Topic, o.Device = s.URL, config.Plain(text), keyID, team, topic, config.Plain(device)
	return a, o, probe.Env{Roots: ca.Pool}
}

// want compares outcome and reason: what is our own mistake cannot tell.
func want(t *testing.T, says string, r probe.Result, outcome outcry.Outcome, reason probe.Reason) {
	t.Helper()
	if r.Outcome != outcome || r.Reason != reason {
		t.Errorf("%s: %s; wanted %d %q", says, r.Summary(), outcome, reason)
	}
	if strings.Contains(r.Detail, device[:16]) {
		t.Errorf("%s: the device's token is shown: %s", says, r.Detail)
	}
}

func TestPush(t *testing.T) {
	for _, c := range []struct {
		says    string
		change  func(*Options)
		outcome outcry.Outcome
		reason  probe.Reason
	}{
		{"a push that is taken", func(*Options) {}, outcry.Good, ""},
		{"a token of no device", func(o *Options) { o.Device = config.Plain(asBad) }, outcry.Unknown, ReasonBadToken},
		{"a device that has gone", func(o *Options) { o.Device = config.Plain(asGone) }, outcry.Unknown, ReasonBadToken},
		{"a token of no device, which is accepted", func(o *Options) { o.Device, o.Accept = config.Plain(asBad), []string{"BadDeviceToken"} }, outcry.Good, ""},
		{"a topic that is not ours", func(o *Options) { o.Topic = "com.example.other" }, outcry.Unknown, ReasonBadTopic},
		{"a key that is not known", func(o *Options) { o.KeyID = "OTHER" }, outcry.Unknown, ReasonProviderToken},
		{"a key that is none", func(o *Options) { o.Key = config.Plain("x") }, outcry.Unknown, probe.ReasonInternal},
		{"a device that is none", func(o *Options) { o.Device = config.Plain("../../x") }, outcry.Unknown, probe.ReasonInternal},
	} {
		_, o, env := stage(t)
		c.change(&o)
		p, err := New(o, env)
		want(t, c.says, probetest.Attempt(t, p, err), c.outcome, c.reason)
	}
}

func TestAnswersOfAnOutageAndOfLimits(t *testing.T) {
	a, o, env := stage(t)
	p, err := New(o, env)
	for _, c := range []struct {
		status  int
		said    string
		outcome outcry.Outcome
		reason  probe.Reason
	}{
		{503, "ServiceUnavailable", outcry.Bad, probe.ReasonNotServing},
		{503, "Shutdown", outcry.Bad, probe.ReasonNotServing},
		{500, "InternalServerError", outcry.Bad, probe.ReasonNotServing},
		{429, "TooManyRequests", outcry.Unknown, probe.ReasonThrottled},
		{429, "TooManyProviderTokenUpdates", outcry.Unknown, probe.ReasonThrottled},
		{403, "ExpiredProviderToken", outcry.Unknown, ReasonProviderToken},
		{413, "PayloadTooLarge", outcry.Unknown, probe.ReasonRejected},
		{404, "", outcry.Bad, probe.ReasonProtocol},
		{502, strings.Repeat("x", 20<<10), outcry.Bad, probe.ReasonTooLarge},
		{0, "", outcry.Good, ""},
	} {
		a.set(c.status, c.said)
		want(t, fmt.Sprint(c.status, " ", c.said[:min(len(c.said), 30)]), probetest.Attempt(t, p, err), c.outcome, c.reason)
	}
}

func TestTokenIsKeptForLessThanAnHour(t *testing.T) {
	a, o, env := stage(t)
	now := time.Now()
	env.Now = func() time.Time { return now }
	p, err := New(o, env)
	steps := []struct {
		after  time.Duration
		tokens int
	}{{0, 1}, {19 * time.Minute, 1}, {20 * time.Minute, 1}, {7 * time.Minute, 2}}
	for _, s := range steps {
		now = now.Add(s.after)
		r := probe.Attempt(t.Context(), p, 10*time.Second)
		if r.Outcome != outcry.Good || len(a.tokens) != s.tokens {
			t.Errorf("after %s: %s, %d tokens, wanted %d", s.after, r.Summary(), len(a.tokens), s.tokens)
		}
	}
	a.set(403, "ExpiredProviderToken")
	probetest.Attempt(t, p, err)
	a.set(0, "")
	now = now.Add(time.Second)
	probetest.Attempt(t, p, err)
	if len(a.tokens) != 3 {
		t.Errorf("a token that was refused is used again: %d", len(a.tokens))
	}
}

// secure gives a server that shakes hands and then does something.
func secure(t *testing.T, ca *probetest.Authority, alpn string, serve func(net.Conn)) string {
	cfg := ca.Config(t, time.Hour, "127.0.0.1")
	cfg.NextProtos = []string{alpn}
	return probetest.Serve(t, func(c net.Conn) {
		tc := tls.Server(c, cfg)
		if tc.HandshakeContext(context.Background()) == nil {
			serve(tc)
		}
	})
}

// frames gives a server that begins as HTTP/2, and then says something, until its
// client goes.
func frames(say func(*http2.Framer) error) func(net.Conn) {
	return func(c net.Conn) {
		f := http2.NewFramer(c, c)
		f.AllowIllegalWrites = true
		if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil || f.WriteSettings() != nil {
			return
		}
		for {
			got, err := f.ReadFrame()
			if err != nil {
				return
			}
			if got.Header().Type == http2.FrameHeaders && say(f) != nil {
				return
			}
		}
	}
}

func TestServersThatMisbehave(t *testing.T) {
	_, o, _ := stage(t)
	ca := probetest.NewAuthority(t)
	for _, c := range []struct {
		says   string
		addr   string
		reason probe.Reason
	}{
		{"HTTP/1.1 only", secure(t, ca, "http/1.1", probetest.Stall), probe.ReasonTLS},
		{"nobody there", probetest.ClosedPort(t), probe.ReasonRefused},
		{"it goes away, and says so", secure(t, ca, "h2", frames(func(f *http2.Framer) error { return f.WriteGoAway(0, http2.ErrCodeNo, nil) })), probe.ReasonReset},
		{"it goes away for a breach of ours", secure(t, ca, "h2", frames(func(f *http2.Framer) error { return f.WriteGoAway(0, http2.ErrCodeProtocol, nil) })), probe.ReasonReset},
		{"a frame out of place", secure(t, ca, "h2", frames(func(f *http2.Framer) error { return f.WriteData(0, false, []byte("x")) })), probe.ReasonProtocol},
		{"a stall after the settings", secure(t, ca, "h2", frames(func(*http2.Framer) error { return nil })), probe.ReasonTimeout},
	} {
		o.URL = "https://" + c.addr
		p, err := New(o, probe.Env{Roots: ca.Pool})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestCourier(t *testing.T) {
	ca := probetest.NewAuthority(t)
	port := func(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }
	up, closed := port(secure(t, ca, "apns-security-v3", probetest.Stall)), port(probetest.ClosedPort(t))
	deaf := port(probetest.Serve(t, probetest.Stall))
	for _, c := range []struct {
		says   string
		ports  []string
		reason probe.Reason
	}{
		{"the first port", []string{up, closed}, ""},
		{"only the second", []string{closed, up}, ""},
		{"the first hangs, in its share of the time", []string{deaf, up}, ""},
		{"none", []string{closed}, probe.ReasonRefused},
		{"none answers", []string{deaf, deaf}, probe.ReasonTimeout},
	} {
		var o CourierOptions
		o.SetDefaults()
		o.Host, o.Ports = "127.0.0.1", c.ports
		p, err := NewCourier(o, probe.Env{Roots: ca.Pool})
		patience := probetest.Patience(c.reason)
		if c.ports[0] == deaf && c.reason == "" {
			patience = 4 * time.Second
		}
		probetest.Want(t, c.says, probetest.Within(t, p, err, patience), c.reason)
	}
}

func TestNewRefuses(t *testing.T) {
	_, o, env := stage(t)
	for says, change := range map[string]func(*Options){
		"no https":             func(o *Options) { o.URL = "http://a" },
		"a payload of no JSON": func(o *Options) { o.Payload = "x" },
	} {
		mine := o
		change(&mine)
		if _, err := New(mine, env); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
	for _, o := range []CourierOptions{{Host: "a"}, {Host: "a/b", Ports: []string{"1"}}, {Host: "a", Ports: []string{"x"}}} {
		if _, err := NewCourier(o, env); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
