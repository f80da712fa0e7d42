package config

import (
	"reflect"
	"slices"
)

// allKeys lists the keys of every struct that a configuration can hold.
func allKeys() []string {
	var keys []string
	var visit func(reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			visit(t.Elem())
		case reflect.Struct:
			s := schemaOf(t)
			for _, key := range s.keys {
				keys = append(keys, key)
				visit(t.FieldByIndex(s.fields[key].index).Type)
			}
		}
	}
	visit(reflect.TypeFor[Config]())
	slices.Sort(keys)
	return slices.Compact(keys)
}
