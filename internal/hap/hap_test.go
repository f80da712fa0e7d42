package hap

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"
	"golang.org/x/crypto/chacha20poly1305"
	"pgregory.net/rapid"

	"github.com/outcry/outcry/internal/testutil/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// RFC 5054, appendix B: the 1024-bit group with SHA-1.
func TestSRPVectors(t *testing.T) {
	n := strings.Join(strings.Fields(`EEAF0AB9 ADB38DD6 9C33F80A FA8FC5E8 60726187 75FF3C0B 9EA2314C 9C256576 D674DF74 96EA81D3
		383B4813 D692C6E0 E0D5D8E2 50B98BE4 8E495C1D 6089DAD1 5DC7D7B4 6154D6B6 CE8EF4AD 69B15D49 82559B29 7BCF1885 C529F566 660E57EC
		68EDBC3C 05726CC0 2FD4CBF4 976EAA9A FD5138FE 8376435B 9FC61D2F C0EB06E3`), "")
	s := newSRP(newGroup(n, 2, sha1.New), "alice", "password123", unhex(t, "60975527 035CF2AD 1989806F 0407210B C81EDC04 E2762A56 AFD529DD DA2D4393"))
	if want := unhex(t, `61D5E490 F6F1B795 47B0704C 436F523D D0E560F0 C64115BB 72557EC4 4352E890 3211C046 92272D8B 2D1A5358 A2CF1B6E 0BFCF99F 921530EC
		8E393561 79EAE45E 42BA92AE ACED8251 71E1E8B9 AF6D9C03 E1327F44 BE087EF0 6530E69F 66615261 EEF54073 CA11CF58 58F0EDFD FE15EFEA B349EF5D
		76988A36 72FAC47B 0769447B`); !bytes.Equal(s.public, want) {
		t.Errorf("A is %X", s.public)
	}
	got, err := s.premaster(unhex(t, "BEB25379 D1A8581E B5A72767 3A2441EE"), unhex(t, `BD0C6151 2C692C0C B6D041FA 01BB152D 4916A1E7 7AF46AE1 05393011
		BAF38964 DC46A067 0DD125B9 5A981652 236F99D9 B681CBF8 7837EC99 6C6DA044 53728610 D0C6DDB5 8B318885 D7D82C7F 8DEB75CE 7BD4FBAA 37089E6F
		9C6059F3 88838E7A 00030B33 1EB76840 910440B1 B27AAEAE EB4012B7 D7665238 A8E3FB00 4B117B58`))
	want := unhex(t, `B0DC82BA BCF30674 AE450C02 87745E79 90A3381F 63B387AA F271A10D 233861E3 59B48220 F7C4693C 9AE12B0A 6F67809F 0876E2D0 13800D6C
		41BB59B6 D5979B5C 00A172B4 A2A5903A 0BDCAF8A 709585EB 2AFAFA8F 3499B200 210DCC1F 10EB3394 3CD67FC8 8A2F39A4 BE5BEC4E C0A3212D C346D7E4
		74B29EDE 8A469FFE CA686E5A`)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the premaster secret is %X, %v", got.Bytes(), err)
	}
}

// RFC 3526, 4: 2^3072 - 2^3008 - 1 + 2^64 * { [2^2942 pi] + 1690314 }, a safe prime.
func TestGroupOfHomeKit(t *testing.T) {
	g := homeKit()
	half := new(big.Int).Rsh(g.n, 1)
	if g.n.BitLen() != 3072 || !g.n.ProbablyPrime(1) || !half.ProbablyPrime(1) {
		t.Error("it is not the prime of RFC 3526")
	}
}

func TestSRPRefuses(t *testing.T) {
	s := newSRP(homeKit(), setupUser, "111-22-333", []byte{1, 2, 3})
	for says, b := range map[string][]byte{"nothing": nil, "zero": make([]byte, 384), "N": homeKit().n.Bytes()} {
		if err := s.challenge([]byte("salt"), b); err == nil {
			t.Errorf("a server's key that is %s was taken", says)
		}
	}
}

