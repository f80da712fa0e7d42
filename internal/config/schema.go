package config

import (
	"reflect"
	"slices"
	"strings"
)

// schema is what a struct's tags say about its keys.
type schema struct {
	fields   map[string]schemaField
	keys     []string // in the order of the struct
	required []string
	rest     int // index of the field that keeps all other keys; -1: none
}

type schemaField struct {
	index []int // as reflect.Value.FieldByIndex takes it
	plain bool
}

// schemaOf reads the tags of a struct. It is not cached: a configuration is
// read once.
func schemaOf(t reflect.Type) schema {
	s := schema{fields: map[string]schemaField{}, rest: -1}
	s.add(t, nil)
	return s
}

// add reads the tags of a struct that stands at an index.
func (s *schema) add(t reflect.Type, index []int) {
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("yaml")
		if !ok || tag == "-" {
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		here := append(slices.Clone(index), i)
		switch options {
		case "rest":
			s.rest = i
		case "inline":
			s.add(t.Field(i).Type, here)
		default:
			s.fields[key] = schemaField{index: here, plain: options == "plain"}
			s.keys = append(s.keys, key)
		}
		if options == "required" {
			s.required = append(s.required, key)
		}
	}
}
