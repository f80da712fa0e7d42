//go:build slow

package sipcheck_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sipcheck"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// sipp starts SIPp as the called side, over u1 (UDP) or t1 (TCP), and gives
// its address.
func sipp(t *testing.T, transport string, args ...string) (string, *daemon.Process) {
	t.Helper()
	free := daemon.FreePort
	if transport == "u1" {
		free = daemon.FreeUDP
	}
	address, port := free(t)
	_, sound := daemon.FreeUDP(t)
	args = append([]string{"-i", "127.0.0.1", "-p", port, "-mi", "127.0.0.1", "-mp", sound, "-t", transport, "-nostdin"}, args...)
	p := daemon.Start(t, daemon.Spec{
		Program: "sipp", Needs: "apt-get install sip-tester", Args: args, Ready: bound(transport, address),
	})
	return address, p
}

// bound is a condition: somebody has the port.
func bound(transport, address string) func() error {
	if transport == "t1" {
		return daemon.Answers(address)
	}
	return func() error {
		c, err := net.ListenPacket("udp4", address)
		if err != nil {
			return nil //nolint:nilerr // taken: that is what is waited for
		}
		c.Close()
		return fmt.Errorf("nobody listens at %s", address)
	}
}

func TestSIPpEchoes(t *testing.T) {
	for transport, uri := range map[string]string{"u1": "", "t1": ";transport=tcp"} {
		address, _ := sipp(t, transport, "-sn", "uas", "-rtp_echo")
		o := options("sip:echo@" + address + uri)
		r := attempt(t, o, probe.Env{}, 20*time.Second)
		probetest.Want(t, "a call with an echo over "+transport, r, "")
		if !strings.Contains(r.Detail, "round trip") || !strings.Contains(r.Detail, "MOS 4.") {
			t.Error(r.Detail)
		}
		o.Talk, o.MaxTrip = 200*time.Millisecond, time.Nanosecond
		probetest.Want(t, "nothing is that quick", attempt(t, o, probe.Env{}, 20*time.Second), sipcheck.ReasonPoorQuality)
		o.Expect, o.MaxTrip = "answer", 0
		probetest.Want(t, "only the answer is wanted", attempt(t, o, probe.Env{}, 20*time.Second), "")
	}
}

func TestSIPpDoesNotEcho(t *testing.T) {
	address, p := sipp(t, "u1", "-sn", "uas")
	probetest.Want(t, "no RTP echo", attempt(t, options("sip:echo@"+address), probe.Env{}, 20*time.Second), sipcheck.ReasonNoMedia)
	p.Stop()
	probetest.Want(t, "SIPp is gone", attempt(t, options("sip:echo@"+address), probe.Env{}, 5*time.Second), probe.ReasonRefused)
}

