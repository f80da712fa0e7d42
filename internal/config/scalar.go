package config

import (
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// written is a scalar as it stands in the file, whatever YAML takes it for.
func written(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

// scalar decodes text, numbers and truth, each only from its own kind: a
// version 1.10 that became the number 1.1 is a mistake nobody sees.
func (w *walker) scalar(n ast.Node, at place, v reflect.Value, path string) {
	switch {
	case v.Kind() == reflect.String:
		w.string(n, at, v, path)
	case v.Kind() == reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			w.wrong(path, at, "must be true or false, not %s", describe(n))
			return
		}
		v.SetBool(b.Value)
	case v.CanFloat():
		f, ok := number(n)
		if !ok {
			w.wrong(path, at, "must be a number, not %s", describe(n))
			return
		}
		v.SetFloat(f)
	case v.CanInt() || v.CanUint():
		w.integer(n, at, v, path)
	default:
		panic("config: a struct has a field of type " + v.Type().String() + ", which nothing decodes") // a mistake of ours, found by any test
	}
}

func (w *walker) string(n ast.Node, at place, v reflect.Value, path string) {
	var s string
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		w.wrong(path, at, "must be text, not %s: put it in quotes", describe(n))
		return
	default:
		w.wrong(path, at, "must be text, not %s", describe(n))
		return
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
		w.wrong(path, at, "has a control character (%q)", s[i])
		return
	}
	v.SetString(s)
}

func (w *walker) integer(n ast.Node, at place, v reflect.Value, path string) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		w.wrong(path, at, "must be a whole number, not %s", describe(n))
		return
	}
	if !setInteger(v, i.Value) {
		w.wrong(path, at, "the number %s is out of range", i.Token.Value)
	}
}

// setInteger stores a number as the parser gives it (uint64 unless negative)
// if the field can hold it.
func setInteger(v reflect.Value, number any) bool {
	u, positive := number.(uint64)
	i, signed := number.(int64)
	if positive && u <= math.MaxInt64 {
		i, signed = int64(u), true
	}
	switch {
	case v.CanInt() && signed && !v.OverflowInt(i):
		v.SetInt(i)
	case v.CanUint() && positive && !v.OverflowUint(u):
		v.SetUint(u)
	default:
		return false
	}
	return true
}

func number(n ast.Node) (float64, bool) {
	switch n := n.(type) {
	case *ast.FloatNode:
		return n.Value, true
	case *ast.IntegerNode:
		switch x := n.Value.(type) {
		case int64:
			return float64(x), true
		case uint64:
			return float64(x), true
		}
	}
	return 0, false
}

// secret decodes {file: PATH} or {env: NAME}, or where it is allowed a plain
// value. What somebody wrote in the place of a secret is not repeated.
func (w *walker) secret(n ast.Node, v reflect.Value, path string, plain bool) {
	at := w.doc.at(n)
	s := Secret{at: at}
	defer func() { v.Set(reflect.ValueOf(s)) }()
	if text, ok := written(n); ok {
		if !plain {
			w.wrong(path, at, "must not stand in the file: write {file: PATH} or {env: NAME} and keep it there")
			return
		}
		s.plain = text
		return
	}
	if w.doc.handed {
		var given struct {
			Value string `yaml:"value,required"`
		}
		w.structure(n, at, reflect.ValueOf(&given).Elem(), path)
		s.plain = given.Value
		return
	}
	var where struct {
		File string `yaml:"file"`
		Env  string `yaml:"env"`
	}
	before := len(w.errs)
	w.structure(n, at, reflect.ValueOf(&where).Elem(), path)
	s.File, s.Env = where.File, where.Env
	if len(w.errs) == before && (s.File == "") == (s.Env == "") {
		w.wrong(path, at, "needs one of {file: PATH} and {env: NAME}")
	}
}
