// Package importertest holds what the tests of all importers do with a draft:
// [Made] writes it, [Refused] wants none, and [Sound] is what fuzzing asks of
// whatever was read.
package importertest

import (
	"testing"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/importer"
)

// Made is the configuration that is written of a draft.
func Made(t *testing.T, d *importer.Draft, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := d.Finish(config.Types{})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Refused wants that a text of which nothing can be made is refused, be it when
// it is read or when the configuration is written.
func Refused(t *testing.T, why string, d *importer.Draft, err error) {
	t.Helper()
	if err == nil {
		_, _, err = d.Finish(config.Types{})
	}
	if err == nil {
		t.Errorf("%s is taken", why)
	}
}

// Sound wants that what was read of any text can be written, unless nothing was
// in it, and that our own reader finds in that what the summary says.
func Sound(t *testing.T, d *importer.Draft, err error) {
	t.Helper()
	if err != nil {
		return
	}
	out, sum, err := d.Finish(config.Types{})
	if err != nil {
		if len(d.Services) > 0 {
			t.Fatalf("services, and yet: %v", err)
		}
		return
	}
	c, err := config.Parse("x", out)
	if err != nil || len(c.Services) != sum.Services || len(c.Checks) != sum.Checks {
		t.Fatalf("%v, %d services and %d checks of %d and %d in\n%s", err, len(c.Services), len(c.Checks), sum.Services, sum.Checks, out)
	}
}
