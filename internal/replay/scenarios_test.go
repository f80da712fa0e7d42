package replay

import (
	"testing"

	"github.com/outcry/outcry/scenarios"
)

func TestShippedScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("work of one goroutine, and long under the race detector")
	}
	names := Names(scenarios.Files())
	if len(names) < 15 {
		t.Fatalf("only %d scenarios are shipped", len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			sc := shipped(t, name)
			if sc.Name != name {
				t.Errorf("calls itself %q", sc.Name)
			}
			if sc.Source == "" {
				t.Error("does not say what of it is known")
			}
			n := 0
			for range Draw(sc, 1) {
				n++
			}
			if n == 0 {
				t.Error("draws nothing")
			}
			t.Logf("%d records", n)
		})
	}
}
