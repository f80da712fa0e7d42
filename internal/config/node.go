package config

import (
	"errors"
	"reflect"
	"strings"

	"github.com/outcry/outcry"
)

// Node keeps those keys of a check, channel or source that belong to its
// type, with their places, until the package of that type decodes them.
type Node struct {
	doc     *document
	at      place
	path    string
	entries []entry
	words   []string // keys that are known beside these
}

// ParseNode makes a Node of YAML text: for a check that was not in a file.
func ParseNode(name string, data []byte) (Node, error) {
	doc, errs := parseDocument(name, data)
	if len(errs) > 0 {
		return Node{}, errs.orNil()
	}
	n := Node{doc: doc, at: place{file: name, line: 1, column: 1}}
	if doc.body == nil {
		return n, nil
	}
	w := newWalker(doc)
	body, err := doc.resolve(doc.body)
	if err != nil || !isMapping(body) {
		return Node{}, Errors{n.at.errorf("must be keys with values")}
	}
	n.entries = w.entries(body, 0)
	return n, w.errs.orNil()
}

// Keys lists the keys, in the order of the file.
func (n Node) Keys() []string {
	keys := make([]string, len(n.entries))
	for i := range n.entries {
		keys[i] = n.entries[i].key
	}
	return keys
}

// Text is the value of a key as it was written; empty when the key is not
// there or is no single value.
func (n Node) Text(key string) string {
	e := find(n.entries, key)
	if e == nil {
		return ""
	}
	v, err := n.doc.resolve(e.value)
	if err != nil {
		return ""
	}
	text, _ := written(v)
	return text
}

// Decode reads the keys into a struct, strictly, under the rules of this
// package (see the tags of [Check] for an example): unknown keys, wrong types
// and missing ones are all reported, as [Errors]. The struct should hold its
// defaults, or have SetDefaults.
func (n Node) Decode(into any) error {
	doc := n.doc
	if doc == nil {
		doc = &document{}
	}
	w := newWalker(doc)
	w.fields(n.entries, n.at, reflect.ValueOf(into).Elem(), n.path, n.words)
	return w.errs.orNil()
}

// Errorf makes an Error about the value of a key, or about the whole when the
// key is empty or not there. It is for what a type can know is wrong only
// after it has decoded its options. A dotted key, "tls.min", is looked up by
// its first part.
func (n Node) Errorf(key, format string, args ...any) Error {
	at := n.at
	first, _, _ := strings.Cut(key, ".")
	if e := find(n.entries, first); e != nil {
		at = n.doc.at(e.value)
		format = "%s: " + format
		args = append([]any{join(n.path, key)}, args...)
	}
	return at.errorf(format, args...)
}

// place gives an error that a type's package found its place: its own, or by
// the field that it names.
func (n Node) place(err error) Errors {
	if err == nil {
		return nil
	}
	if errs, ok := errors.AsType[Errors](err); ok {
		return errs
	}
	if one, ok := errors.AsType[Error](err); ok {
		return Errors{one}
	}
	if e, ok := errors.AsType[*outcry.Error](err); ok && e.Field != "" {
		return Errors{n.Errorf(e.Field, "%s", e.Message)}
	}
	return Errors{n.Errorf("", "%s", err)}
}
