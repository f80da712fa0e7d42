package config

import (
	"reflect"
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
	index int
	plain bool
}

// schemaOf reads the tags of a struct. It is not cached: a configuration is
// read once.
func schemaOf(t reflect.Type) schema {
	s := schema{fields: map[string]schemaField{}, rest: -1}
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("yaml")
		if !ok || tag == "-" {
			continue
		}
		key, option, _ := strings.Cut(tag, ",")
		if option == "rest" && t.Field(i).Type == nodeType {
			s.rest = i
			continue
		}
		s.fields[key] = schemaField{index: i, plain: option == "plain"}
		s.keys = append(s.keys, key)
		if option == "required" {
			s.required = append(s.required, key)
		}
	}
	return s
}
