//go:build slow

package xmppcheck_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

const ejabberdConfig = `
hosts: [chat.test]
loglevel: warning
certfiles: [%[1]s/both.pem]
auth_password_format: scram
listen:
  - {port: %[2]s, ip: "127.0.0.1", module: ejabberd_c2s, starttls: true, starttls_required: true}
  - {port: %[3]s, ip: "127.0.0.1", module: ejabberd_c2s, tls: true}
modules: {mod_roster: {}, mod_disco: {}}
`

// register makes the users alice, bob and desk, with their names as passwords.
const register = `[ejabberd_auth:try_register(U, <<"chat.test">>, U) || U <- [<<"alice">>, <<"bob">>, <<"desk">>]], file:write_file("ready", "").`

// ejabberd starts one without Erlang's own network.
func ejabberd(t *testing.T) *peer {
	daemon.Find(t, "ejabberdctl", "apt-get install ejabberd")
	dir := daemon.Folder(t, true)
	p := newPeer(t, dir, "chat.test")
	p.host, p.lax = "chat.test", true
	var both []byte
	for _, name := range []string{"key.pem", "cert.pem"} {
		part, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		both = append(both, part...)
	}
	must(t, os.WriteFile(filepath.Join(dir, "both.pem"), both, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "ejabberd.yml"), fmt.Appendf(nil, ejabberdConfig, dir, p.port, p.directPort), 0o644))
	libs, err := filepath.Glob("/usr/lib/*/ejabberd-*/ebin")
	if err != nil || len(libs) == 0 {
		daemon.Missing(t, "ejabberd's modules are not in /usr/lib/*/ejabberd-*: apt-get install ejabberd")
	}
	p.process = daemon.Start(t, daemon.Spec{
		Program: "erl", Needs: "apt-get install ejabberd", Dir: dir, User: true,
		Args: []string{"-noinput", "-mnesia", "dir", fmt.Sprintf("%q", dir+"/db"), "-s", "ejabberd", "-eval", register},
		Env: []string{
			"HOME=" + dir, "EJABBERD_CONFIG_PATH=" + dir + "/ejabberd.yml", "EJABBERD_LOG_PATH=" + dir + "/log",
			"ERL_LIBS=" + filepath.Dir(filepath.Dir(libs[0])), "ERL_CRASH_DUMP_BYTES=0",
		},
		Ready: func() error { _, err := os.Stat(filepath.Join(dir, "ready")); return err },
	})
	return p
}

func TestEjabberd(t *testing.T) {
	p := ejabberd(t)
	suite(t, p)
	stumbles(t, p)
	p.process.Stop()
	prober, err := newMessage(p.options(p.host), p.env)
	probetest.Want(t, "the server is stopped", probetest.Attempt(t, prober, err), probe.ReasonRefused)
}
