package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: whatever the bytes, Parse comes back with a configuration whose
// references hold, or with mistakes that have their places within the file.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("../../presets/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(seeds, "../../docs/config.example.yaml", "testdata/mistakes.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(smallest))
	f.Add([]byte("services: [&a {id: x, <<: *a}]"))
	f.Add([]byte("? [a]\n: b\n--- !!x |\n\tz"))
	types := Types{Checks: map[string]Validator{"http": validateOptions, "tcp": validateOptions}}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("x", data, types)
		if err == nil {
			if len(c.Services) == 0 || len(c.Pages) == 0 {
				t.Fatal("accepted without a service or a page")
			}
			return
		}
		errs, ok := errors.AsType[Errors](err)
		if !ok || len(errs) == 0 {
			t.Fatalf("the error is a %T of %d", err, len(errs))
		}
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Message == "" {
				t.Fatalf("a mistake without its place: %#v", e)
			}
		}
	})
}
