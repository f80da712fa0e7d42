package page

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The longest that texts from outside may be on a page, in runes.
const (
	maxName = 120
	maxLine = 300
	maxText = 4000
)

// clean makes text from outside fit to be shown: valid UTF-8 without control,
// direction-changing or invisible characters, at most limit runes long. Line
// breaks become spaces; see paragraphs for texts that keep them.
func clean(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			r = ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d':
			continue // Cf: overrides, isolates, zero-width; the joiner makes emoji whole
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// paragraphs splits a text from outside at its blank lines.
func paragraphs(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if len(s) > 4*maxText {
		s = s[:4*maxText]
	}
	var out []string
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = clean(p, maxText); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Moment is an instant for people and, in ISO, for machines.
type Moment struct {
	ISO   string `json:",omitempty"`
	Words string `json:",omitempty"`
}

// clock writes instants in one place's time, as seen from one day, in one
// language.
type clock struct {
	*tongue
	now notedTime
	loc *time.Location
}

// moment is "16:39 CDT" today, and with its date on any other day.
func (c clock) moment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	l, n := t.In(c.loc), c.now.today(c.loc)
	words := l.Format("15:04 MST")
	if l.Year() != n.Year() || l.YearDay() != n.YearDay() {
		words = c.t("%[1]s, %[2]s", c.dayOf(l, l.Year() != n.Year()), words)
	}
	return Moment{ISO: t.UTC().Format(time.RFC3339), Words: words}
}
