package webrtccheck

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/udp"
)

func TestMain(m *testing.M) { probetest.Main(m, map[string]probe.Type{"check": probe.TypeOf(New)}) }

func options(set ...func(*Options)) Options {
	var o Options
	o.SetDefaults()
	o.Talk = 400 * time.Millisecond
	for _, s := range set {
		s(&o)
	}
	return o
}

func attempt(t *testing.T, o Options, env probe.Env, timeout time.Duration) probe.Result {
	t.Helper()
	p, err := New(o, env)
	return probetest.Within(t, p, err, timeout)
}

func turn(url string) func(*Options) {
	return func(o *Options) { o.TURN, o.User, o.Password = url, "alice", config.Plain("password") }
}

// server answers each datagram with what the function makes of it.
func serve(t *testing.T, answer func(req *stun.Message) []byte) string {
	t.Helper()
	return udp.Serve(t, func(datagram []byte) [][]byte {
		req := &stun.Message{Raw: slices.Clone(datagram)}
		if req.Decode() != nil {
			return nil
		}
		if res := answer(req); res != nil {
			return [][]byte{res}
		}
		return nil
	})
}

func build(t *testing.T, req *stun.Message, class stun.MessageClass, more ...stun.Setter) []byte {
	t.Helper()
	setters := append([]stun.Setter{stun.NewTransactionIDSetter(req.TransactionID), stun.NewType(req.Type.Method, class)}, more...)
	m, err := stun.Build(setters...)
	if err != nil {
		t.Error(err)
		return nil
	}
	return m.Raw
}

// challenged answers with a challenge first, and then with an error.
func challenged(t *testing.T, code stun.ErrorCode) func(*stun.Message) []byte {
	return func(req *stun.Message) []byte {
		if req.Contains(stun.AttrUsername) {
			return build(t, req, stun.ClassErrorResponse, code, stun.NewRealm("r"), stun.NewNonce("n"))
		}
		return build(t, req, stun.ClassErrorResponse, stun.CodeUnauthorized, stun.NewRealm("r"), stun.NewNonce("n"))
	}
}

func TestDatagrams(t *testing.T) {
	for _, c := range []struct {
		says   string
		answer func(*stun.Message) []byte
		reason probe.Reason
	}{
		{"silent", func(*stun.Message) []byte { return nil }, probe.ReasonTimeout},
		{"garbage", func(*stun.Message) []byte { return []byte("garbage") }, probe.ReasonProtocol},
		{"an answer to somebody else", func(req *stun.Message) []byte {
			req.TransactionID[0] ^= 1
			return build(t, req, stun.ClassSuccessResponse)
		}, probe.ReasonTimeout},
		{"a wrong password", challenged(t, stun.CodeUnauthorized), probe.ReasonSignIn},
		{"stale for ever", challenged(t, stun.CodeStaleNonce), probe.ReasonStatus},
		{"no quota left", challenged(t, stun.CodeAllocQuotaReached), ReasonQuota},
		{"no relay ports", challenged(t, stun.CodeInsufficientCapacity), ReasonNoCapacity},
		{"forbidden", challenged(t, stun.CodeForbidden), ReasonForbidden},
		{"forbidden without a challenge", func(req *stun.Message) []byte { return build(t, req, stun.ClassErrorResponse, stun.CodeForbidden) }, ReasonForbidden},
		{"a challenge without a nonce", func(req *stun.Message) []byte { return build(t, req, stun.ClassErrorResponse, stun.CodeUnauthorized) }, probe.ReasonProtocol},
		{"an error without a code", func(req *stun.Message) []byte { return build(t, req, stun.ClassErrorResponse) }, probe.ReasonProtocol},
		{"success without an address", func(req *stun.Message) []byte { return build(t, req, stun.ClassSuccessResponse) }, probe.ReasonProtocol},
		{"success by one who does not know the password", func(req *stun.Message) []byte {
			if req.Contains(stun.AttrUsername) {
				return build(t, req, stun.ClassSuccessResponse, stun.NewShortTermIntegrity("another"))
			}
			return challenged(t, 0)(req)
		}, probe.ReasonProtocol},
	} {
		timeout := 10 * time.Second
		if c.reason == probe.ReasonTimeout || c.says == "garbage" {
			timeout = 400 * time.Millisecond
		}
		probetest.Want(t, c.says, attempt(t, options(turn("turn:"+serve(t, c.answer))), probe.Env{}, timeout), c.reason)
	}
}

func TestSTUN(t *testing.T) {
	lost := 0
	good := serve(t, func(req *stun.Message) []byte {
		if lost++; lost == 1 {
			return nil // the first request is lost
		}
		return build(t, req, stun.ClassSuccessResponse, &stun.XORMappedAddress{IP: net.IPv4(192, 0, 2, 1), Port: 4000})
	})
	o := options(func(o *Options) { o.STUN = "stun:" + good })
	r := attempt(t, o, probe.Env{}, 20*time.Second)
	probetest.Want(t, "a binding, after a loss", r, "")
	if !strings.Contains(r.Detail, "192.0.2.1:4000") {
		t.Error(r.Detail)
	}
	o.STUN = "stun:" + serve(t, func(req *stun.Message) []byte { return build(t, req, stun.ClassSuccessResponse) })
	probetest.Want(t, "no address", attempt(t, o, probe.Env{}, 10*time.Second), probe.ReasonProtocol)
	o.STUN = "stun:" + probetest.ClosedPort(t)
	probetest.Want(t, "nobody listens", attempt(t, o, probe.Env{}, 10*time.Second), probe.ReasonRefused)
	o.STUN = "stun:169.254.169.254"
	probetest.Want(t, "the metadata service is never asked", attempt(t, o, probe.Env{}, 10*time.Second), probe.ReasonBlocked)
}

