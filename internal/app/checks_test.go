package app

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// A check has a name of its own at its vantage, by which the same devices and
// sessions are found again; one that is made by hand has none, since it may run
// beside the scheduled one.
func TestChecksHaveNamesOfTheirOwn(t *testing.T) {
	var seen []string
	types := map[string]probe.Type{"tell": func(_ func(any) error, env probe.Env) (probe.Prober, error) {
		seen = append(seen, env.Self)
		return silent{}, nil
	}}
	list := []config.Check{{Name: "chat", Type: "tell"}, {Name: "mail", Type: "tell"}, {Name: "far", Type: "tell", Vantages: []string{"tokyo-1"}}}
	if _, err := makeChecks(list, "chicago-1", types, probe.Env{}); err != nil {
		t.Fatal(err)
	}
	if _, err := makeCheck(&list[0], types, probe.Env{}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"chicago-1/chat", "chicago-1/mail", ""}; !slices.Equal(seen, want) {
		t.Errorf("checks are called %q, wanted %q", seen, want)
	}
}

type silent struct{}

func (silent) Probe(context.Context) probe.Result { return probe.Failed(errors.New("not asked")) }
