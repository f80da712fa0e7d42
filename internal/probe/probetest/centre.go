package probetest

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outcry/outcry/internal/testutil/daemon"
)

// MessageCentre is a short message centre of the npm package smpp, with the
// account outcry and the password secret. What becomes of a message follows from
// the last two digits of its number: see smsc.js.
type MessageCentre struct {
	Address, Port string
	Process       *daemon.Process
}

// StartMessageCentre starts one. It is for the packages beside smppcheck.
func StartMessageCentre(t testing.TB) MessageCentre {
	t.Helper()
	script, err := filepath.Abs("../smppcheck/testdata/smsc.js")
	if err != nil {
		t.Fatal(err)
	}
	m := MessageCentre{}
	m.Address, m.Port = daemon.FreePort(t)
	m.Process = daemon.Start(t, daemon.Spec{
		Program: "node", Needs: "apt-get install nodejs", Args: []string{script, m.Port},
		Env: []string{"NODE_PATH=" + daemon.NodeModules(t, "smpp")}, Ready: daemon.Answers(m.Address),
	})
	return m
}

// Open asks how many connections it has, and how many messages it has taken.
func (m MessageCentre) Open(t testing.TB) (open, messages int) {
	t.Helper()
	before := strings.Count(m.Process.Log(), "open=")
	m.Process.Signal(t, syscall.SIGUSR2)
	if !Comes(func() bool { return strings.Count(m.Process.Log(), "open=") > before }) {
		t.Fatal("the message centre does not say what is open")
	}
	log := m.Process.Log()
	if _, err := fmt.Sscanf(log[strings.LastIndex(log, "open="):], "open=%d messages=%d", &open, &messages); err != nil {
		t.Fatal(err)
	}
	return open, messages
}

// Settled waits until no more than so many connections are open, and at least so
// many messages have come.
func (m MessageCentre) Settled(t testing.TB, connections, messages int) {
	t.Helper()
	var open, came int
	if !Comes(func() bool { open, came = m.Open(t); return open <= connections && came >= messages }) {
		t.Errorf("the message centre has %d connections open, and was given %d messages of %d", open, came, messages)
	}
}
