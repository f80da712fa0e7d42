//go:build slow

package hapcheck

import (
	"encoding/json"
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

const setupCode = "031-45-154"

// lamp is an accessory of hap-nodejs.
type lamp struct {
	addr, port, folder, mode string
	bulbs                    string
	modules, script          string
	process                  *daemon.Process
}

func startLamp(t *testing.T) *lamp { return startBulbs(t, "1") }

func startBulbs(t *testing.T, bulbs string) *lamp {
	t.Helper()
	l := &lamp{bulbs: bulbs, modules: daemon.NodeModules(t, "hap-nodejs"), folder: t.TempDir()}
	l.addr, l.port = daemon.FreePort(t)
	l.mode = filepath.Join(l.folder, "mode")
	var err error
	if l.script, err = filepath.Abs("testdata/accessory.js"); err != nil {
		t.Fatal(err)
	}
	l.start(t)
	return l
}

func (l *lamp) start(t *testing.T) {
	t.Helper()
	l.process = daemon.Start(t, daemon.Spec{
		Program: "node", Needs: "apt-get install nodejs", Args: []string{l.script, l.port, l.folder, l.mode, l.bulbs},
		Env: []string{"NODE_PATH=" + l.modules}, Ready: daemon.Answers(l.addr),
	})
}

func (l *lamp) set(t *testing.T, mode string) {
	t.Helper()
	if err := os.WriteFile(l.mode, []byte(mode), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prints waits until the accessory has said something: its output may come a
// little later than its answers.
func (l *lamp) prints(t *testing.T, text string) {
	t.Helper()
	end, again := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for !strings.Contains(l.process.Log(), text) {
		select {
		case <-again.C:
		case <-end:
			t.Fatalf("it has not said %q: %s", text, l.process.Log())
		}
	}
}

func (l *lamp) options(set ...func(*Options)) Options {
	var o Options
	o.SetDefaults()
	o.Address, o.SetupCode = l.addr, config.Plain(setupCode)
	for _, s := range set {
		s(&o)
	}
	return o
}

func attemptOn(t *testing.T, o Options, data string, timeout time.Duration) probe.Result {
	t.Helper()
	p, err := New(o, probe.Env{Data: data})
	return probetest.Within(t, p, err, timeout)
}

func TestLamp(t *testing.T) {
	l, data := startLamp(t), t.TempDir()
	enough := 40 * time.Second

	r := attemptOn(t, l.options(func(o *Options) { o.SetupCode = config.Secret{} }), data, enough)
	probetest.Want(t, "without a setup code there is nothing to pair with", r, ReasonUnpaired)
	wrong, err := New(l.options(func(o *Options) { o.SetupCode = config.Plain("111-22-333") }), probe.Env{Data: data})
	probetest.Want(t, "a wrong setup code", probetest.Within(t, wrong, err, enough), ReasonPairingRefused)
	r = probetest.Within(t, wrong, err, enough)
	probetest.Want(t, "it is not tried again", r, ReasonPairingRefused)
	if strings.Contains(probetest.Steps(r), "pair") {
		t.Error("the wrong code was tried twice:", probetest.Steps(r))
	}

	r = attemptOn(t, l.options(), data, enough)
	probetest.Want(t, "paired, switched, heard and switched back", r, "")
	if got := probetest.Steps(r); got != "connect pair connect verify find read connect verify subscribe write confirm event restore" {
		t.Error(got)
	}
	file := filepath.Join(data, "homekit", fileName(l.addr)+".json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the pairing's file: %v, %v", info, err)
	}
	r = attemptOn(t, l.options(func(o *Options) { o.SetupCode = config.Secret{} }), data, enough)
	probetest.Want(t, "the pairing is kept, and the code is not needed any more", r, "")
	brightness := func(o *Options) { o.Characteristic, o.Values = "8", []string{"10", "90"} }
	r = attemptOn(t, l.options(brightness), data, enough)
	probetest.Want(t, "another characteristic, with values", r, "")
	l.prints(t, "SET brightness 10\nSET brightness 40")
	probetest.Want(t, "only read", attemptOn(t, l.options(func(o *Options) { o.Write = false }), data, enough), "")
	probetest.Want(t, "no such characteristic", attemptOn(t, l.options(func(o *Options) { o.Characteristic = "1.999" }), data, enough), ReasonNoSuch)

	for _, c := range []struct {
		mode, says string
		reason     probe.Reason
		timeout    time.Duration
	}{
		{"no-response", "No Response to the read", ReasonNoResponse, enough},
		{"no-response-to-write", "No Response to the write", ReasonNoResponse, enough},
		{"stuck", "it takes the write and does nothing", ReasonUnchanged, enough},
		{"mute", "no event", ReasonNoEvent, 6 * time.Second},
		{"stall-read", "it stalls at the read", probe.ReasonTimeout, 2 * time.Second},
	} {
		l.set(t, c.mode)
		probetest.Want(t, c.says, attemptOn(t, l.options(), data, c.timeout), c.reason)
	}
	l.set(t, "stall-write")
	r = attemptOn(t, l.options(), data, 6*time.Second)
	probetest.Want(t, "it stalls at the write", r, probe.ReasonTimeout)
	if !strings.HasSuffix(probetest.Steps(r), "write connect verify restore") {
		t.Errorf("a write that stalled was not put right over another session: %s", probetest.Steps(r))
	}
	l.set(t, "")

	other := t.TempDir()
	probetest.Want(t, "it is paired with another controller", attemptOn(t, l.options(), other, enough), ReasonPairingRefused)

	l.process.Stop()
	probetest.Want(t, "it is switched off", attemptOn(t, l.options(), data, 5*time.Second), probe.ReasonRefused)
	l.start(t)
	probetest.Want(t, "it is on again", attemptOn(t, l.options(), data, enough), "")

	t.Run("somebody else's accessory at its address", func(t *testing.T) {
		impostor := startLamp(t)
		at := func(o *Options) { o.Address, o.Pairing = impostor.addr, file }
		// The same identifier, another key: what an attacker could claim.
		probetest.Want(t, "it is not the one", attemptOn(t, l.options(at), data, enough), ReasonImpostor)
	})
}

// A pairing that was cut off after the accessory had taken it is taken back,
// and another made.
func TestAnUnfinishedPairingIsTakenBack(t *testing.T) {
	l, data := startLamp(t), t.TempDir()
	enough := 40 * time.Second
	probetest.Want(t, "paired", attemptOn(t, l.options(), data, enough), "")
	file := filepath.Join(data, "homekit", fileName(l.addr)+".json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]any
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	delete(kept, "accessory_id") // as a kill between M5 and M6 leaves it
	delete(kept, "accessory_key")
	if b, err = json.Marshal(kept); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := attemptOn(t, l.options(), data, enough)
	probetest.Want(t, "taken back and paired anew", r, "")
	if !strings.HasPrefix(probetest.Steps(r), "connect undo connect pair") {
		t.Error(probetest.Steps(r))
	}
	l.prints(t, "UNPAIRED")
	if err := os.WriteFile(file, b, 0o600); err != nil { // and one that the accessory does not know
		t.Fatal(err)
	}
	r = attemptOn(t, l.options(), data, enough)
	probetest.Want(t, "the accessory is paired with the controller that we have forgotten", r, ReasonPairingRefused)
}

// The accessory was reset: it does not know us any more.
func TestARemovedPairing(t *testing.T) {
	l, data := startLamp(t), t.TempDir()
	probetest.Want(t, "paired", attemptOn(t, l.options(), data, 40*time.Second), "")
	l.process.Stop()
	list, err := filepath.Glob(filepath.Join(l.folder, "AccessoryInfo.*"))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	b, err := os.ReadFile(list[0])
	if err != nil {
		t.Fatal(err)
	}
	var info map[string]any
	if err := json.Unmarshal(b, &info); err != nil {
		t.Fatal(err)
	}
	info["pairedClients"], info["pairedClientsPermission"] = map[string]any{}, map[string]any{}
	if b, err = json.Marshal(info); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	l.start(t)
	probetest.Want(t, "its pairings were removed", attemptOn(t, l.options(), data, 40*time.Second), ReasonUnpaired)
}
