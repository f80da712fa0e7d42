//go:build slow

package webrtccheck

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"go.uber.org/goleak"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

const secret = "s3cret-of-the-test"

// relay is a coturn.
type relay struct {
	plain, secure string // HOST:PORT
	control       string // of its operator
	roots         *x509.CertPool
	process       *daemon.Process
}

func coturn(t *testing.T, more ...string) relay {
	t.Helper()
	dir, ca := daemon.Folder(t, false), probetest.NewAuthority(t)
	_, cert, key := ca.Files(t, dir, "127.0.0.1")
	plain, plainPort := daemon.FreePort(t)
	secure, securePort := daemon.FreePort(t)
	control, controlPort := daemon.FreePort(t)
	args := []string{
		"-n", "--cli-ip", "127.0.0.1", "--cli-port", controlPort, "--cli-password", secret, "--simple-log", "--log-file", "stdout", "--pidfile", filepath.Join(dir, "pid"), "--userdb", filepath.Join(dir, "db"),
		"--listening-ip", "127.0.0.1", "--listening-port", plainPort, "--tls-listening-port", securePort, "--relay-ip", "127.0.0.1",
		"--cert", cert, "--pkey", key, "--no-dtls", "--realm", "example.com",
	}
	r := relay{plain: plain, secure: secure, control: control, roots: ca.Pool}
	r.process = daemon.Start(t, daemon.Spec{
		Program: "turnserver", Needs: "apt-get install coturn", Dir: dir, Args: append(args, more...),
		Ready: func() error { return errors.Join(daemon.Answers(plain)(), daemon.Answers(control)()) },
	})
	return r
}

// longTerm is a coturn with an account, whose peers may be on loopback.
func longTerm(more ...string) []string {
	return append([]string{"--lt-cred-mech", "--user", "alice:" + secret, "--allow-loopback-peers"}, more...)
}

func alice(o *Options) { o.User, o.Password = "alice", config.Plain(secret) }

func TestCoturn(t *testing.T) {
	r := coturn(t, longTerm()...)
	env := probe.Env{Roots: r.roots}
	for _, c := range []struct{ says, turn string }{
		{"over UDP", "turn:" + r.plain},
		{"over TCP", "turn:" + r.plain + "?transport=tcp"},
		{"over TLS", "turns:" + r.secure},
	} {
		o := options(func(o *Options) { o.TURN, o.STUN = c.turn, "stun:"+r.plain }, alice)
		result := attempt(t, o, env, 40*time.Second)
		probetest.Want(t, "a call through the relay "+c.says, result, "")
		if got := probetest.Steps(result); !strings.HasPrefix(got, "connect stun connect") || !strings.HasSuffix(got, "allocate free gather call media") {
			t.Error(got)
		}
		last := result.Steps[len(result.Steps)-1]
		if !strings.Contains(last.Detail, "loss 0.0%") || !strings.Contains(last.Detail, "first sound after") {
			t.Error(last.Detail)
		}
	}
	only := options(func(o *Options) { o.TURN, o.Talk = "turn:"+r.plain, 0 }, alice)
	probetest.Want(t, "an allocation only", attempt(t, only, env, 20*time.Second), "")
	slow := options(func(o *Options) { o.TURN, o.MaxFirst = "turn:"+r.plain, time.Nanosecond }, alice)
	probetest.Want(t, "nothing is that quick", attempt(t, slow, env, 20*time.Second), probe.ReasonSlow)
	wrong := options(func(o *Options) { o.TURN = "turn:" + r.plain }, alice, func(o *Options) { o.Password = config.Plain("wrong") })
	probetest.Want(t, "a wrong password", attempt(t, wrong, env, 20*time.Second), probe.ReasonSignIn)
	untrusted := options(func(o *Options) { o.TURN = "turns:" + r.secure }, alice)
	probetest.Want(t, "somebody unknown has signed the certificate", attempt(t, untrusted, probe.Env{}, 20*time.Second), probe.ReasonTLSChain)
	r.process.Stop()
	probetest.Want(t, "the server is gone", attempt(t, only, env, 5*time.Second), probe.ReasonRefused)
}