// scenario is SIPp's XML of a called side that answers an INVITE with
// statuses, the last of which is final when it is over 199.
func scenario(t *testing.T, statuses ...string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="ISO-8859-1" ?><!DOCTYPE scenario SYSTEM "sipp.dtd"><scenario name="x"><recv request="INVITE"/>`)
	last := ""
	for _, s := range statuses {
		fmt.Fprintf(&b, "<send><![CDATA[\nSIP/2.0 %s\n[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n]]></send>", s)
		last = s
	}
	if last >= "2" {
		b.WriteString(`<recv request="ACK"/>`)
	} else {
		b.WriteString(`<recv request="CANCEL"/>`)
	}
	b.WriteString(`</scenario>`)
	path := filepath.Join(t.TempDir(), "scenario.xml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSIPpRefuses(t *testing.T) {
	for _, c := range []struct {
		statuses []string
		reason   probe.Reason
		timeout  time.Duration
	}{
		{[]string{"486 Busy Here"}, sipcheck.ReasonBusy, 20 * time.Second},
		{[]string{"100 Trying", "503 Service Unavailable"}, sipcheck.ReasonServerError, 20 * time.Second},
		{[]string{"100 Trying"}, sipcheck.ReasonStalled, time.Second},
		{[]string{"180 Ringing"}, sipcheck.ReasonNoAnswer, time.Second},
	} {
		address, _ := sipp(t, "u1", "-sf", scenario(t, c.statuses...))
		r := attempt(t, options("sip:echo@"+address), probe.Env{}, c.timeout)
		probetest.Want(t, strings.Join(c.statuses, ", "), r, c.reason)
	}
}

// proxy is a Kamailio as registrar and proxy with digest in front of a SIPp.
type proxy struct {
	udp, tls string // HOST:PORT
	dir      string // of its control socket
	roots    *x509.CertPool
	process  *daemon.Process
}

const password = "s3cret-of-the-test"

func kamailio(t *testing.T, behind string) proxy {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/kamailio/modules/tls.so")
	if err != nil || len(found) == 0 {
		daemon.Missing(t, "Kamailio's TLS module is not installed: apt-get install kamailio-tls-modules")
	}
	dir, ca := daemon.Folder(t, false), probetest.NewAuthority(t)
	ca.Files(t, dir, "127.0.0.1")
	plain, plainPort := daemon.FreePort(t)
	secure, securePort := daemon.FreePort(t)
	text, err := os.ReadFile("testdata/kamailio.cfg")
	if err != nil {
		t.Fatal(err)
	}
	cfg := strings.NewReplacer("@MODULES@", filepath.Dir(found[0]), "@DIR@", dir, "@PLAIN@", plainPort,
		"@SECURE@", securePort, "@BEHIND@", behind, "@PASSWORD@", password, "@RINGS@", "8000", "@BINDS@", "8").Replace(string(text))
	path := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(path, []byte(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	k := proxy{udp: plain, tls: secure, dir: dir, roots: ca.Pool}
	k.process = daemon.Start(t, daemon.Spec{
		Program: "kamailio", Needs: "apt-get install kamailio kamailio-tls-modules", Dir: dir,
		Args:  []string{"-f", path, "-DD", "-E", "-m", "64", "-M", "8", "-Y", dir},
		Ready: func() error { return errors.Join(daemon.Answers(plain)(), daemon.Answers(secure)()) },
	})
	return k
}

func TestKamailio(t *testing.T) {
	// Unlike SIPp's own scenario it gives Record-Route back, as it must.
	answers, err := filepath.Abs("testdata/answer.xml")
	if err != nil {
		t.Fatal(err)
	}
	behind, called := sipp(t, "u1", "-sf", answers, "-rtp_echo")
	k := kamailio(t, behind)
	env := probe.Env{Roots: k.roots}
	account := func(o *sipcheck.Options) {
		o.User, o.Password, o.Register = "alice", config.Plain(password), true
	}
	for _, c := range []struct {
		says string
		to   string
	}{
		{"over UDP", "sip:echo@" + k.udp},
		{"over TCP", "sip:echo@" + k.udp + ";transport=tcp"},
		{"over TLS", "sips:echo@" + k.tls},
	} {
		r := attempt(t, options(c.to, account), env, 20*time.Second)
		probetest.Want(t, "signed in, called through the proxy and heard "+c.says, r, "")
		if got := probetest.Steps(r); !strings.HasSuffix(got, "register invite media bye unregister") {
			t.Errorf("%s: steps %s", c.says, got)
		}
	}
	only := options("", account, func(o *sipcheck.Options) { o.Server = k.udp })
	probetest.Want(t, "sign in only", attempt(t, only, env, 20*time.Second), "")

	wrong := options("sip:echo@"+k.udp, account, func(o *sipcheck.Options) { o.Password = config.Plain("wrong") })
	r := attempt(t, wrong, env, 20*time.Second)
	probetest.Want(t, "a wrong password", r, probe.ReasonSignIn)
	wrong.Register = false
	probetest.Want(t, "a wrong password for the call", attempt(t, wrong, env, 20*time.Second), probe.ReasonSignIn)
	wrong.User = ""
	probetest.Want(t, "no credentials", attempt(t, wrong, env, 20*time.Second), probe.ReasonSignIn)
	untrusted := attempt(t, options("sips:echo@"+k.tls, account), probe.Env{}, 20*time.Second)
	probetest.Want(t, "somebody unknown has signed the certificate", untrusted, probe.ReasonTLSChain)

	called.Stop()
	r = attempt(t, options("sip:echo@"+k.udp, account), env, 2*time.Second)
	probetest.Want(t, "the phone behind the proxy is gone", r, sipcheck.ReasonStalled)
	var b strings.Builder
	if err := r.Format(&b); err != nil || strings.Contains(b.String(), password) {
		t.Error(b.String(), err)
	}
	k.process.Stop()
	probetest.Want(t, "the proxy is gone", attempt(t, options("sip:echo@"+k.udp, account), env, 5*time.Second), probe.ReasonRefused)
}
