package replay

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/outcry/outcry"
)

// document is a YAML file being read; it collects all mistakes with their
// places, where a decoder would stop at the first.
type document struct {
	name     string
	mistakes []mistake
}

type mistake struct {
	line, column int
	err          error
}

// err joins the mistakes in the order of their places; nil when there are none.
func (d *document) err() error {
	slices.SortStableFunc(d.mistakes, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var all []error
	for _, m := range d.mistakes {
		all = append(all, m.err)
	}
	return errors.Join(all...)
}

// open parses the text and gives the root, or nil when it has none.
func (d *document) open(text []byte) ast.Node {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) != 1 {
		d.faultAt(1, 1, "holds %d documents, not one", len(bodies))
		return nil
	}
	return bodies[0]
}

func (d *document) syntax(err error) {
	line, column := 1, 1
	var at yaml.Error
	if errors.As(err, &at) {
		err = errors.New(at.GetMessage())
		if t := at.GetToken(); t != nil && t.Position != nil {
			line, column = t.Position.Line, t.Position.Column
		}
	}
	d.faultAt(line, column, "%v", err)
}

func (d *document) faultAt(line, column int, format string, args ...any) {
	err := outcry.FieldErrorf(fmt.Sprintf("%s:%d:%d", d.name, line, column), format, args...)
	d.mistakes = append(d.mistakes, mistake{line, column, err})
}

func (d *document) fault(n ast.Node, format string, args ...any) {
	line, column := place(n)
	d.faultAt(line, column, format, args...)
}

// place is where a person sees the node begin: a mapping in block style begins
// at its first key.
func place(n ast.Node) (line, column int) {
	switch v := n.(type) {
	case nil: // of something that is missing
		return 1, 1
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return place(v.Values[0])
		}
	case *ast.MappingValueNode:
		return place(v.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 1, 1
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    ast.Node
	value ast.Node
}

// entries gives a mapping's keys in order; a repeated key is a mistake.
func (d *document) entries(n ast.Node, what string) []entry {
	var values []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	case *ast.NullNode, nil:
		return nil
	default:
		d.fault(n, "%s must be a mapping", what)
		return nil
	}
	var out []entry
	for _, v := range values {
		key := v.Key.GetToken().Value
		if slices.ContainsFunc(out, func(e entry) bool { return e.key == key }) {
			d.fault(v.Key, "%q is given twice", key)
			continue
		}
		out = append(out, entry{key, v.Key, v.Value})
	}
	return out
}

// list gives a sequence's elements; an empty one is a mistake.
func (d *document) list(n ast.Node, what string) []ast.Node {
	switch v := n.(type) {
	case *ast.SequenceNode:
		var out []ast.Node
		for _, e := range v.Values {
			if e == nil || e.Type() == ast.NullType {
				d.fault(cmp.Or(e, n), "an entry of %s is empty", what)
				continue
			}
			out = append(out, e)
		}
		return out
	case *ast.NullNode, nil:
		return nil
	}
	d.fault(n, "%s must be a list", what)
	return nil
}

// fields are the values of a mapping whose keys are known.
type fields struct {
	d  *document
	at ast.Node
	by map[string]ast.Node
}

func (d *document) fields(n ast.Node, what string, known ...string) fields {
	f := fields{d, n, make(map[string]ast.Node)}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default: // entries says what is wrong with it; nothing more is then
		f.at = nil
	}
	for _, e := range d.entries(n, what) {
		if !slices.Contains(known, e.key) {
			d.fault(e.at, "%s has no field %q; it has %s", what, e.key, strings.Join(known, ", "))
			continue
		}
		f.by[e.key] = e.value
	}
	return f
}

// need reports the keys that are missing (of a mapping; what is none has been
// reported) and whether none is.
func (f fields) need(keys ...string) bool {
	ok := true
	for _, k := range keys {
		if f.by[k] == nil && f.at != nil {
			f.d.fault(f.at, "%q is missing", k)
			ok = false
		}
	}
	return ok
}

