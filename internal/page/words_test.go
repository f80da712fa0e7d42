package page

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spoken collects what the code and the templates say: texts, and counted texts
// by their form for many.
func spoken(t *testing.T) (texts, counted []string) {
	t.Helper()
	said := regexp.MustCompile(`\.t\("((?:[^"\\]|\\.)*)"`)
	counts := regexp.MustCompile(`\.n\([^"]*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"`)
	inTemplate := regexp.MustCompile(`\{\{[^}]*?\bt "((?:[^"\\]|\\.)*)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	html, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, html...) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*regexp.Regexp{said, inTemplate} {
			for _, m := range p.FindAllStringSubmatch(string(b), -1) {
				texts = append(texts, m[1])
			}
		}
		for _, m := range counts.FindAllStringSubmatch(string(b), -1) {
			counted = append(counted, m[2])
		}
	}
	texts = append(texts, looked()...)
	slices.Sort(texts)
	slices.Sort(counted)
	return slices.Compact(texts), slices.Compact(counted)
}

// looked are texts that stand in tables and reach the visitor by a variable.
func looked() []string {
	out := []string{
		"Not confined to a region", "Not confined to a carrier", "Began", "Detected", "Published", "Confirmed", "Over", "Withdrawn",
		"Where", "Carriers", "Platforms", "Versions", "Segments", "What fails", "Reported by", "Carrier", "Your region", "Your carrier",
		"Possible", "Investigating", "Cause identified", "Recovering", "Resolved", "Planned", "Under way", "reports a problem", "says that all is well", "says nothing that can be relied on", "tells of planned maintenance", "does not say whether anything is wrong", "Admits it", "Cannot be read", "All well",
		"Withdrawn: it was nothing", "A person said it first", "Found by itself, never confirmed", "Found by itself",
		"There is no such page.", "That did not work.", "That was too often.", "We cannot do that just now.", "Something broke on our side.",
	}
	for _, w := range streamWords {
		out = append(out, w)
	}
	for s := range statusText {
		out = append(out, statusText[s].word)
		p := phrasesOf(Status(s))
		out = append(out, p.all, p.some, p.many, p.one)
	}
	return out
}

// TestEveryLanguageSaysEverything: no text is missing, none is left over, the
// verbs are the same, and every count has the forms that the language has.
func TestEveryLanguageSaysEverything(t *testing.T) {
	tongues, err := newTongues()
	if err != nil {
		t.Fatal(err)
	}
	if len(tongues) < 12 || tongues[0].Code != english {
		t.Errorf("%d languages, the first %s", len(tongues), tongues[0].Code)
	}
	texts, counted := spoken(t)
	if os.Getenv("OUTCRY_PRINT_TEXTS") != "" {
		t.Log("\n" + strings.Join(texts, "\n") + "\n---\n" + strings.Join(counted, "\n"))
	}
	verbs := regexp.MustCompile(`%(\[\d\])?[sd]`)
	sorted := func(s string) string {
		v := verbs.FindAllString(s, -1)
		for i := range v {
			if !strings.Contains(v[i], "[") {
				v[i] = "%[" + string(rune('1'+i)) + "]" + v[i][1:]
			}
		}
		slices.Sort(v)
		return strings.Join(v, "")
	}
	for _, w := range tongues[1:] {
		for _, s := range texts {
			if said, ok := w.say[s]; !ok || said == "" {
				t.Errorf("%s does not say %q", w.Code, s)
			} else if sorted(said) != sorted(s) {
				t.Errorf("%s says %q with other verbs: %q", w.Code, s, said)
			}
		}
		for s := range w.say {
			if !slices.Contains(texts, s) {
				t.Errorf("%s says %q, which nobody asks for", w.Code, s)
			}
		}
		for _, s := range counted {
			for form := range formsOf(w) {
				if w.counts[s][form] == "" {
					t.Errorf("%s does not count %q in the form %s", w.Code, s, form)
				}
			}
			for form, said := range w.counts[s] {
				if sorted(said) != sorted(s) {
					t.Errorf("%s counts %q with other verbs in the form %s: %q", w.Code, s, form, said)
				}
			}
		}
		for s := range w.counts {
			if !slices.Contains(counted, s) {
				t.Errorf("%s counts %q, which nobody asks for", w.Code, s)
			}
		}
	}
}

// formsOf are the plural forms that whole numbers take in a language.
func formsOf(w *tongue) map[string]bool {
	out := make(map[string]bool)
	for n := range uint64(1200) {
		out[w.form(n)] = true
	}
	return out
}

// TestPluralForms: counts that languages treat differently.
func TestPluralForms(t *testing.T) {
	tongues, err := newTongues()
	if err != nil {
		t.Fatal(err)
	}
	by := make(map[string]*tongue)
	for _, w := range tongues {
		by[w.Code] = w
	}
	for _, c := range []struct {
		says, code string
		n          uint64
		form       string
	}{
		{"one is one", "en", 1, "one"}, {"none is many in English", "en", 0, "other"}, {"none is one in French", "fr", 0, "one"},
		{"2 to 4 are few in Polish", "pl", 3, "few"}, {"but 12 to 14 are many", "pl", 13, "many"}, {"22 are few again", "pl", 22, "few"},
		{"Arabic has a dual", "ar", 2, "two"}, {"and a few", "ar", 105, "few"}, {"and many", "ar", 11, "many"}, {"and none", "ar", 0, "zero"},
		{"Japanese has one form", "ja", 1, "other"},
	} {
		if w := by[c.code]; w == nil || w.form(c.n) != c.form {
			t.Errorf("%s: %d in %s is not %s", c.says, c.n, c.code, c.form)
		}
	}
}
