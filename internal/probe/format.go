package probe

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// maxDetail bounds a line's free text, in characters.
const maxDetail = 300

// Format writes the result for people: a line per step with its beginning and
// length, and the outcome. What came from outside loses its control characters.
func (r Result) Format(w io.Writer) error {
	out := bufio.NewWriter(w)
	width := len("outcome")
	for i := range r.Steps {
		width = max(width, utf8.RuneCountInString(r.Steps[i].Name))
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		text := Printable(s.Detail)
		if s.Err != "" {
			text = "FAILED " + Printable(s.Err)
		}
		line := fmt.Sprintf("%-*s  %10s  %10s  %s", width, s.Name, "+"+millis(s.Start), millis(s.Duration), text)
		fmt.Fprintln(out, strings.TrimRight(line, " ")) //nolint:errcheck // Flush tells
	}
	fmt.Fprintf(out, "%-*s  %10s  %10s  %s\n", width, "outcome", "", millis(r.Latency), r.Summary()) //nolint:errcheck // Flush tells
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// Summary is the outcome in one line: "up", "down (status): …", "cannot tell (blocked): …".
func (r Result) Summary() string {
	var s string
	switch r.Outcome {
	case outcry.Good:
		s = "up"
	case outcry.Bad:
		s = "down"
	case outcry.Unknown:
		s = "cannot tell"
	}
	if r.Reason != "" {
		s += " (" + string(r.Reason) + ")"
	}
	if r.Detail != "" {
		s += ": " + Printable(r.Detail)
	}
	return s
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// Printable makes one bounded line of text that came from outside: control and
// other characters that a terminal may act on become spaces or marks.
func Printable(s string) string {
	if len(s) > 4*maxDetail {
		s = s[:4*maxDetail]
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if utf8.RuneCountInString(clean) <= maxDetail {
		return clean
	}
	return string([]rune(clean)[:maxDetail]) + "…"
}

// panicText is what a recovered value says, bounded.
func panicText(v any) string { return Printable(fmt.Sprint(v)) }
