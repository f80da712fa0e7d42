package config

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxHanded is how deep options may be nested that are handed on.
const maxHanded = 32

// SecretsOf lists the secrets that are set anywhere in decoded options.
func SecretsOf(options any) []Secret {
	var out []Secret
	gather(reflect.ValueOf(options), 0, &out)
	return out
}

func gather(v reflect.Value, depth int, out *[]Secret) {
	if depth > maxHanded || !v.IsValid() {
		return
	}
	if v.Type() == secretType {
		if s, ok := v.Interface().(Secret); ok && s.IsSet() {
			*out = append(*out, s)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		gather(v.Elem(), depth+1, out)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				gather(v.Field(i), depth+1, out)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			gather(v.Index(i), depth+1, out)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			gather(v.MapIndex(k), depth+1, out)
		}
	}
}

// Hand writes the node as text for [ParseHanded] in another process, where the
// files and the environment that hold its secrets are not: each of the secrets
// stands there with its value. What it returns is itself a secret if there are
// any.
func (n Node) Hand(secrets []Secret) (string, error) {
	h := handing{w: newWalker(n.doc), secrets: map[place]string{}}
	if n.doc == nil {
		return "{}", nil
	}
	for _, s := range secrets {
		value, err := s.Value()
		if err != nil {
			return "", err
		}
		h.secrets[s.at] = value
	}
	h.entries(n.entries)
	return h.text.String(), h.w.errs.orNil()
}

// handing writes nodes in YAML's flow style. Text is quoted, all else stands as
// it was written: 1.10 may be meant as a version.
type handing struct {
	w       *walker
	secrets map[place]string
	text    strings.Builder
	depth   int
}

func (h *handing) entries(list []entry) {
	h.text.WriteByte('{')
	for i, e := range list {
		if i > 0 {
			h.text.WriteString(", ")
		}
		h.quote(e.key)
		h.text.WriteString(": ")
		h.node(e.value)
	}
	h.text.WriteByte('}')
}

func (h *handing) node(n ast.Node) {
	h.depth++
	defer func() { h.depth-- }()
	at := h.w.doc.at(n)
	n, err := h.w.doc.resolve(n)
	if err != nil || h.depth > maxHanded {
		h.w.fail(at, "cannot be handed on: it leads nowhere, or is nested more than %d deep", maxHanded)
		return
	}
	if value, secret := h.secrets[h.w.doc.at(n)]; secret {
		h.text.WriteString(`{"value": `)
		h.quote(value)
		h.text.WriteByte('}')
		return
	}
	switch m := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		h.entries(h.w.entries(n, 0))
	case *ast.SequenceNode:
		h.text.WriteByte('[')
		for i, item := range m.Values {
			if i > 0 {
				h.text.WriteString(", ")
			}
			h.node(item)
		}
		h.text.WriteByte(']')
	case *ast.StringNode, *ast.LiteralNode:
		s, _ := written(n)
		h.quote(s)
	default:
		s, ok := written(n)
		if !ok {
			s = "null"
		}
		h.text.WriteString(s)
	}
}

// quote writes text as JSON does, which YAML reads in the same way.
func (h *handing) quote(s string) {
	e := json.NewEncoder(&h.text)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		h.w.fail(h.w.doc.at(h.w.doc.body), "cannot be handed on: %s", err)
	}
}

// ParseHanded reads what [Node.Hand] wrote. A secret in it is {value: TEXT}, and
// nothing else: whoever hands options on must not name files and variables of
// this machine.
func ParseHanded(name, text string) (Node, error) {
	n, err := ParseNode(name, []byte(text))
	if err != nil {
		return Node{}, err
	}
	n.doc.handed = true
	return n, nil
}
