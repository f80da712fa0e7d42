package config

import (
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
	switch v.Kind() {
	case reflect.String:
		w.string(n, at, v, path)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			w.fail(at, "%s must be true or false, not %s", path, describe(n))
			return
		}
		v.SetBool(b.Value)
	case reflect.Float64:
		f, ok := number(n)
		if !ok {
			w.fail(at, "%s must be a number, not %s", path, describe(n))
			return
		}
		v.SetFloat(f)
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint16:
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
		w.fail(at, "%s must be text, not %s: put it in quotes", path, describe(n))
		return
	default:
		w.fail(at, "%s must be text, not %s", path, describe(n))
		return
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
		w.fail(at, "%s has a control character (%q)", path, s[i])
		return
	}
	v.SetString(s)
}

func (w *walker) integer(n ast.Node, at place, v reflect.Value, path string) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		w.fail(at, "%s must be a whole number, not %s", path, describe(n))
		return
	}
	var fits bool
	switch x := i.Value.(type) {
	case int64:
		if fits = v.CanInt() && !v.OverflowInt(x); fits {
			v.SetInt(x)
		}
	case uint64: // the parser's type for all that are not negative
		switch {
		case v.CanInt() && x <= 1<<62 && !v.OverflowInt(int64(x)):
			fits = true
			v.SetInt(int64(x))
		case v.CanUint() && !v.OverflowUint(x):
			fits = true
			v.SetUint(x)
		}
	}
	if !fits {
		w.fail(at, "%s: the number %s is out of range", path, i.Token.Value)
	}
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
			w.fail(at, "%s must not stand in the file: write {file: PATH} or {env: NAME} and keep it there", path)
			return
		}
		s.plain = text
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
		w.fail(at, "%s needs one of {file: PATH} and {env: NAME}", path)
	}
}
