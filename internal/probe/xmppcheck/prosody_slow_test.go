//go:build slow

package xmppcheck_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// breakages are the hosts of the test's prosody: what goes wrong on each, and
// the reason that the check gives.
var breakages = []struct {
	says, how string
	reason    probe.Reason
}{
	{"nothing is wrong", "nothing", ""},
	{"messages are taken, and lost", "drop", probe.ReasonNotDelivered},
	{"receipts are lost", "drop-receipt", probe.ReasonNoReceipt},
	{"another text arrives", "alter", probe.ReasonAltered},
	{"messages take a second", "late", probe.ReasonLate},
	{"receipts take a second", "late-receipt", probe.ReasonLate},
	{"the server refuses the message", "refuse", probe.ReasonNotDelivered},
	{"the receiver goes offline before the message comes", "offline", probe.ReasonReset},
	{"the server ends the receiver's stream", "end", probe.ReasonNotServing},
}

const prosodyConfig = `
pidfile = "%[1]s/prosody.pid"
data_path = "%[1]s/data"
daemonize = false
log = { info = "%[1]s/log" }
plugin_paths = { "%[1]s/modules" }
interfaces = { "127.0.0.1" }
c2s_ports = { %[2]s }
c2s_direct_tls_ports = { %[3]s }
modules_enabled = { "roster", "saslauth", "tls", "disco", "presence", "message", "iq", "c2s", "outcry_break" }
modules_disabled = { "s2s", "s2s_auth_certs", "offline" }
authentication = "internal_hashed"
default_iteration_count = 4096
c2s_require_encryption = true
ssl = { certificate = "%[1]s/cert.pem"; key = "%[1]s/key.pem" }
c2s_direct_tls_ssl = ssl
`

// prosody starts one with a host for each breakage, whose users are alice,
// bob and desk, with their names as passwords.
func prosody(t *testing.T) *peer {
	dir := daemon.Folder(t, true)
	config := prosodyConfig
	names := []string{"localhost"}
	for _, b := range breakages {
		config += fmt.Sprintf("VirtualHost %q\noutcry_break = %q\n", b.how+".test", b.how)
		names = append(names, b.how+".test")
		accounts := filepath.Join(dir, "data", strings.NewReplacer(".", "%2e", "-", "%2d").Replace(b.how+".test"), "accounts")
		must(t, os.MkdirAll(accounts, 0o777))
		for _, user := range []string{"alice", "bob", "desk"} {
			must(t, os.WriteFile(filepath.Join(accounts, user+".dat"), fmt.Appendf(nil, "return { [\"password\"] = %q };", user), 0o644))
		}
	}
	p := newPeer(t, dir, names...)
	p.host, p.runs, p.sessions = "nothing.test", 500, true
	module, err := os.ReadFile("testdata/mod_outcry_break.lua")
	must(t, err)
	must(t, os.Mkdir(filepath.Join(dir, "modules"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "modules", "mod_outcry_break.lua"), module, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "prosody.cfg.lua"), fmt.Appendf(nil, config, dir, p.port, p.directPort), 0o644))
	must(t, filepath.Walk(filepath.Join(dir, "data"), func(path string, _ os.FileInfo, err error) error {
		if err == nil {
			err = os.Chmod(path, 0o777)
		}
		return err
	}))
	p.process = daemon.Start(t, daemon.Spec{
		Program: "prosody", Needs: "apt-get install prosody", Args: []string{"--config", filepath.Join(dir, "prosody.cfg.lua"), "-F"},
		Dir: dir, User: true, Ready: daemon.Answers(p.addr),
	})
	return p
}

func TestProsody(t *testing.T) {
	p := prosody(t)
	suite(t, p)
	stumbles(t, p)
	for _, b := range breakages {
		o := p.options(b.how + ".test")
		o.Within = 20 * time.Second
		timeout := 10 * time.Second
		switch b.reason {
		case probe.ReasonLate:
			o.Within = 500 * time.Millisecond
		case probe.ReasonNotDelivered, probe.ReasonNoReceipt:
			timeout = 2 * time.Second
		}
		prober, err := newMessage(o, p.env)
		got, want := probetest.Within(t, prober, err, timeout), b.reason
		if b.how == "offline" && got.Reason == probe.ReasonNotDelivered {
			want = got.Reason // the server's word to the sender overtook the end of the receiver's stream
		}
		probetest.Want(t, b.says, got, want)
	}
	p.process.Stop()
	prober, err := newMessage(p.options(p.host), p.env)
	probetest.Want(t, "the server is stopped", probetest.Attempt(t, prober, err), probe.ReasonRefused)
}
