package hapcheck

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/hap"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { probetest.Main(m, map[string]probe.Type{"check": probe.TypeOf(New)}) }

func options(set ...func(*Options)) Options {
	var o Options
	o.SetDefaults()
	o.SetupCode = config.Plain("111-22-333")
	for _, s := range set {
		s(&o)
	}
	return o
}

func at(address string) func(*Options) { return func(o *Options) { o.Address = address } }

const tlvHead = "HTTP/1.1 200 OK\r\nContent-Type: application/pairing+tlv8\r\n"

func TestServersThatAreNone(t *testing.T) {
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"stalls", probetest.Stall, probe.ReasonTimeout},
		{"hangs up", probetest.CloseAfterRequest, probe.ReasonReset},
		{"sends garbage", probetest.Garbage, probe.ReasonProtocol},
		{"a line without end", probetest.Flood("HTTP/1.1 200 "), probe.ReasonTooLarge},
		{"a header without end", probetest.Flood("HTTP/1.1 200 OK\r\nX: "), probe.ReasonTooLarge},
		{"a body of gigabytes", probetest.Flood("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n"), probe.ReasonTooLarge},
		{"a web server", probetest.Say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), probe.ReasonStatus},
		{"an answer that is no TLV", probetest.Say(tlvHead + "Content-Length: 3\r\n\r\nabc"), probe.ReasonProtocol},
		{"the wrong state", probetest.Say(tlvHead + "Content-Length: 3\r\n\r\n\x06\x01\x09"), probe.ReasonProtocol},
		{"a state without keys", probetest.Say(tlvHead + "Content-Length: 3\r\n\r\n\x06\x01\x02"), probe.ReasonProtocol},
		{"busy with another controller", probetest.Say(tlvHead + "Content-Length: 6\r\n\r\n\x06\x01\x02\x07\x01\x07"), ReasonPairingRefused},
		{"too many tries", probetest.Say(tlvHead + "Content-Length: 6\r\n\r\n\x06\x01\x02\x07\x01\x05"), ReasonPairingRefused},
		{"events without end", probetest.Flood(strings.Repeat("EVENT/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200)), probe.ReasonTooLarge},
	} {
		data := t.TempDir()
		p, err := New(options(at(probetest.Serve(t, c.serve))), probe.Env{Data: data})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
		left, err := filepath.Glob(filepath.Join(data, "homekit", "*.json"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", c.says, left, err)
		}
	}
	p, err := New(options(at(probetest.ClosedPort(t))), probe.Env{Data: t.TempDir()})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
}

// With a pairing, the same servers fail at pair-verify.
func TestVerifyRefusals(t *testing.T) {
	pairing, err := hap.NewPairing()
	if err != nil {
		t.Fatal(err)
	}
	pairing.AccessoryID, pairing.AccessoryKey = "AA:BB:CC:DD:EE:FF", make([]byte, 32)
	b, err := json.Marshal(pairing)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		reason probe.Reason
	}{
		{"it does not know us", probetest.Say(tlvHead + "Content-Length: 6\r\n\r\n\x06\x01\x04\x07\x01\x02"), ReasonUnpaired},
		{"it has a key that is none", probetest.Say(tlvHead + "Content-Length: 6\r\n\r\n\x06\x01\x02\x03\x01\x02"), probe.ReasonProtocol},
		{"it wants authorization", probetest.Say("HTTP/1.1 470 Connection Authorization Required\r\nContent-Length: 0\r\n\r\n"), ReasonUnpaired},
		{"stalls", probetest.Stall, probe.ReasonTimeout},
		{"hangs up", probetest.CloseAfterRequest, probe.ReasonReset},
	} {
		file := filepath.Join(t.TempDir(), "pairing.json")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := New(options(at(probetest.Serve(t, c.serve)), func(o *Options) { o.Pairing = file }), probe.Env{})
		r := probetest.Within(t, p, err, probetest.Patience(c.reason))
		probetest.Want(t, c.says, r, c.reason)
		var text strings.Builder
		if err := r.Format(&text); err != nil || strings.Contains(text.String(), "111-22-333") {
			t.Error(text.String(), err)
		}
	}
}

func TestAPairingThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pairing.json")
	if err := os.WriteFile(file, []byte(`{"id":""}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := New(options(at("127.0.0.1:9"), func(o *Options) { o.Pairing = file }), probe.Env{})
	probetest.Want(t, "a file of something else", probetest.Attempt(t, p, err), probe.ReasonInternal)
	p, err = New(options(at("127.0.0.1:9")), probe.Env{})
	probetest.Want(t, "nowhere to keep it", probetest.Attempt(t, p, err), probe.ReasonInternal)
}

// announce answers the question for accessories with one at an address.
func announce(t *testing.T, ip string) net.Addr {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		for {
			_, from, err := c.ReadFrom(make([]byte, 9000))
			if err != nil {
				return
			}
			res := &dns.Msg{MsgHdr: dns.MsgHdr{Response: true}}
			for _, text := range []string{
				"_hap._tcp.local. 10 IN PTR Lamp._hap._tcp.local.", "Lamp._hap._tcp.local. 10 IN SRV 0 0 9 lamp.local.",
				`Lamp._hap._tcp.local. 10 IN TXT "id=AA:BB:CC:DD:EE:FF" "sf=1"`, "lamp.local. 10 IN A " + ip,
			} {
				rr, err := dns.NewRR(text)
				if err != nil {
					return
				}
				res.Answer = append(res.Answer, rr)
			}
			if b, err := res.Pack(); err == nil {
				c.WriteTo(b, from)
			}
		}
	}()
	return c.LocalAddr()
}

// What is found on the network may point anywhere: the guard is asked.
func TestDiscovery(t *testing.T) {
	allow, err := netguard.New([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says, ip, id string
		guard        *netguard.Guard
		reason       probe.Reason
		timeout      time.Duration
	}{
		{"an accessory at the metadata service", "169.254.169.254", "AA:BB:CC:DD:EE:FF", allow, probe.ReasonBlocked, 10 * time.Second},
		{"an accessory in a network that is not allowed", "127.0.0.1", "AA:BB:CC:DD:EE:FF", nil, probe.ReasonBlocked, 10 * time.Second},
		{"an accessory that does not listen", "127.0.0.1", "aa:bb:cc:dd:ee:ff", allow, probe.ReasonRefused, 10 * time.Second},
		{"another accessory", "127.0.0.1", "11:22:33:44:55:66", allow, ReasonNotDiscovered, 500 * time.Millisecond},
	} {
		made, err := New(options(func(o *Options) { o.ID = c.id }), probe.Env{Guard: c.guard, Data: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		p, _ := made.(*prober)
		p.ask = announce(t, c.ip)
		probetest.Want(t, c.says, probetest.Within(t, p, nil, c.timeout), c.reason)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		options(), options(at("lamp")), options(at("lamp:0")), options(at(":80")), options(at("lamp:1"), func(o *Options) { o.ID = "AA:BB:CC:DD:EE:FF" }),
		options(func(o *Options) { o.ID = "AA:BB" }),
		options(at("lamp:1"), func(o *Options) { o.Characteristic = "" }),
		options(at("lamp:1"), func(o *Options) { o.Characteristic = "1.x" }),
		options(at("lamp:1"), func(o *Options) { o.Characteristic = "on" }),
		options(at("lamp:1"), func(o *Options) { o.Values = []string{"1"} }),
		options(at("lamp:1"), func(o *Options) { o.Values = []string{"1", "x"} }),
		options(at("lamp:1"), func(o *Options) { o.Values = []string{"1", "{}"} }),
	} {
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"true", "1", true}, {"0", "false", true}, {"40", "40.0", true}, {"40", "41", false}, {`"a"`, `"a"`, true}, {`"a"`, `"b"`, false},
		{"null", "0", false}, {"", "0", false}, {"null", "false", false},
	} {
		if got := same(json.RawMessage(c.a), json.RawMessage(c.b)); got != c.want {
			t.Errorf("%s and %s: %t", c.a, c.b, got)
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
