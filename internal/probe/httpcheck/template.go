package httpcheck

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/outcry/outcry"
)

// template is a text with places for values: "Bearer ${token}". "$${" is "${".
type template struct {
	parts []string // text, name, text, name, …, text
}

// maxName bounds the name of a value.
const maxName = 64

// parseTemplate reads a text. Its error is of CodeInvalid and names the field.
func parseTemplate(field, text string) (template, error) {
	var t template
	plain := ""
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			t.parts = append(t.parts, plain+text)
			return t, nil
		}
		if strings.HasSuffix(before, "$") {
			plain, text = plain+before[:len(before)-1]+"${", after
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || !isName(name) {
			return t, outcry.FieldErrorf(field, "a value is written ${name}, of letters, digits and _; a plain ${ is written $${")
		}
		t.parts = append(t.parts, plain+before, name)
		plain, text = "", rest
	}
}

func isName(s string) bool {
	return s != "" && len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// names lists the values that it needs.
func (t template) names() []string {
	var names []string
	for i := 1; i < len(t.parts); i += 2 {
		names = append(names, t.parts[i])
	}
	return names
}

// fill puts the values in, each escaped for where it stands.
func (t template) fill(values map[string]string, escape func(string) string) string {
	if len(t.parts) == 1 {
		return t.parts[0]
	}
	var b strings.Builder
	for i, part := range t.parts {
		if i%2 == 1 {
			part = escape(values[part])
		}
		b.WriteString(part)
	}
	return b.String()
}

// How a value is written: as it is; within a URL's path or query; within a
// string of a JSON document.
func asIs(s string) string { return s }

func asURL(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func asJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return "" // a string always can be
	}
	return string(b[1 : len(b)-1])
}

// escapeFor is how values are written in a body of a media type.
func escapeFor(mediaType string) func(string) string {
	kind, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	switch kind = strings.TrimSpace(kind); {
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return asJSON
	case kind == "application/x-www-form-urlencoded":
		return asURL
	}
	return asIs
}

// mask hides values in a text for people: what was taken from an answer may be
// a session's token. Short values are no secrets, and would hide too much.
func mask(text string, values map[string]string) string {
	for name, v := range values {
		if len(v) >= minMasked {
			for _, form := range []string{v, asURL(v), asJSON(v)} {
				text = strings.ReplaceAll(text, form, fmt.Sprintf("[%s]", name))
			}
		}
	}
	return text
}

const minMasked = 6
