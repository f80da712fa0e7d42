// Package listentest tests readers of vendors' pages: on documents as they are
// sent, broken ones among them, and on what a fuzzer makes of those.
package listentest

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Now is the instant at which all documents are read.
func Now() time.Time { return time.Date(2024, 5, 16, 22, 31, 0, 0, time.UTC) }

// Case is one page.
type Case struct {
	Says   string
	Bodies []string // its documents
	Want   string   // per line of Render; empty: it is nonsense
}

// Page makes a case of one document.
func Page(says, body, want string) Case { return Case{says, []string{body}, want} }

// Run reads every case.
func Run(t *testing.T, f listen.Format, cases []Case) {
	t.Helper()
	for _, c := range cases {
		d, err := f.Read(split(c.Bodies), Now())
		if c.Want == "" {
			if err == nil {
				t.Errorf("%s: was taken for sound: %s", c.Says, Render(&d))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Says, err)
			continue
		}
		if diff := cmp.Diff(strings.TrimSpace(c.Want), Render(&d)); diff != "" {
			t.Errorf("%s: want (-), have (+):\n%s", c.Says, diff)
		}
	}
}

// Render writes a document, a line for each statement: bad, good or unknown,
// the component and the status; the page as a whole comes first.
func Render(d *listen.Document) string {
	var lines []string
	add := func(prefix string, s listen.Statement) {
		name := s.Component
		if s.Group != "" {
			name = s.Group + " / " + name
		}
		lines = append(lines, strings.TrimSpace([...]string{"bad", "good", "unknown"}[s.Outcome]+" "+prefix+name+": "+s.Status))
	}
	s := d.Page
	s.Component = listen.Whole
	add("", s)
	for _, s := range d.Components {
		add("", s)
	}
	for _, s := range d.Titles {
		add("~ ", s)
	}
	return strings.Join(lines, "\n")
}

// Fuzz has a fuzzer alter the cases' documents: a reader answers or refuses,
// and what it answers can be said.
func Fuzz(f *testing.F, format listen.Format, cases []Case) {
	documents := 1
	for _, c := range cases {
		documents = len(c.Bodies)
		f.Add([]byte(strings.Join(c.Bodies, seam)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		bodies := split(strings.SplitN(string(raw), seam, documents))
		for len(bodies) < documents {
			bodies = append(bodies, nil)
		}
		d, err := format.Read(bodies, Now())
		if err != nil {
			return
		}
		for _, s := range append(append([]listen.Statement{d.Page}, d.Components...), d.Titles...) {
			if s.Outcome > outcry.Unknown {
				t.Errorf("an outcome that there is not: %+v", s)
			}
		}
	})
}

const seam = "\x00--\x00"

func split(texts []string) [][]byte {
	var out [][]byte
	for _, s := range texts {
		out = append(out, []byte(s))
	}
	return out
}

// URLs holds a format's addresses against what is wanted, by what the operator
// wrote.
func URLs(t *testing.T, have func(written string) []string, want map[string]string) {
	t.Helper()
	for written := range maps.Keys(want) {
		if got := strings.Join(have(written), " "); got != want[written] {
			t.Errorf("%s leads to %s, want %s", written, got, want[written])
		}
	}
}