// hold keeps an allocation until the test ends.
func hold(t *testing.T, r relay) {
	t.Helper()
	conn, err := net.Dial("udp", r.plain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	a := &allocation{d: &dialogue{conn: conn}, user: account{"alice", secret}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := a.allocate(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestCoturnRefuses(t *testing.T) {
	// The peers are on loopback, which coturn does not relay to unless told so.
	r := coturn(t, "--lt-cred-mech", "--user", "alice:"+secret)
	o := options(func(o *Options) { o.TURN = "turn:" + r.plain }, alice)
	probetest.Want(t, "the relay refuses the peer", attempt(t, o, probe.Env{}, 4*time.Second), ReasonNoConnection)

	r = coturn(t, longTerm("--user-quota", "1")...)
	hold(t, r)
	o.TURN = "turn:" + r.plain
	probetest.Want(t, "the account has its one allocation", attempt(t, o, probe.Env{}, 10*time.Second), ReasonQuota)

	_, port := daemon.FreeUDP(t)
	r = coturn(t, longTerm("--min-port", port, "--max-port", port)...)
	hold(t, r)
	o.TURN = "turn:" + r.plain
	probetest.Want(t, "no relay port is left", attempt(t, o, probe.Env{}, 10*time.Second), ReasonNoCapacity)

	r = coturn(t, longTerm("--user-quota", "1")...)
	o.TURN = "turn:" + r.plain
	probetest.Want(t, "room for one, and a call needs two", attempt(t, o, probe.Env{}, 10*time.Second), ReasonNoRelay)
}

// between passes datagrams on to a server and back, but those that the function
// drops. It gives its own address.
func between(t *testing.T, server string, drop func(datagram []byte) bool) string {
	t.Helper()
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	backs, all := map[string]net.Conn{}, sync.WaitGroup{}
	t.Cleanup(func() { front.Close(); all.Wait() })
	back := func(to *net.UDPAddr) net.Conn {
		c, err := net.Dial("udp", server)
		if err != nil {
			t.Error(err)
			return nil
		}
		all.Go(func() {
			buf := make([]byte, maxDatagram)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				front.WriteToUDP(buf[:n], to)
			}
		})
		return c
	}
	all.Go(func() {
		defer func() {
			for _, c := range backs {
				c.Close()
			}
		}()
		buf := make([]byte, maxDatagram)
		for {
			n, from, err := front.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if drop(buf[:n]) {
				continue
			}
			if backs[from.String()] == nil {
				backs[from.String()] = back(from)
			}
			backs[from.String()].Write(buf[:n])
		}
	})
	return front.LocalAddr().String()
}

func TestBadNetworks(t *testing.T) {
	r := coturn(t, longTerm()...)
	o := options(alice)
	before := goleak.IgnoreCurrent()
	t.Run("a relay that stalls", func(t *testing.T) {
		silent := false
		o.TURN = "turn:" + between(t, r.plain, func(b []byte) bool {
			m := &stun.Message{Raw: append([]byte(nil), b...)}
			silent = silent || (m.Decode() == nil && m.Type.Method == stun.MethodCreatePermission)
			return silent
		})
		probetest.Want(t, "it stalls after the allocations", attempt(t, o, probe.Env{}, 5*time.Second), ReasonNoConnection)
	})
	// The library goes on asking for a while; then all of it is gone.
	if !probetest.Comes(func() bool { return goleak.Find(before) == nil }) {
		t.Error(goleak.Find(before))
	}

	n := 0
	o.TURN = "turn:" + between(t, r.plain, func(b []byte) bool {
		if sound := len(b) > 4 && b[0]>>6 == 1 && b[4]>>6 == 2; sound { // SRTP in ChannelData
			n++
			return n%4 == 0
		}
		return false
	})
	probetest.Want(t, "a quarter of the sound is lost", attempt(t, o, probe.Env{}, 20*time.Second), probe.ReasonLoss)

	o.TURN = "turn:" + between(t, r.plain, func(b []byte) bool { return len(b) > 4 && b[0]>>6 == 1 && b[4]>>6 == 2 })
	probetest.Want(t, "all of the sound is lost", attempt(t, o, probe.Env{}, 20*time.Second), ReasonNoMedia)
}

func TestSharedSecret(t *testing.T) {
	r := coturn(t, "--use-auth-secret", "--static-auth-secret", secret, "--allow-loopback-peers")
	o := options(func(o *Options) { o.TURN, o.User, o.Shared = "turn:"+r.plain, "alice", config.Plain(secret) })
	probetest.Want(t, "credentials made of the server's secret", attempt(t, o, probe.Env{}, 20*time.Second), "")
	o.Shared = config.Plain("another")
	probetest.Want(t, "another secret", attempt(t, o, probe.Env{}, 20*time.Second), probe.ReasonSignIn)
}
