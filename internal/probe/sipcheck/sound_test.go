package sipcheck

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// phone answers calls by one socket and does with the sound, at the other,
// what the function says. It gives its address.
func phone(t *testing.T, sound func(n int, raw []byte, send func([]byte)), after func(invite *sip.Request, send func(sip.Message))) string {
	t.Helper()
	open := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	line, ear := open(), open()
	go func() {
		buf := make([]byte, 4096)
		for n := 0; ; n++ {
			size, from, err := ear.ReadFromUDP(buf)
			if err != nil {
				return
			}
			sound(n, buf[:size], func(b []byte) { ear.WriteToUDP(b, from) })
		}
	}()
	body := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\nc=IN IP4 127.0.0.1\r\n", port(ear).Port())
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := line.ReadFromUDP(buf)
			if err != nil {
				return
			}
			m, err := sip.ParseMessage(buf[:n])
			req, ok := m.(*sip.Request)
			if err != nil || !ok || req.IsAck() {
				continue
			}
			send := func(m sip.Message) { line.WriteToUDP([]byte(m.String()), from) }
			res := sip.NewResponseFromRequest(req, 200, "OK", nil)
			if req.IsInvite() {
				res.SetBody([]byte(body))
			}
			send(res)
			if req.IsInvite() && after != nil {
				to := res.To()
				req.To().Params.Add("tag", to.Params.GetOr("tag", ""))
				after(req, send)
			}
		}
	}()
	return "sip:echo@" + line.LocalAddr().String()
}

func TestSound(t *testing.T) {
	echo := func(_ int, raw []byte, send func([]byte)) { send(raw) }
	music := func(n int, _ []byte, send func([]byte)) {
		p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SSRC: 1, SequenceNumber: uint16(n), Timestamp: uint32(160 * n)}, Payload: make([]byte, 160)}
		if raw, err := p.Marshal(); err == nil {
			send(raw)
		}
	}
	bye := func(invite *sip.Request, send func(sip.Message)) {
		req := sip.NewRequest(sip.BYE, invite.Contact().Address)
		req.AppendHeader(&sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "127.0.0.1", Params: sip.NewParams()})
		from, to := sip.FromHeader(*invite.To()), sip.ToHeader(*invite.From())
		req.AppendHeader(&from)
		req.AppendHeader(&to)
		req.AppendHeader(sip.HeaderClone(invite.CallID()))
		req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.BYE})
		req.SetBody(nil)
		send(req)
	}
	for _, c := range []struct {
		says   string
		sound  func(int, []byte, func([]byte))
		after  func(*sip.Request, func(sip.Message))
		expect string
		reason probe.Reason
	}{
		{"an echo", echo, nil, expectEcho, ""},
		{"music, where an echo is wanted", music, nil, expectEcho, ReasonOneWay},
		{"music, where sound is wanted", music, nil, expectAudio, ""},
		{"every other frame is lost", func(n int, raw []byte, send func([]byte)) {
			if n%2 == 0 {
				send(raw)
			}
		}, nil, expectEcho, probe.ReasonLoss},
		{"garbage in place of RTP", func(_ int, _ []byte, send func([]byte)) { send([]byte("garbage")) }, nil, expectEcho, ReasonNoMedia},
		{"a flood of garbage beside the echo", func(_ int, raw []byte, send func([]byte)) {
			for range 50 {
				send(make([]byte, 2000))
			}
			send(raw)
		}, nil, expectEcho, ""},
		{"they hang up at once", echo, bye, expectEcho, ReasonHungUp},
	} {
		var o Options
		o.SetDefaults()
		o.To, o.Talk, o.Expect = phone(t, c.sound, c.after), 300*time.Millisecond, c.expect
		p, err := New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), c.reason)
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := parseAnswer(body); err == nil && (a.host == "" && len(body) == 0) {
			t.Fatalf("%+v", a)
		}
	})
}

// Whatever the other side says, an agent can answer it or let it be.
func FuzzMessage(f *testing.F) {
	f.Add("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\nCall-ID: x\r\nTo: <sip:a@b>;tag=1\r\nFrom: <sip:a@b>\r\nRecord-Route: <sip:p;lr>,<sip:q;lr>\r\nContact: <sip:a@c>\r\n\r\n")
	f.Add("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nCSeq: 1 BYE\r\nCall-ID: x\r\n\r\n")
	f.Add("SIP/2.0 401 No\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := sip.ParseMessage([]byte(text))
		if err != nil {
			return
		}
		here, there := net.Pipe()
		there.Close()
		a := &agent{conn: here, transport: "udp", name: "x", callID: "x"}
		uri := sip.Uri{Scheme: "sip", User: "a", Host: "b"}
		invite := a.request(sip.INVITE, uri, uri, uri)
		a.take(incoming{msg: m}, invite)
		if res, ok := m.(*sip.Response); ok {
			if verifyAnswer(res) == nil {
				if s := a.within(sip.BYE, invite, res).String(); !strings.HasPrefix(s, "BYE ") {
					t.Fatal(s)
				}
				ackRefusal(invite, res)
			}
			a.authorize(invite, res, "user", "password")
		}
		here.Close()
	})
}
