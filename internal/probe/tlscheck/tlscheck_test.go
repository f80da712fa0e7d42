package tlscheck_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/tlscheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// speak shakes hands and listens.
func speak(cfg *tls.Config) func(net.Conn) {
	return func(c net.Conn) {
		tc := tls.Server(c, cfg)
		if tc.Handshake() == nil {
			probetest.Stall(tc)
		}
	}
}

func TestProbe(t *testing.T) {
	ca, other := probetest.NewAuthority(t), probetest.NewAuthority(t)
	const month = 30 * 24 * time.Hour
	good := ca.Config(t, month, "127.0.0.1")
	h2 := good.Clone()
	h2.NextProtos = []string{"h2", "http/1.1"}
	old := good.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
	old12 := good.Clone()
	old12.MaxVersion = tls.VersionTLS12
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		opts   tlscheck.Options
		reason probe.Reason
	}{
		{"all is well", speak(good), tlscheck.Options{}, ""},
		{"enough days are left", speak(good), tlscheck.Options{TLS: probe.TLSOptions{DaysLeft: 20}}, ""},
		{"too few days are left", speak(good), tlscheck.Options{TLS: probe.TLSOptions{DaysLeft: 40}}, probe.ReasonCertificate},
		{"the certificate has expired", speak(ca.Config(t, -time.Hour, "127.0.0.1")), tlscheck.Options{}, probe.ReasonTLSExpired},
		{"which may be overlooked", speak(ca.Config(t, -time.Hour, "127.0.0.1")), tlscheck.Options{TLS: probe.TLSOptions{SkipVerify: true}}, ""},
		{"it is for another name", speak(ca.Config(t, month, "example.com")), tlscheck.Options{}, probe.ReasonTLSHostname},
		{"which is the one to be asked for", speak(ca.Config(t, month, "example.com")), tlscheck.Options{TLS: probe.TLSOptions{ServerName: "example.com"}}, ""},
		{"somebody unknown has signed it", speak(other.Config(t, month, "127.0.0.1")), tlscheck.Options{}, probe.ReasonTLSChain},
		{"the server is too old", speak(old), tlscheck.Options{}, probe.ReasonTLS},
		{"the server is older than wanted", speak(old12), tlscheck.Options{TLS: probe.TLSOptions{Min: "1.3"}}, probe.ReasonTLS},
		{"a protocol is agreed on", speak(h2), tlscheck.Options{ALPN: []string{"h2"}}, ""},
		{"no protocol is", speak(good), tlscheck.Options{ALPN: []string{"h2"}}, probe.ReasonProtocol},
		{"only others are spoken", speak(h2), tlscheck.Options{ALPN: []string{"xmpp-client"}}, probe.ReasonTLS},
	} {
		c.opts.URL = "tls://" + probetest.Serve(t, c.serve)
		p, err := tlscheck.New(c.opts, probe.Env{Roots: ca.Pool})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestTheClockIsTheOneThatWasGiven(t *testing.T) {
	ca := probetest.NewAuthority(t)
	addr := probetest.Serve(t, speak(ca.Config(t, 48*time.Hour, "127.0.0.1")))
	env := probe.Env{Roots: ca.Pool, Now: func() time.Time { return time.Now().AddDate(0, 0, 3) }}
	p, err := tlscheck.New(tlscheck.Options{URL: "tls://" + addr}, env)
	probetest.Want(t, "in three days", probetest.Attempt(t, p, err), probe.ReasonTLSExpired)
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []tlscheck.Options{
		{}, {URL: "tcp://host:1"}, {URL: "tls://host", TLS: probe.TLSOptions{Min: "1.4"}},
		{URL: "tls://host", TLS: probe.TLSOptions{DaysLeft: -1}}, {URL: "tls://host", TLS: probe.TLSOptions{CA: "/does/not/exist"}},
		{URL: "tls://host", TLS: probe.TLSOptions{Cert: "/does/not/exist"}},
	} {
		if _, err := tlscheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
