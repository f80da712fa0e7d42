package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
)

// TestLogos: each page's logo is read once, at the start, and what is none is said
// with its file and its page.
func TestLogos(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("logo.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 3"/>`)
	for _, c := range []struct{ says, light, err string }{
		{"a drawing", good, ""},
		{"no logo", "", ""},
		{"a file that is not there", filepath.Join(dir, "none.svg"), "no such file"},
		{"a folder", dir, "is a directory"},
		{"a file that is no drawing", file("text.svg", "hello"), "neither PNG nor SVG"},
		{"half a picture", file("half.png", "\x89PNG\r\n\x1a\nhalf"), "no PNG that can be read"},
		{"a file without end", file("large.svg", strings.Repeat(" ", page.MaxLogo+1)), "at most"},
	} {
		got, err := logoOf("main", &config.Logo{Light: c.light, Alt: "Example"})
		if c.err == "" {
			if err != nil || (got.Light != nil) != (c.light != "") || got.Alt != "Example" {
				t.Errorf("%s: %v %+v", c.says, err, got)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "main") || !strings.Contains(err.Error(), c.light) || outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}
