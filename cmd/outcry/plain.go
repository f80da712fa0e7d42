package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// text is where a command writes for people: what it prints there may come from
// anybody.
func (s *streams) text() io.Writer { return plain{s.out} }

// plain is a terminal that text from outside cannot command: nothing in it moves
// the cursor, changes colours, sets the title or turns the line around. Each Write
// is of whole characters.
type plain struct{ w io.Writer }

func (p plain) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.w, strings.Map(tame, string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

func tame(r rune) rune {
	switch {
	case r == '\n' || r == '\t', tied(r), unicode.IsGraphic(r):
		return r
	case r == '\r':
		return ' '
	default:
		return unicode.ReplacementChar
	}
}

// tied reports whether a rune is one of the joiners (U+200C, U+200D), without
// which words of some languages, and some emoji, are other ones.
func tied(r rune) bool { return r == 0x200c || r == 0x200d }

// harmless is a stranger's text for one cell of a table.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return tame(r)
	}, s)
}

// printJSON prints for programs. What a terminal might obey is escaped, and so the
// same to them.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		switch {
		case r == '\n' || tied(r) || unicode.IsGraphic(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}
