package httpcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

// path leads to a value within a JSON document: keys and indexes. It is the
// simple half of JSONPath: data.items[0].state, with ["a key"] for keys that
// hold dots or brackets, a negative index counting from the end, and $ for
// the document itself.
type path []step

type step struct {
	key   string
	index int
	isKey bool
}

// maxPath bounds a path, in steps.
const maxPath = 64

// parsePath reads a path. Its error says at which character it stopped.
func parsePath(text string) (path, error) {
	rest := strings.TrimPrefix(strings.TrimPrefix(text, "$"), ".")
	var p path
	for rest != "" {
		s, after, err := cutStep(rest)
		if err != nil {
			return nil, fmt.Errorf("JSON path %q, at character %d: %w", text, len(text)-len(rest)+1, err)
		}
		p = append(p, s)
		if len(p) > maxPath {
			return nil, fmt.Errorf("JSON path of more than %d steps", maxPath)
		}
		rest = after
		if dotted, ok := strings.CutPrefix(rest, "."); ok {
			if dotted == "" {
				return nil, fmt.Errorf("JSON path %q ends with a dot", text)
			}
			rest = dotted
		} else if rest != "" && rest[0] != '[' {
			return nil, fmt.Errorf("JSON path %q: a dot or bracket is missing before %q", text, rest)
		}
	}
	return p, nil
}

// cutStep takes one step off the front of a path.
func cutStep(s string) (step, string, error) {
	if s[0] != '[' {
		end := strings.IndexAny(s, ".[")
		if end < 0 {
			end = len(s)
		}
		if end == 0 {
			return step{}, "", fmt.Errorf("a key is missing")
		}
		return step{key: s[:end], isKey: true}, s[end:], nil
	}
	if strings.HasPrefix(s, `["`) {
		quoted, err := strconv.QuotedPrefix(s[1:])
		if err != nil || !strings.HasPrefix(s[1+len(quoted):], "]") {
			return step{}, "", fmt.Errorf(`a key in brackets looks like ["key"]`)
		}
		key, err := strconv.Unquote(quoted)
		return step{key: key, isKey: true}, s[len(quoted)+2:], err
	}
	inner, after, closed := strings.Cut(s[1:], "]")
	i, err := strconv.Atoi(inner)
	if !closed || err != nil {
		return step{}, "", fmt.Errorf(`an index in brackets looks like [0]`)
	}
	return step{index: i}, after, nil
}

// find follows the path through a decoded document.
func (p path) find(doc any) (any, bool) {
	for _, s := range p {
		var ok bool
		if doc, ok = s.find(doc); !ok {
			return nil, false
		}
	}
	return doc, true
}

func (s step) find(doc any) (any, bool) {
	if s.isKey {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil, false
		}
		v, ok := m[s.key]
		return v, ok
	}
	list, ok := doc.([]any)
	i := s.index
	if i < 0 {
		i += len(list)
	}
	if !ok || i < 0 || i >= len(list) {
		return nil, false
	}
	return list[i], true
}

// jsonWant is an assertion, compiled.
type jsonWant struct {
	text  string // the path, as it was written
	path  path
	op    string
	value string
	re    *regexp.Regexp // for op ~
}

func compileJSON(o JSONOptions) (jsonWant, error) {
	w := jsonWant{text: o.Path, op: o.Op, value: string(o.Value)}
	if w.op == "" {
		w.op = "=="
	}
	var err error
	if w.path, err = parsePath(o.Path); err != nil {
		return w, outcry.FieldErrorf("json", "%s", err)
	}
	if !slices.Contains([]string{"==", "!=", "<", "<=", ">", ">=", "~", "exists", "absent"}, w.op) {
		return w, outcry.FieldErrorf("json", "op %q is none of ==, !=, <, <=, >, >=, ~, exists, absent", w.op)
	}
	if w.op == "~" {
		if w.re, err = regexp.Compile(w.value); err != nil {
			return w, outcry.FieldErrorf("json", "value: %s", err)
		}
	}
	if _, number := parseNumber(w.value); strings.ContainsAny(w.op, "<>") && !number {
		return w, outcry.FieldErrorf("json", "value %q is no number, which op %s needs", w.value, w.op)
	}
	return w, nil
}

// decodeJSON reads one document, and nothing after it.
func decodeJSON(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the body is no JSON document: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("the body goes on after its JSON document")
	}
	return doc, nil
}

// check tells what is wrong; "" when nothing is.
func (w *jsonWant) check(doc any) string {
	v, there := w.path.find(doc)
	switch {
	case w.op == "absent" && there:
		return fmt.Sprintf("JSON %s is there, and should not be", w.text)
	case w.op == "absent", w.op == "exists" && there:
		return ""
	case !there:
		return fmt.Sprintf("JSON %s is not there", w.text)
	}
	if got := scalarText(v); !w.holds(got) {
		return fmt.Sprintf("JSON %s is %.80q, wanted %s %q", w.text, got, w.op, w.value)
	}
	return ""
}

func (w *jsonWant) holds(got string) bool {
	a, isNumber := parseNumber(got)
	b, wantNumber := parseNumber(w.value)
	switch w.op {
	case "~":
		return w.re.MatchString(got)
	case "==":
		return got == w.value || isNumber && wantNumber && a == b
	case "!=":
		return got != w.value && (!isNumber || !wantNumber || a != b)
	}
	if !isNumber {
		return false
	}
	switch w.op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	default:
		return a >= b
	}
}

func parseNumber(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// scalarText is a value as text: strings as they are, all else as compact JSON.
func scalarText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("(cannot be written: %s)", err)
	}
	return string(b)
}
