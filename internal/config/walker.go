package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// walker decodes a document into Go values, and goes on after a mistake so
// that all of them are found.
//
// The Go struct is the schema. A field's tag is `yaml:"KEY[,OPTION]"` with the
// options "required" (the key must be there), "plain" (a Secret that may be
// written as it is), "inline" (a struct whose keys stand here) and "rest" (a
// Node that keeps all keys that no other field has). A type may have SetDefaults, called before its keys are read, and
// UnmarshalText for values written as one word.
type walker struct {
	doc    *document
	errs   Errors
	marks  map[string]place // of every value, by its path: "checks[2].service"
	broken map[string]bool  // paths of values that could not be read
	depth  int              // of free, which follows aliases without a struct to end it

	foreign bool // another program's file, whose keys may have no value
}

// defaulter is what a struct implements whose zero value is not its default.
type defaulter interface{ SetDefaults() }

// The types that are decoded in a way of their own.
var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[Secret]()
)

func newWalker(doc *document) *walker {
	return &walker{doc: doc, marks: map[string]place{}, broken: map[string]bool{}}
}

func (w *walker) fail(at place, format string, args ...any) {
	w.errs = append(w.errs, at.errorf(format, args...))
}

// wrong reports a mistake in the value at a path. What comes after, and
// compares values, does not mention that one again.
func (w *walker) wrong(path string, at place, format string, args ...any) {
	w.broken[path] = true
	w.fail(at, "%s: "+format, append([]any{orFile(path)}, args...)...)
}

// value decodes n into v. The path is that of the value, for people and for
// marks.
func (w *walker) value(n ast.Node, v reflect.Value, path string, plain bool) {
	at := w.doc.at(n)
	w.marks[path] = at
	n, err := w.doc.resolve(n)
	if err != nil {
		w.wrong(path, at, "%s", err)
		return
	}
	if _, null := n.(*ast.NullNode); null {
		w.wrong(path, at, "has no value: give it one, or leave the key out")
		return
	}
	switch {
	case v.Type() == secretType:
		w.secret(n, v, path, plain)
	case v.Type() == durationType:
		w.text(n, at, path, func(s string) error {
			d, err := ParseDuration(s)
			v.SetInt(int64(d))
			return err
		})
	default:
		if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			w.text(n, at, path, func(s string) error { return u.UnmarshalText([]byte(s)) })
			return
		}
		w.kind(n, at, v, path)
	}
}

// kind decodes what has no rules of its own.
func (w *walker) kind(n ast.Node, at place, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		w.structure(n, at, v, path)
	case reflect.Slice:
		w.list(n, at, v, path)
	case reflect.Map:
		w.mapping(n, at, v, path)
	case reflect.Interface:
		v.Set(reflect.ValueOf(w.free(n, path)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		w.value(n, v.Elem(), path, false)
	default:
		w.scalar(n, at, v, path)
	}
}

// text hands a scalar, as it was written, to set.
func (w *walker) text(n ast.Node, at place, path string, set func(string) error) {
	s, ok := written(n)
	if !ok {
		w.wrong(path, at, "must be a single value, not %s", describe(n))
		return
	}
	if err := set(s); err != nil {
		w.wrong(path, at, "%s", err)
	}
}

func (w *walker) list(n ast.Node, at place, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		w.wrong(path, at, "must be a list, as in [a, b], not %s", describe(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		w.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i), false)
	}
	v.Set(out)
}

func (w *walker) mapping(n ast.Node, at place, v reflect.Value, path string) {
	if !isMapping(n) {
		w.wrong(path, at, "must be keys with values, not %s", describe(n))
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, e := range w.entries(n, 0) {
		item := reflect.New(v.Type().Elem()).Elem()
		w.value(e.value, item, join(path, e.key), false)
		out.SetMapIndex(reflect.ValueOf(e.key).Convert(v.Type().Key()), item)
	}
	v.Set(out)
}

func (w *walker) structure(n ast.Node, at place, v reflect.Value, path string) {
	if !isMapping(n) {
		w.wrong(path, at, "must be keys with values, not %s", describe(n))
		return
	}
	w.fields(w.entries(n, 0), at, v, path, nil)
}

// fields decodes the entries of a mapping into the fields of a struct. Words
// are further keys that somebody else knows, for suggestions.
func (w *walker) fields(entries []entry, at place, v reflect.Value, path string, words []string) {
	if d, ok := v.Addr().Interface().(defaulter); ok {
		d.SetDefaults()
	}
	schema := schemaOf(v.Type())
	var rest []entry
	for _, e := range entries {
		f, known := schema.fields[e.key]
		switch {
		case known:
			w.value(e.value, v.FieldByIndex(f.index), join(path, e.key), f.plain)
		case schema.rest >= 0:
			rest = append(rest, e)
		default:
			w.fail(e.keyAt, "unknown key %q%s", e.key, didYouMean(e.key, slices.Concat(words, schema.keys)))
		}
	}
	if schema.rest >= 0 {
		v.Field(schema.rest).Set(reflect.ValueOf(Node{doc: w.doc, at: at, path: path, entries: rest, words: schema.keys}))
	}
	for _, key := range schema.required {
		if find(entries, key) == nil {
			w.fail(at, "%s needs the key %q", orFile(path), key)
		}
	}
}

// join is the path of a key within a value.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func orFile(path string) string {
	if path == "" {
		return "the configuration"
	}
	return path
}

// describe names what a node is, for people who have never heard of nodes.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	default:
		return strings.ToLower(n.Type().String())
	}
}
