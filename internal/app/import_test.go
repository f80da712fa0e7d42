package app

import (
	"os"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/config"
)

// What is imported passes `outcry check`, with the options of every type of
// check, on a machine that has none of the secrets.
func TestImportsAreSound(t *testing.T) {
	for _, c := range []struct {
		from, file, second string
		services, checks   int
	}{
		{"gatus", "gatus/testdata/shop.yaml", "", 14, 13},
		{"uptime-kuma", "uptimekuma/testdata/backup.json", "", 21, 15},
		{"blackbox", "blackbox/testdata/blackbox.yml", "blackbox/testdata/prometheus.yml", 19, 19},
		{"statuspage", "statuspage/testdata/summary.json", "", 3, 0},
	} {
		t.Run(c.from, func(t *testing.T) {
			text, sum, err := Import(c.from, foreign(t, c.file), foreign(t, c.second))
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Parse("imported", text, Types())
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if len(cfg.Services) != c.services || len(cfg.Checks) != c.checks || sum.Services != c.services || sum.Checks != c.checks {
				t.Errorf("%d services and %d checks (%+v), want %d and %d", len(cfg.Services), len(cfg.Checks), sum, c.services, c.checks)
			}
			if strings.Contains(string(text), "hush") || strings.Contains(string(text), "would refuse") {
				t.Errorf("a secret, or a check that was refused, in\n%s", text)
			}
		})
	}
}

func foreign(t *testing.T, name string) ImportFile {
	t.Helper()
	if name == "" {
		return ImportFile{}
	}
	data, err := os.ReadFile("../importer/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return ImportFile{Name: name, Data: data}
}

// A check that its type refuses is taken out, and named.
func TestAnImportedCheckThatIsRefused(t *testing.T) {
	text, sum, err := Import("gatus", ImportFile{Name: "x", Data: []byte(`endpoints: [{name: a, url: "tcp://a.example"}, {name: b, url: "tcp://b.example:1"}]`)}, ImportFile{})
	if err != nil || sum.Checks != 1 || sum.Services != 2 || !strings.Contains(string(text), "# not carried over: a: Outcry would refuse it: ") {
		t.Errorf("%+v, %v:\n%s", sum, err, text)
	}
}