func TestStreams(t *testing.T) {
	for _, c := range []struct {
		says   string
		url    string
		reason probe.Reason
	}{
		{"nobody listens", "turn:" + probetest.ClosedPort(t) + "?transport=tcp", probe.ReasonRefused},
		{"stalls", "turn:" + probetest.Serve(t, probetest.Stall) + "?transport=tcp", probe.ReasonTimeout},
		{"hangs up", "turn:" + probetest.Serve(t, probetest.CloseAfterRequest) + "?transport=tcp", probe.ReasonReset},
		{"sends garbage", "turn:" + probetest.Serve(t, probetest.Garbage) + "?transport=tcp", probe.ReasonProtocol},
		{"speaks HTTP for ever", "turn:" + probetest.Serve(t, probetest.Flood("HTTP/1.1 400 Bad Request\r\n\r\n")) + "?transport=tcp", probe.ReasonProtocol},
		{"does not speak TLS", "turns:" + probetest.Serve(t, probetest.Garbage), probe.ReasonTLS},
	} {
		probetest.Want(t, c.says, attempt(t, options(turn(c.url)), probe.Env{}, probetest.Patience(c.reason)), c.reason)
	}
}

// A port of ours that the server takes for another's is given up for the next.
func TestAnotherPortIsTried(t *testing.T) {
	for _, c := range []struct {
		says     string
		mismatch int // ports that the server does not want
		ports    int // that are tried
		reason   probe.Reason
	}{
		{"the second will do", 1, 2, ""},
		{"none will do", 100, maxMismatches, probe.ReasonStatus},
	} {
		ports := 0
		url := "turn:" + serve(t, func(req *stun.Message) []byte {
			integrity := stun.NewLongTermIntegrity("alice", "r", "password")
			switch {
			case !req.Contains(stun.AttrUsername):
				ports++
				return challenged(t, 0)(req)
			case ports <= c.mismatch:
				return build(t, req, stun.ClassErrorResponse, stun.CodeAllocMismatch)
			}
			return build(t, req, stun.ClassSuccessResponse, relayedAddress{}, integrity)
		})
		o := options(turn(url), func(o *Options) { o.Talk = 0 })
		probetest.Want(t, c.says, attempt(t, o, probe.Env{}, 20*time.Second), c.reason)
		if ports != c.ports {
			t.Errorf("%s: %d ports were tried", c.says, ports)
		}
	}
}

// relayedAddress is the attribute of an allocation's success.
type relayedAddress struct{}

func (relayedAddress) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress{IP: net.IPv4(192, 0, 2, 1), Port: 4000}.AddToAs(m, stun.AttrXORRelayedAddress)
}

// draft-uberti-behave-turn-rest-00: the password is base64(HMAC-SHA1(secret, "TIME:USER")).
func TestCredentialsOfASharedSecret(t *testing.T) {
	made, err := New(options(func(o *Options) { o.TURN, o.User, o.Shared = "turn:x", "alice", config.Plain("north") }), probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := made.(*prober)
	p.now = func() time.Time { return time.Unix(1433895918-3600, 0) }
	a, err := p.account()
	if err != nil || a.user != "1433895918:alice" || len(a.password) != 28 {
		t.Error(a, err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		options(), options(turn("x")), options(turn("stun:x")), options(turn("turns:x?transport=udp")), options(turn("turn:")),
		options(func(o *Options) { o.STUN = "turn:x" }),
		options(func(o *Options) { o.TURN = "turn:x" }),
		options(func(o *Options) { o.TURN, o.User = "turn:x", "alice" }),
		options(turn("turn:x"), func(o *Options) { o.Shared = config.Plain("x") }),
		options(turn("turn:x"), func(o *Options) { o.Talk = time.Hour }),
		options(turn("turn:x"), func(o *Options) { o.Talk = time.Millisecond }),
		options(turn("turn:x"), func(o *Options) { o.MaxLoss = -1 }),
		options(turn("turn:x"), func(o *Options) { o.MinMOS = 9 }),
		options(turn("turn:x"), func(o *Options) { o.MaxFirst = -1 }),
		options(turn("turns:x"), func(o *Options) { o.TLS.Min = "9" }),
	} {
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestReasonsAreWords(t *testing.T) {
	seen := map[probe.Reason]bool{}
	for _, r := range append(probe.Reasons(), Reasons()...) {
		if seen[r] || strings.ToLower(string(r)) != string(r) || strings.ContainsAny(string(r), " _") {
			t.Errorf("%q", r)
		}
		seen[r] = true
	}
}

// Whatever a server answers to an allocation, an error or success comes of it.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{0x01, 0x03, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, true)
	f.Fuzz(func(_ *testing.T, raw []byte, stream bool) {
		here, there := net.Pipe()
		defer here.Close()
		go func() {
			there.Write(raw)
			there.Close()
		}()
		d := &dialogue{conn: here, stream: stream}
		req, err := stun.Build(stun.TransactionID, stun.BindingRequest)
		if err != nil {
			return
		}
		if len(raw) >= headerBytes {
			copy(req.TransactionID[:], raw[8:headerBytes])
			req.Type.Method = stun.MethodAllocate
		}
		if res, err := d.answer(req); err == nil && res.Type.Class == stun.ClassErrorResponse {
			refusal("fuzz", res)
		}
	})
}
