package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// checkName judges a short text that pages will show: a carrier, a version.
func checkName(field, s string, max int) *outcry.Error {
	if !utf8.ValidString(s) {
		return outcry.FieldErrorf(field, "is not UTF-8")
	}
	if n := utf8.RuneCountInString(s); n > max {
		return outcry.FieldErrorf(field, "has %d characters, at most %d are allowed", n, max)
	}
	if strings.TrimSpace(s) != s {
		return outcry.FieldErrorf(field, "begins or ends with a blank")
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || strings.ContainsRune("<>\"`\\", r) {
			return outcry.FieldErrorf(field, "contains the character %q, which is not allowed", r)
		}
	}
	return nil
}

// checkRegion wants the shape of ISO 3166-1 alpha-2 or 3166-2.
func checkRegion(s string) *outcry.Error {
	wrong := outcry.FieldErrorf("region", "is not like GB or US-TX (ISO 3166)")
	if len(s) != 2 && (len(s) < 4 || len(s) > 6 || s[2] != '-') {
		return wrong
	}
	for i := range len(s) {
		letter := s[i] >= 'A' && s[i] <= 'Z'
		digit := i > 2 && s[i] >= '0' && s[i] <= '9'
		if i != 2 && !letter && !digit {
			return wrong
		}
	}
	return nil
}

// shortened takes the first characters of a text: a comment that is too long is no
// reason to lose its report.
func shortened(s string, max int) string {
	for i := range s {
		if max--; max < 0 {
			return s[:i]
		}
	}
	return s
}

// checkComment allows what people type.
func checkComment(s string) *outcry.Error {
	if s == "" {
		return nil
	}
	if !utf8.ValidString(s) {
		return outcry.FieldErrorf("comment", "is not UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return outcry.FieldErrorf("comment", "contains the control character %q", r)
		}
	}
	return nil
}

// clip makes a stranger's text fit to be quoted back.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return strings.ToValidUTF8(s, "?")
	}
	return strings.ToValidUTF8(s[:most], "?") + "…"
}
