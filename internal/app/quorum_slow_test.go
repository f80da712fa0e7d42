//go:build slow

package app

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/testutil/buffer"
)

// TestAServiceThatAsksForTwoVantages runs a core and three vantages as processes
// on hosts of their own. Of two services that are checked at one place, one
// takes any vantage's word, and one asks for two: it is calm while one vantage
// alone sees a fault, be the others well, dead or cut off, and is called failing
// when two see it. That the one is said to fail proves that the other was
// judged, too; a third service, which all pass, that the vantages are well.
func TestAServiceThatAsksForTwoVantages(t *testing.T) {
	t.Parallel()
	w := newWire(t, hostCore, hostTMobile, hostVerizon, hostSprint, hostShop, hostReference)
	w.server(hostShop)
	w.server(hostReference)
	binary, _, dir := built(t)
	var log buffer.Buffer
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log.String())
		}
	})
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data := filepath.Join(dir, "core")
	tokens, secret := "", map[string]string{}
	for _, name := range []string{"tmo", "vzn", "spr"} {
		secret[name] = secretFile(t, "token-of-"+name)
		tokens += fmt.Sprintf("    - {name: %s, token: {file: %q}, roles: [probe]}\n", name, secret[name])
	}
	w.run(hostCore, &log, binary, "serve", "--data", data, "--config", write("core.yaml", `
listen: 10.77.0.1:8080
admin_listen: "off"
services: [{id: any}, {id: two, vantages: {require: 2}}, {id: other}]
intake:
  tokens:
`+tokens+`
checks:
  - {name: any, service: any, url: "http://11.77.0.4/", interval: 1s, timeout: 1s, vantages: [tmo, vzn, spr]}
  - {name: two, service: two, url: "http://11.77.0.4/", interval: 1s, timeout: 1s, vantages: [tmo, vzn, spr]}
  - {name: other, service: other, url: "http://11.77.0.6/", interval: 1s, timeout: 1s, vantages: [tmo, vzn, spr]}
`))
	vantage := func(h byte, name, carrier string) func() {
		return w.run(h, &log, binary, "serve", "--roles", "probe", "--data", filepath.Join(dir, name), "--config", write(name+".yaml", fmt.Sprintf(`
admin_listen: "off"
vantage:
  {name: %s, carrier: %s, references: ["11.77.0.6:80"], core: "http://10.77.0.1:8080", token: {file: %q}}
`, name, carrier, secret[name])))
	}
	w.set(link{loss: 0.05, delay: 30 * time.Millisecond}, hostTMobile, hostCore, hostShop)
	w.set(link{delay: 50 * time.Millisecond}, hostVerizon, hostCore, hostShop)
	vantage(hostTMobile, "tmo", "T-Mobile")
	vantage(hostVerizon, "vzn", "Verizon")
	endSprint := vantage(hostSprint, "spr", "Sprint")
	awaits(t, time.Minute, "all three see that all is well", func() bool {
		return seenBy(t, data, "two", "tmo", 0).Total > 3 && seenBy(t, data, "two", "vzn", 0).Total > 3 && seenBy(t, data, "two", "spr", 0).Total > 3
	})
	calm := func(when string) {
		t.Helper()
		if openAbout(t, w, binary, data, "two") {
			t.Errorf("%s, the service that asks for two vantages is said to fail", when)
		}
	}

	w.set(link{cut: true}, hostTMobile, hostShop)
	awaits(t, 2*time.Minute, "one vantage is enough for one service", func() bool { return openAbout(t, w, binary, data, "any") })
	calm("with one vantage of three that sees a fault")

	endSprint() // one dies, and one is cut off from everything but the core
	w.set(link{cut: true}, hostVerizon, hostShop, hostReference)
	awaits(t, 2*time.Minute, "the one that is cut off cannot tell", func() bool { return seenBy(t, data, "two", "vzn", 0).Unknown > 5 })
	calm("with one vantage that sees a fault, one that is dead and one that is cut off")

	w.set(link{}, hostVerizon, hostReference) // it is online again, and sees the fault
	awaits(t, 2*time.Minute, "two vantages are enough", func() bool { return openAbout(t, w, binary, data, "two") })
}

// openAbout reports whether an incident is open about the service, be it with
// others.
func openAbout(t *testing.T, w *wire, binary, data, service string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", "netns", "exec", w.ns[hostCore], binary,
		"incident", "list", "--json", "--server", "http://10.77.0.1:8080", "--data", data).Output()
	if err != nil {
		t.Fatalf("incident list: %v", err)
	}
	var all struct {
		Incidents []struct {
			Services []string `json:"services"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for _, in := range all.Incidents {
		if slices.Contains(in.Services, service) {
			return true
		}
	}
	return false
}
