//go:build slow

package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/miekg/dns"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/smpp"
	"github.com/outcry/outcry/internal/testutil/udp"
)

// centre is as much of a message centre as a check needs.
func centre(c net.Conn) {
	for {
		p, err := smpp.Read(c)
		if err != nil {
			return
		}
		resp := smpp.PDU{Command: p.Command | smpp.GenericNack, Sequence: p.Sequence}
		switch p.Command {
		case smpp.DeliverSMResp:
			continue
		case smpp.BindTransceiver:
			resp.Body = []byte("centre\x00")
		case smpp.SubmitSM:
			resp.Body = []byte("7\x00")
		}
		out := resp.Append(nil)
		if p.Command == smpp.SubmitSM {
			body, err := (&smpp.Message{ESMClass: 4, Text: []byte("id:7 stat:DELIVRD err:000")}).Body()
			if err != nil {
				return
			}
			out = (&smpp.PDU{Command: smpp.DeliverSM, Sequence: 1, Body: body}).Append(out)
		}
		if _, err := c.Write(out); err != nil || p.Command == smpp.Unbind {
			return
		}
	}
}

// pong answers as Redis.
func pong(c net.Conn) {
	buf := make([]byte, 512)
	if _, err := c.Read(buf); err == nil {
		io.WriteString(c, "+PONG\r\n") //nolint:errcheck // the client tells
	}
}

// site is all that is spoken over HTTP, by the path.
func site(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/domain/"):
		fmt.Fprintf(w, `{"events":[{"eventAction":"expiration","eventDate":%q}]}`, time.Now().AddDate(1, 0, 0).Format(time.RFC3339))
	case path == "/probe":
		io.WriteString(w, "probe_success 1\n")
	case strings.HasPrefix(path, "/Accounts/"):
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"sid":"SM1","status":"delivered"}`)
	case path == "/status.xml":
		io.WriteString(w, `<gateway><smscs><smsc><id>vzw</id><status>online 12s</status></smsc></smscs></gateway>`)
	case path == "/cgi-bin/sendsms":
		w.WriteHeader(http.StatusAccepted)
	case path == "/socket":
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		if kind, text, err := c.Read(r.Context()); err == nil {
			c.Write(r.Context(), kind, text)
		}
		<-c.CloseRead(r.Context()).Done() // the request's own ends with the server only
	default:
		io.WriteString(w, `{"token":"abcdefgh"}`)
	}
}

// peers are servers of a kind each, in this process.
type peers struct {
	plain, secure                    string // of the site: http://… and https://…
	redis, sms, gone, dns, ntp, grpc string // HOST:PORT
	authority                        *probetest.Authority
}

func startPeers(t *testing.T) peers {
	t.Helper()
	p := peers{
		redis: probetest.Serve(t, pong), sms: probetest.Serve(t, centre), gone: probetest.ClosedPort(t), authority: probetest.NewAuthority(t),
		dns: names(t), ntp: datagrams(t, clockFace),
	}
	plain, secure := httptest.NewServer(http.HandlerFunc(site)), httptest.NewUnstartedServer(http.HandlerFunc(site))
	secure.EnableHTTP2, secure.TLS = true, p.authority.Config(t, time.Hour, "127.0.0.1")
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // who only shakes hands is no news
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	p.plain, p.secure = plain.URL, secure.URL
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	go s.Serve(l) //nolint:errcheck // until it is stopped
	t.Cleanup(s.Stop)
	p.grpc = l.Addr().String()
	return p
}

// names is a server of names, which are all at one address.
func names(t *testing.T) string {
	t.Helper()
	return datagrams(t, func(b []byte) []byte {
		var q dns.Msg
		if q.Unpack(b) != nil || len(q.Question) != 1 {
			return nil
		}
		a := new(dns.Msg).SetReply(&q)
		a.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(192, 0, 2, 1)}}
		out, err := a.Pack()
		if err != nil {
			return nil
		}
		return out
	})
}

// clockFace answers NTP: RFC 5905, figure 8.
func clockFace(q []byte) []byte {
	if len(q) < 48 {
		return nil
	}
	const since1900 = 2208988800
	at := time.Now()
	now := uint64(at.Unix()+since1900)<<32 | uint64(at.Nanosecond())<<32/1e9
	b := make([]byte, 48)
	b[0], b[1], b[2], b[3] = 4<<3|4, 2, 6, 0xec
	copy(b[12:], "\x7f\x00\x00\x01")
	copy(b[24:], q[40:48])
	for _, at := range []int{16, 32, 40} {
		binary.BigEndian.PutUint64(b[at:], now)
	}
	return b
}

// datagrams answers each.
func datagrams(t *testing.T, answer func([]byte) []byte) string {
	t.Helper()
	return udp.Serve(t, func(q []byte) [][]byte {
		if out := answer(q); out != nil {
			return [][]byte{out}
		}
		return nil
	})
}

// pushKey is a key to sign pushes with.
func pushKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// nothingKept is a store of jobs that have never called.
type nothingKept struct{}

func (nothingKept) Setting(context.Context, string) ([]byte, error) {
	return nil, outcry.Errorf(outcry.CodeNotFound, "nothing is kept")
}
func (nothingKept) PutSetting(context.Context, string, []byte) error { return nil }
