package page

import (
	"fmt"
	"math"
	"strconv"
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

// clock writes instants in one place's time, as seen from one day.
type clock struct {
	now time.Time
	loc *time.Location
}

// moment is "16:39 CDT" today, and with its date on any other day.
func (c clock) moment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	l, n := t.In(c.loc), c.now.In(c.loc)
	layout := "2 January 2006, 15:04 MST"
	switch {
	case l.Year() == n.Year() && l.YearDay() == n.YearDay():
		layout = "15:04 MST"
	case l.Year() == n.Year():
		layout = "2 January, 15:04 MST"
	}
	return Moment{ISO: t.UTC().Format(time.RFC3339), Words: l.Format(layout)}
}

// lasting says a duration in its two largest units.
func lasting(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < 0:
		return "-" + lasting(-d)
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 10*time.Minute && d%time.Minute != 0:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60), " 0 min")
	default:
		return strings.TrimSuffix(fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24), " 0 h")
	}
}

// age says how long ago in whole minutes, so that a page that shows it changes
// once a minute at most.
func age(d time.Duration) string {
	m := int(d.Minutes())
	switch {
	case m < 1:
		return "less than a minute"
	case m == 1:
		return "1 minute"
	case m < 120:
		return strconv.Itoa(m) + " minutes"
	default:
		return strconv.Itoa(m/60) + " hours"
	}
}

// number writes a count with thin groups of three: 15,200.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// about writes an expected count as people would: 0.6, 3, 1,200.
func about(x float64) string {
	switch {
	case math.IsNaN(x) || x < 0:
		return "unknown"
	case x < 0.05:
		return "0"
	case x < 9.95:
		return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	default:
		return number(uint64(math.Round(x)))
	}
}

// plural is "1 report" or "2 reports".
func plural(n uint64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}
