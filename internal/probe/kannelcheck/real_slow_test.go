//go:build slow

package kannelcheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// gateway starts Kannel's own two processes, whose link leads over SMPP to a
// message centre of the npm package smpp, and gives a check of it.
func gateway(t *testing.T) (Options, probetest.MessageCentre) {
	t.Helper()
	centre := probetest.StartMessageCentre(t)
	admin, adminPort := daemon.FreePort(t)
	box, boxPort := daemon.FreePort(t)
	send, sendPort := daemon.FreePort(t)
	dir := daemon.Folder(t, false)
	file := filepath.Join(dir, "kannel.conf")
	text := fmt.Sprintf(`group = core
admin-port = %s
admin-interface = 127.0.0.1
smsbox-port = %s
admin-password = adm1npass
status-password = st4tuspass
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"

group = smsc
smsc = smpp
smsc-id = vzw
host = 127.0.0.1
port = %s
transceiver-mode = true
smsc-username = outcry
smsc-password = secret
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %s
sendsms-interface = 127.0.0.1

group = sendsms-user
username = outcry
password = s3cret99
`, adminPort, boxPort, centre.Port, sendPort)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const needs = "apt-get install kannel"
	daemon.Start(t, daemon.Spec{Program: "bearerbox", Needs: needs, Dir: dir, Args: []string{file}, Ready: daemon.Answers(box)})
	o := options(send)
	o.Route, o.Status, o.StatusPassword = "vzw", "http://"+admin, config.Plain("st4tuspass")
	p, err := New(o, probe.Env{})
	daemon.Start(t, daemon.Spec{
		Program: "smsbox", Needs: needs, Dir: dir, Args: []string{file},
		Ready: func() error {
			if r := probetest.Attempt(t, p, err); r.Reason != "" {
				return fmt.Errorf("%s", r.Summary())
			}
			return nil
		},
	})
	return o, centre
}

func TestAgainstKannel(t *testing.T) {
	o, centre := gateway(t)
	p, err := New(o, probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "a message that is taken for a link that is online", r, "")
	for _, change := range []struct {
		says   string
		change func(*Options)
		reason probe.Reason
	}{
		{"a wrong password", func(o *Options) { o.Password = config.Plain("other") }, probe.ReasonSignIn},
		{"a wrong password of the status page", func(o *Options) { o.StatusPassword = config.Plain("other") }, probe.ReasonSignIn},
		{"a route that is not there", func(o *Options) { o.Route = "tmo" }, ReasonRouteDown},
	} {
		mine := o
		change.change(&mine)
		p, err := New(mine, probe.Env{})
		r := probetest.Attempt(t, p, err)
		probetest.Want(t, change.says, r, change.reason)
		if strings.Contains(r.Detail, "s3cret99") || strings.Contains(r.Detail, "st4tuspass") {
			t.Error("a password is shown:", r.Detail)
		}
	}
	centre.Process.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for range 300 { // until Kannel has noticed
		if r = probetest.Attempt(t, p, err); r.Reason == ReasonRouteDown {
			break
		}
		<-again.C
	}
	probetest.Want(t, "the carrier's message centre has gone", r, ReasonRouteDown)
}

// However many messages are handed over, no run leaves a connection, and
// Kannel keeps its one link.
func TestManyMessages(t *testing.T) {
	const wide = 8
	runs := probetest.Runs(t, 2000)
	o, centre := gateway(t)
	p, err := New(o, probe.Env{})
	if err != nil {
		t.Fatal(err)
	}
	many := probetest.Many{Says: "messages through Kannel", Runs: runs, Wide: wide, Attempt: func(int) probe.Result {
		return probe.Attempt(t.Context(), p, 40*time.Second)
	}}
	many.Test(t)
	centre.Settled(t, 1, runs)
}
