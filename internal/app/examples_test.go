package app

import (
	"io/fs"
	"path"
	"slices"
	"testing"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/presets"
)

// Every type of check that goes beyond the front door has an example, and
// every example is a configuration that can be used.
func TestExamplesOfProbes(t *testing.T) {
	files, err := fs.Glob(presets.Files, "probes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		text, err := presets.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Parse(path.Base(name), text, Types())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i := range cfg.Checks {
			seen[cfg.Checks[i].Kind()] = true
		}
	}
	front := []string{"http", "tcp", "tls", "dns", "icmp", "grpc", "websocket"}
	for kind := range Types().Checks {
		if !seen[kind] && !slices.Contains(front, kind) {
			t.Errorf("no example under presets/probes has a check of type %s", kind)
		}
	}
}
