package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs one command line.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &streams{in: strings.NewReader(""), out: &out, err: &err})
	return code, out.String(), err.String()
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommands(t *testing.T) {
	good := write(t, "services:\n  - {id: shop, name: Shop}\n")
	bad := write(t, "services:\n  - {id: shop, nam: Shop}\n  - {id: shop}\nchecks:\n  - {name: x, service: nope, url: http://127.0.0.1/}\n")
	for _, x := range []struct {
		why  string
		args []string
		code int
		says []string
	}{
		{"the version is told", []string{"version"}, exitDone, []string{"outcry "}},
		{"help names every command", []string{"--help"}, exitDone, []string{"serve", "check", "probe", "replay", "incident"}},
		{"an unknown command is misuse", []string{"frobnicate"}, exitMisuse, []string{"frobnicate"}},
		{"a sound file is said to be so", []string{"check", "--config", good}, exitDone, []string{"ok", "1 services"}},
		{"all mistakes of a file are listed with their places", []string{"check", "--config", bad}, exitFailed,
			[]string{bad + ":2:16:", "name", bad + ":3:", bad + ":5:", "nope"}},
		{"a scenario that is not there is named", []string{"replay", "no-such-event"}, exitFailed, []string{"no-such-event"}},
		{"a server that is not there is named", []string{"incident", "--server", "http://127.0.0.1:1", "list"}, exitFailed, []string{"127.0.0.1:1"}},
	} {
		code, out, err := command(t, x.args...)
		if code != x.code {
			t.Errorf("%s: exit %d, want %d\n%s%s", x.why, code, x.code, out, err)
		}
		for _, s := range x.says {
			if !strings.Contains(out+err, s) {
				t.Errorf("%s: does not say %q:\n%s%s", x.why, s, out, err)
			}
		}
	}
}

func TestProbeExitsByWhatItSaw(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer up.Close()
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer down.Close()
	for target, want := range map[string]int{up.URL: exitDone, down.URL: exitFailed, "http://169.254.169.254/": exitMisuse} {
		if code, out, err := command(t, "probe", target); code != want {
			t.Errorf("%s: exit %d, want %d\n%s%s", target, code, want, out, err)
		}
	}
}

func TestReplayAnswersOneDocument(t *testing.T) {
	code, out, err := command(t, "replay", "../../internal/app/testdata/small.yaml", "--json", "--seed", "2")
	var doc map[string]any
	if code != exitDone || json.Unmarshal([]byte(out), &doc) != nil {
		t.Fatalf("exit %d\n%s%s", code, out, err)
	}
	for _, key := range []string{"scenario", "seed", "wall_s", "reports_sent", "reports_in", "reports_counted", "reports_refused",
		"incidents", "history_incidents", "outages", "false_incidents"} {
		if _, ok := doc[key]; !ok {
			t.Errorf("no %s", key)
		}
	}
}

// TestHarmless: what strangers wrote commands no terminal.
func TestHarmless(t *testing.T) {
	for _, c := range []struct{ says, text, want string }{
		{"words stay", "The card is refused: „49 €“ 👩‍👧", "The card is refused: „49 €“ 👩‍👧"},
		{"an escape does nothing", "\x1b]0;x\x07\x1b[2J\u009b1m", "\ufffd]0;x\ufffd\ufffd[2J\ufffd1m"},
		{"a line stays one", "a\nb\tc\r", "a b c "},
		{"nothing turns around", "a\u202eb\u2066", "a\ufffdb\ufffd"},
	} {
		if got := harmless(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.says, got, c.want)
		}
	}
}
