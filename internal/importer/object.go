package importer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Object is a mapping of a foreign document that remembers which of its keys
// were read. A value of another type than was asked for counts as not read.
type Object struct {
	path     string
	values   map[string]any
	read     map[string]bool
	children []*Object
	terse    bool
}

// NewObject makes an Object of a decoded document; false when it is no mapping.
// A terse one writes out every default: zeros and empty texts say nothing then.
func NewObject(v any, terse bool) (*Object, bool) {
	m, ok := v.(map[string]any)
	return &Object{values: m, read: map[string]bool{}, terse: terse}, ok
}

// Path is where the object stands in its document; empty for the whole.
func (o *Object) Path() string { return o.path }

// Has reports whether a key is there, with whatever value, and reads nothing.
func (o *Object) Has(key string) bool { _, ok := o.values[key]; return ok }

// Keys are those that are there, sorted.
func (o *Object) Keys() []string { return slices.Sorted(maps.Keys(o.values)) }

func (o *Object) at(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// Text is a single value as text; empty when there is none.
func (o *Object) Text(key string) string {
	s, ok := text(o.values[key])
	if ok {
		o.read[key] = true
	}
	return s
}

func text(v any) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "", true
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), true
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), true
	}
	return "", false
}

// Number is a number, also one in quotes; false when there is none.
func (o *Object) Number(key string) (float64, bool) {
	switch x := o.values[key].(type) {
	case float64:
		o.read[key] = true
		return x, true
	case string:
		f, err := strconv.ParseFloat(x, 64)
		if err == nil {
			o.read[key] = true
		}
		return f, err == nil
	case nil:
		o.read[key] = true
	}
	return 0, false
}

// Flag is true or false, or a number that stands for it; def when there is none.
func (o *Object) Flag(key string, def bool) bool {
	switch x := o.values[key].(type) {
	case bool:
		o.read[key] = true
		return x
	case float64:
		o.read[key] = true
		return x != 0
	case nil:
		o.read[key] = true
	}
	return def
}

// Texts is a list of single values, or one of them alone.
func (o *Object) Texts(key string) []string {
	list, ok := o.values[key].([]any)
	if !ok {
		if s := o.Text(key); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, v := range list {
		s, ok := text(v)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	o.read[key] = true
	return out
}

// Object is the mapping under a key; an empty one when there is none.
func (o *Object) Object(key string) *Object {
	child, ok := NewObject(o.values[key], o.terse)
	child.path = o.at(key)
	if ok || o.values[key] == nil {
		o.read[key] = true
		o.children = append(o.children, child)
	}
	return child
}

// Objects is the list of mappings under a key. What in it is no mapping is not
// read.
func (o *Object) Objects(key string) []*Object {
	list, ok := o.values[key].([]any)
	if !ok {
		if o.values[key] == nil {
			o.read[key] = true
		}
		return nil
	}
	o.read[key] = true
	var out []*Object
	for i, v := range list {
		child, ok := NewObject(v, o.terse)
		child.path = fmt.Sprintf("%s[%d]", o.at(key), i)
		if !ok {
			child.values = map[string]any{"an entry that is no mapping": v}
		}
		o.children = append(o.children, child)
		if ok {
			out = append(out, child)
		}
	}
	return out
}

// Ignore reads keys that have no meaning beyond the other program.
func (o *Object) Ignore(keys ...string) {
	for _, k := range keys {
		o.read[k] = true
	}
}

// Display reads keys that only say how the other program shows something, and
// gives those that say anything.
func (o *Object) Display(keys ...string) []string {
	o.Ignore(keys...)
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !o.says(k) })
}

// Lost reads a key of no counterpart, and gives the comment for it if it says
// anything.
func (o *Object) Lost(key, why string) []Note {
	o.read[key] = true
	if o.says(key) {
		return []Note{{What: o.at(key), Why: why}}
	}
	return nil
}

func (o *Object) says(key string) bool {
	v, there := o.values[key]
	if !there || v == nil {
		return false
	}
	switch x := v.(type) {
	case []any:
		return len(x) > 0
	case map[string]any:
		return len(x) > 0
	case string:
		return x != ""
	}
	return !o.terse || v != false && v != 0.0
}

// Rest gives a comment for every key, here and below, that nobody has read.
func (o *Object) Rest() []Note {
	var out []Note
	for _, k := range o.Keys() {
		if !o.read[k] && o.says(k) {
			out = append(out, Note{What: o.at(k), Why: "nothing here corresponds to it, or its value is of an unexpected type"})
		}
	}
	for _, c := range o.children {
		out = append(out, c.Rest()...)
	}
	return out
}

// ParseJSON makes an Object of JSON text; false when it is no object.
func ParseJSON(s string) (*Object, bool) {
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return &Object{}, false
	}
	return NewObject(v, true)
}