func (f fields) text(key string) string {
	switch v := f.by[key].(type) {
	case nil:
		return ""
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value)
	default:
		f.d.fault(v, "%s must be a text", key)
		return ""
	}
}

// number reads a number between the limits, or gives the default.
func (f fields) number(key string, def, low, high float64) float64 {
	n := f.by[key]
	if n == nil {
		return def
	}
	v, ok := f.d.float(n)
	if !ok || v < low || v > high {
		f.d.fault(n, "%s must be a number from %v to %v", key, low, high)
		return def
	}
	return v
}

// count reads a whole number; 0 when there is none.
func (f fields) count(key string, low, high float64) int {
	v := f.number(key, 0, low, high)
	if v != math.Trunc(v) {
		f.d.fault(f.by[key], "%s must be a whole number", key)
	}
	return int(v)
}

func (d *document) float(n ast.Node) (float64, bool) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		v, err := strconv.ParseFloat(n.GetToken().Value, 64)
		return v, err == nil
	}
	return 0, false
}

// maxSpan bounds every length of time, so that no sum overflows.
const maxSpan = 10 * 366 * 24 * time.Hour

// span reads '28d', '6m', '90s', or a number of seconds.
func (f fields) span(key string) time.Duration {
	n := f.by[key]
	if n == nil {
		return 0
	}
	seconds, ok := f.d.float(n)
	if s, isText := n.(*ast.StringNode); isText {
		seconds, ok = parseSpan(s.Value)
	}
	if !ok || math.IsNaN(seconds) || seconds < 0 || seconds > maxSpan.Seconds() {
		f.d.fault(n, "%s must be a length of time such as 90s, 6m, 2h, 28d or 4w", key)
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

func parseSpan(s string) (seconds float64, ok bool) {
	if s == "" {
		return 0, false
	}
	unit := map[byte]float64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}[s[len(s)-1]]
	v, err := strconv.ParseFloat(s[:len(s)-1], 64)
	return v * unit, err == nil && unit > 0
}

// instant reads an RFC 3339 time.
func (f fields) instant(key string) time.Time {
	n := f.by[key]
	if n == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, n.GetToken().Value)
	if err != nil || t.Year() < 1971 || t.Year() > 2200 {
		f.d.fault(n, "%s must be a time such as 2024-05-16T16:39:00-05:00", key)
		return time.Time{}
	}
	return t
}

// shares reads a mapping of names to parts that are at most one together.
func (f fields) shares(key string) Shares { return f.sharesOf(key, func(entry) {}) }

// sharesOf is shares whose every entry is looked at.
func (f fields) sharesOf(key string, look func(entry)) Shares {
	var out Shares
	sum := 0.0
	for _, e := range f.d.entries(f.by[key], key) {
		look(e)
		v, ok := f.d.float(e.value)
		if !ok || v < 0 || v > 1 {
			f.d.fault(e.value, "the share of %s must be a number from 0 to 1", e.key)
			continue
		}
		sum += v
		out = append(out, Share{e.key, v})
	}
	if sum > 1+1e-9 {
		f.d.fault(f.by[key], "the shares of %s add up to %.3g, more than 1", key, sum)
	}
	return out
}

// names reads a list of texts; each must be one of the known, unless those are
// none.
func (f fields) names(key string, known func(string) bool) []string {
	var out []string
	for _, n := range f.d.list(f.by[key], key) {
		name := n.GetToken().Value
		switch {
		case !isScalar(n):
			f.d.fault(n, "%s must be a list of names", key)
		case !known(name):
			f.d.fault(n, "%s: %q is not declared in this scenario", key, name)
		case slices.Contains(out, name):
			f.d.fault(n, "%s names %q twice", key, name)
		default:
			out = append(out, name)
		}
	}
	return out
}

func isScalar(n ast.Node) bool {
	_, ok := n.(ast.ScalarNode)
	return ok
}
