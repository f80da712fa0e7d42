package tcpcheck_test

import (
	"io"
	"net"
	"testing"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/tcpcheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestProbe(t *testing.T) {
	greets := func(c net.Conn) { io.WriteString(c, "220 mail.example ESMTP\r\n"); probetest.Stall(c) } //nolint:errcheck // the client tells
	for _, c := range []struct {
		says   string
		serve  func(net.Conn)
		opts   tcpcheck.Options
		reason probe.Reason
	}{
		{"connecting is enough", probetest.Stall, tcpcheck.Options{}, ""},
		{"a banner that matches", greets, tcpcheck.Options{Expect: "^220 "}, ""},
		{"an answer that matches", probetest.Say("+PONG\r\n"), tcpcheck.Options{Send: "PING\r\n", Expect: `^\+PONG`}, ""},
		{"a banner of another protocol", greets, tcpcheck.Options{Expect: "^SSH-"}, probe.ReasonBody},
		{"a server that hangs up", probetest.Close, tcpcheck.Options{Expect: "x"}, probe.ReasonReset},
	} {
		c.opts.URL = "tcp://" + probetest.Serve(t, c.serve)
		p, err := tcpcheck.New(c.opts, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
	p, err := tcpcheck.New(tcpcheck.Options{URL: "tcp://" + probetest.ClosedPort(t)}, probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []tcpcheck.Options{{}, {URL: "tcp://host"}, {URL: "http://host:1"}, {URL: "tcp://host:1", Expect: "("}} {
		if _, err := tcpcheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
