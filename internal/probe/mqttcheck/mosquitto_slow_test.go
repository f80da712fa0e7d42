//go:build slow

package mqttcheck

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

const mosquittoConfig = `
allow_anonymous false
sys_interval 1
password_file %[1]s/passwords
acl_file %[1]s/acl
listener %[2]s 127.0.0.1
listener %[3]s 127.0.0.1
certfile %[1]s/cert.pem
keyfile %[1]s/key.pem
`

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestMosquitto(t *testing.T) {
	dir := daemon.Folder(t, true)
	plain, plainPort := daemon.FreePort(t)
	secure, securePort := daemon.FreePort(t)
	authority := probetest.NewAuthority(t)
	ca, _, _ := authority.Files(t, dir, "127.0.0.1")
	write(t, filepath.Join(dir, "passwords"), "")
	for _, user := range []string{"check", "stranger", "deaf"} {
		out, err := exec.Command(daemon.Find(t, "mosquitto_passwd", "apt-get install mosquitto"), "-b", filepath.Join(dir, "passwords"), user, user).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "passwords"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "acl"), "user check\ntopic readwrite outcry/check/#\ntopic read $SYS/broker/clients/#\nuser stranger\ntopic read outcry/check/#\nuser deaf\ntopic write outcry/check/#\n")
	write(t, filepath.Join(dir, "config"), fmt.Sprintf(mosquittoConfig, dir, plainPort, securePort))
	broker := daemon.Start(t, daemon.Spec{
		Program: "mosquitto", Needs: "apt-get install mosquitto", Args: []string{"-c", filepath.Join(dir, "config")},
		Dir: dir, User: true, Ready: daemon.Answers(secure),
	})
	env := probe.Env{Roots: authority.Pool}
	secrets := t.TempDir()
	account := func(url, user, password string) Options {
		path := filepath.Join(secrets, password)
		write(t, path, password)
		o := options(url)
		o.Username, o.Password, o.Plaintext = user, config.Secret{File: path}, true
		return o
	}
	for _, c := range []struct {
		says   string
		opts   Options
		env    probe.Env
		reason probe.Reason
	}{
		{"a message arrives over TLS", account("mqtts://"+secure, "check", "check"), env, ""},
		{"a message arrives without TLS", account("mqtt://"+plain, "check", "check"), env, ""},
		{"a wrong password", account("mqtts://"+secure, "check", "wrong"), env, probe.ReasonSignIn},
		{"no account", options("mqtts://" + secure), env, probe.ReasonSignIn},
		{"an account that may not publish", account("mqtts://"+secure, "stranger", "stranger"), env, probe.ReasonRejected},
		{"an account that may not read: the broker takes the subscription and delivers nothing", account("mqtts://"+secure, "deaf", "deaf"), env, probe.ReasonNotDelivered},
		{"an authority that we do not know", account("mqtts://"+secure, "check", "check"), probe.Env{}, probe.ReasonTLSChain},
		{"TLS where there is none", account("mqtts://"+plain, "check", "check"), env, probe.ReasonTLS},
	} {
		p, err := New(c.opts, c.env)
		probetest.Want(t, c.says, probetest.Within(t, p, err, 5*time.Second), c.reason)
	}
	p, err := New(account("mqtts://"+secure, "check", "check"), env)
	if err != nil {
		t.Fatal(err)
	}
	probetest.Soak(t, p, probetest.Runs(t, 2000), secure)
	alone(t, p)
	probetest.Kill(t, "message", fmt.Sprintf("{url: 'mqtts://%s', username: check, password: {file: %s}, within: 1m, tls: {ca: %s}}", secure, filepath.Join(secrets, "check"), ca), 5)
	probetest.Unconnected(t, secure)
	alone(t, p)
	probetest.Want(t, "after the kills", probetest.Attempt(t, p, err), "")
	stumbles(t, plain, secure, authority, account("", "check", "check"))
	broker.Stop()
	probetest.Want(t, "the broker is stopped", probetest.Attempt(t, p, err), probe.ReasonRefused)
}

// alone sees that the broker knows of no client but the one that asks it, and
// keeps no session of one that is gone.
func alone(t *testing.T, p probe.Prober) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := p.(*prober).connect(ctx, probe.NewTrail(), "observer")
	if err != nil {
		t.Fatal(err)
	}
	defer s.leave()
	if err := s.subscribe(ctx, "$SYS/broker/clients/total"); err != nil {
		t.Fatal(err)
	}
	for {
		r, err := s.next(ctx)
		if err != nil {
			t.Fatalf("the broker does not come to know of one client only: %v", err)
		}
		m, ok := r.Content.(*packets.Publish)
		if !ok {
			continue
		}
		if m.QoS == 1 {
			if err := s.send(&packets.Puback{PacketID: m.PacketID, Properties: &packets.Properties{}}); err != nil {
				t.Fatal(err)
			}
		}
		if string(m.Payload) == "1" {
			return
		}
	}
}
