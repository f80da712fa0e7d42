package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
)

// Summary is what became of a foreign file.
type Summary struct {
	Services, Checks, Maintenances int
	Lost                           int      // comments on what was not carried over
	Todo                           int      // and on what needs something to be done
	Display                        []string // keys that only say how the other program shows something, sorted
}

// Finish writes the configuration, and holds it against the types of checks: one
// that is refused is taken out, with a comment that says why. Its error, of
// CodeInvalid, says that nothing is left, or what of the rest is wrong.
func (d *Draft) Finish(types config.Types) ([]byte, Summary, error) {
	if len(d.Services) == 0 {
		return nil, Summary{}, outcry.Errorf(outcry.CodeInvalid, "there is nothing in this %s file that could be a service%s", d.From, d.reasons())
	}
	for {
		w := &writer{spots: map[int]spot{}}
		w.draft(d)
		_, err := config.Parse("imported", w.text.Bytes(), types)
		if err == nil {
			return w.text.Bytes(), w.sum, nil
		}
		if !d.refuse(err, w.spots) {
			return nil, Summary{}, outcry.Wrap(outcry.CodeInvalid, err, "the configuration made of this %s file is not sound", d.From)
		}
	}
}

// reasons are the first comments, for a file of which nothing is left.
func (d *Draft) reasons() string {
	var b strings.Builder
	for _, n := range d.Notes[:min(len(d.Notes), 5)] {
		fmt.Fprintf(&b, "; %s: %s", plain(n.What, 120), plain(n.Why, 200))
	}
	return b.String()
}

// spot is a key of an entry.
type spot struct {
	item *Item
	key  string
}

// refuse takes out the checks in whose lines mistakes are, and of other entries
// the key; false when there are none.
func (d *Draft) refuse(err error, spots map[int]spot) bool {
	errs, ok := errors.AsType[config.Errors](err)
	if !ok {
		return false
	}
	found := false
	for _, e := range errs {
		at := spots[e.Line]
		switch item := at.item; {
		case item == nil:
			continue
		case slices.Contains(d.Checks, item) || slices.Contains(d.Maintenance, item):
			d.Drop(item)
			d.Lose(item.Name, "Outcry would refuse it: %s", e.Message)
			found = true
		default:
			before := len(item.Keys)
			item.Keys = slices.DeleteFunc(item.Keys, func(p Pair) bool { return p.Key == at.key && p.Key != "id" })
			item.Lose(at.key, "Outcry would refuse it: %s", e.Message)
			found = found || len(item.Keys) < before
		}
	}
	return found
}

// writer writes a draft, and remembers which line is whose.
type writer struct {
	text  bytes.Buffer
	line  int
	spots map[int]spot
	sum   Summary
}

func (w *writer) put(format string, args ...any) {
	w.line++
	fmt.Fprintf(&w.text, format+"\n", args...)
}

func (w *writer) draft(d *Draft) {
	w.sum.Services, w.sum.Checks, w.sum.Maintenances = len(d.Services), len(d.Checks), len(d.Maintenance)
	w.put("# Made by `outcry import` from a file of %s. Read the comments: each names something", d.From)
	w.put("# that was not carried over, or that is to be done by hand (TO DO).")
	w.notes("", d.Notes)
	if w.sum.Display = slices.Sorted(maps.Keys(d.display)); len(w.sum.Display) > 0 {
		w.put("# left out, because it only says how %s shows something: %s", d.From, strings.Join(w.sum.Display, ", "))
	}
	w.put("")
	if len(d.Page.Keys) > 0 {
		w.section("pages", []*Item{&d.Page})
	}
	w.section("services", d.Services)
	if allow := d.allowed(); len(allow) > 0 {
		w.put("# Hosts that look like those of a private network: nothing else there is dialled. A name")
		w.put("# that leads to a private address must be here, too.")
		w.put("outbound:")
		w.put("  allow: %s", value(allow))
		w.put("")
	}
	w.section("maintenance", d.Maintenance)
	w.section("checks", d.Checks)
}

func (w *writer) section(name string, items []*Item) {
	if len(items) == 0 {
		return
	}
	w.put("%s:", name)
	for _, item := range items {
		w.notes("  ", item.Notes)
		lead := "  - "
		for _, p := range item.Keys {
			w.put("%s%s: %s", lead, key(p.Key), value(p.Value))
			w.spots[w.line] = spot{item, p.Key}
			lead = "    "
		}
	}
	w.put("")
}

func (w *writer) notes(lead string, notes []Note) {
	for _, n := range notes {
		word := "not carried over"
		w.sum.Lost++
		if n.Todo {
			word = "TO DO"
			w.sum.Lost--
			w.sum.Todo++
		}
		w.put("%s# %s: %s: %s", lead, word, plain(n.What, 200), plain(n.Why, 400))
	}
}

var (
	plainText = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9_./-]*|[0-9]{1,9}(?:ms|s|m|h|d))$`)
	plainKey  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
)

// reserved are words that YAML, or an older one, takes for something else.
func reserved(s string) bool {
	return slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, strings.ToLower(s))
}

func key(s string) string {
	if plainKey.MatchString(s) && !reserved(s) {
		return s
	}
	return quote(s)
}

// value writes a value in YAML's flow style.
func value(v any) string {
	switch x := v.(type) {
	case string:
		if plainText.MatchString(x) && !reserved(x) {
			return x
		}
		return quote(x)
	case int:
		return strconv.Itoa(x)
	case bool:
		return strconv.FormatBool(x)
	case []string:
		return list(x, func(s string) string { return value(s) })
	case []Map:
		return list(x, func(m Map) string { return value(m) })
	case Map:
		parts := make([]string, len(x))
		for i, p := range x {
			parts[i] = key(p.Key) + ": " + value(p.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return quote(fmt.Sprint(x))
	}
}

func list[T any](items []T, one func(T) string) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = one(item)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// quote writes text as JSON does, which YAML reads in the same way, with
// whatever has no form escaped.
func quote(s string) string {
	var data bytes.Buffer
	e := json.NewEncoder(&data)
	e.SetEscapeHTML(false)
	if err := e.Encode(strings.ToValidUTF8(s, "�")); err != nil {
		return `""` // text always has a form
	}
	var b strings.Builder
	for _, r := range strings.TrimSuffix(data.String(), "\n") {
		if unicode.IsPrint(r) || r > 0xffff {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