// RFC 8439, 2.8.2, through our framing of keys and nonces: a message that is
// sealed opens, and one that was changed does not.
func TestSeal(t *testing.T) {
	key, err := derive([]byte("secret"), "salt", "info")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal(key, "PS-Msg05", []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := unseal(key, "PS-Msg05", sealed); err != nil || string(plain) != "text" {
		t.Error(plain, err)
	}
	if _, err := unseal(key, "PS-Msg06", sealed); err == nil {
		t.Error("it opens under another name")
	}
	sealed[0] ^= 1
	if _, err := unseal(key, "PS-Msg05", sealed); err == nil {
		t.Error("it opens although it was changed")
	}
}

// RFC 5869 has no vectors for SHA-512; this is of the Wycheproof kind: the
// same inputs to both ends of a session.
func TestSession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "text")
		var wire bytes.Buffer
		one, two := make([]byte, 32), bytes.Repeat([]byte{7}, 32)
		here, err := newSession(&wire, one, two)
		if err != nil {
			t.Fatal(err)
		}
		there, err := newSession(&wire, two, one)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := here.Write(text); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(there)
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes came of %d: %v", len(got), len(text), err)
		}
	})
}

func TestSessionRefusesWhatIsNotIts(t *testing.T) {
	for says, wire := range map[string][]byte{
		"a frame that is too long": append([]byte{0xFF, 0xFF}, make([]byte, 70000)...),
		"a frame of zeros":         append([]byte{4, 0}, make([]byte, 20)...),
	} {
		s, err := newSession(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(wire), io.Discard}, make([]byte, 32), make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Read(make([]byte, 10))
		if _, ok := errors.AsType[*Breach](err); !ok {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestTLV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tlv{}
		var items []item
		for kind, value := range rapid.MapOf(rapid.Byte(), rapid.SliceOfN(rapid.Byte(), 1, 1000)).Draw(t, "items") {
			items = append(items, item{kind, value})
			want[kind] = value
		}
		got, err := parseTLV(encodeTLV(items...))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
	for says, b := range map[string][]byte{"cut off": {6, 3, 1}, "half an item": {6}, "twice": {6, 1, 1, 6, 1, 2}} {
		if _, err := parseTLV(b); err == nil {
			t.Errorf("%s was read", says)
		}
	}
}

func TestMessages(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" +
		"EVENT/1.0 200 OK\r\ncontent-type: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
		"HTTP/1.1 204 No Content\r\n\r\n" + "HTTP/1.1 207 Multi-Status\r\nContent-Length: 0\r\n\r\n"))
	for _, want := range []message{{status: 200, body: []byte("hi")}, {event: true, status: 200, body: []byte("abcde")}, {status: 204}, {status: 207}} {
		got, err := readMessage(in)
		if err != nil || got.event != want.event || got.status != want.status || !bytes.Equal(got.body, want.body) {
			t.Fatalf("%+v, %v; wanted %+v", got, err, want)
		}
	}
	for says, text := range map[string]string{
		"not HTTP":                "SSH-2.0-OpenSSH\r\n\r\n",
		"a negative length":       "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"gigabytes":               "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n",
		"a header without end":    "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20000),
		"headers without end":     "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 200),
		"chunks that are none":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"another coding":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"a header without colon":  "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
		"a status beyond numbers": "HTTP/1.1 9999 OK\r\n\r\n",
	} {
		_, err := readMessage(bufio.NewReader(strings.NewReader(text)))
		_, breach := errors.AsType[*Breach](err)
		_, large := errors.AsType[*TooLarge](err)
		if !breach && !large {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestSetupCode(t *testing.T) {
	for text, want := range map[string]string{"03145154": "031-45-154", " 031-45-154\n": "031-45-154", "0314515": "", "0314515x": "", "": ""} {
		if got, ok := SetupCode(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
}

func TestAPairingHidesItsKey(t *testing.T) {
	p, err := NewPairing()
	if err != nil || !p.Usable() || p.Complete() {
		t.Fatal(p, err)
	}
	if s := p.GoString() + p.String(); strings.Contains(s, hex.EncodeToString(p.Key)) || len(p.ID) != 36 {
		t.Error(s)
	}
}

func record(t testing.TB, text string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

// lamp answers questions as an accessory does: everything, or bit by bit.
func lamp(t *testing.T, whole bool) net.Addr {
	t.Helper()
	addr, err := net.ResolveUDPAddr("udp4", udp.Serve(t, func(datagram []byte) [][]byte {
		var q dns.Msg
		if q.Unpack(datagram) != nil {
			return nil
		}
		res := &dns.Msg{MsgHdr: dns.MsgHdr{Response: true}}
		res.Answer = append(res.Answer, record(t, "_hap._tcp.local. 10 IN PTR Lamp._hap._tcp.local."))
		if whole || len(q.Question) > 1 {
			res.Extra = append(res.Extra, record(t, "Lamp._hap._tcp.local. 10 IN SRV 0 0 51826 lamp.local."),
				record(t, `Lamp._hap._tcp.local. 10 IN TXT "c#=1" "id=AA:BB:CC:DD:EE:FF" "sf=1"`),
				record(t, "lamp.local. 10 IN A 192.0.2.7"))
		}
		b, err := res.Pack()
		if err != nil {
			return nil
		}
		return [][]byte{[]byte("garbage"), b}
	}))
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func TestDiscover(t *testing.T) {
	for _, c := range []struct {
		says  string
		whole bool
		id    string
		wait  time.Duration
		err   error
	}{
		{"everything at once", true, "aa:bb:cc:dd:ee:ff", 20 * time.Second, nil},
		{"the rest when it is asked for", false, "AA:BB:CC:DD:EE:FF", 20 * time.Second, nil},
		{"another one", true, "11:22:33:44:55:66", 100 * time.Millisecond, ErrNotFound},
	} {
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), c.wait)
		f, err := Discover(ctx, conn, lamp(t, c.whole), c.id)
		cancel()
		conn.Close()
		if !errors.Is(err, c.err) || (err == nil && (f.Address.String() != "192.0.2.7:51826" || f.Name != "Lamp" || !f.Free)) {
			t.Errorf("%s: %+v, %v", c.says, f, err)
		}
	}
}

func FuzzTLV(f *testing.F) {
	f.Add([]byte{6, 1, 2, 3, 2, 9, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseTLV(b)
		if err != nil {
			return
		}
		var items []item
		for kind, value := range m {
			items = append(items, item{kind, value})
		}
		again, err := parseTLV(encodeTLV(items...))
		if err != nil || len(again) != len(m) {
			t.Fatalf("%v became %v: %v", m, again, err)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("EVENT/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 204 No Content\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 207 Multi-Status\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bufio.NewReader(bytes.NewReader(b))
		for range 100 {
			m, err := readMessage(in)
			if err != nil {
				return
			}
			if len(m.body) > maxBody {
				t.Fatal("a body beyond the bound")
			}
			m.about("read", ID{1, 2})
		}
	})
}

// Whatever an accessory sends in a session, nothing but an error comes of it.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{1, 0, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := newSession(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(b), io.Discard}, make([]byte, chacha20poly1305.KeySize), make([]byte, chacha20poly1305.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.Read(make([]byte, 100)); err == nil {
			t.Fatalf("%d bytes were taken for a frame", n)
		}
	})
}

func FuzzAnnouncement(f *testing.F) {
	f.Fuzz(func(_ *testing.T, b []byte) {
		var r records
		r.parse(b)
		r.find("AA:BB:CC:DD:EE:FF")
	})
}
