package config

import "github.com/goccy/go-yaml/ast"

// free decodes a value of no fixed shape into what encoding/json would make of
// it: text, float64, bool, []any and map[string]any.
func (w *walker) free(n ast.Node, path string) any {
	at := w.doc.at(n)
	if w.depth++; w.depth > maxDepth {
		w.wrong(path, at, "is nested more than %d deep", maxDepth)
		return ""
	}
	defer func() { w.depth-- }()
	n, err := w.doc.resolve(n)
	if err != nil {
		w.wrong(path, at, "%s", err)
		return ""
	}
	switch n := n.(type) {
	case *ast.NullNode:
		if !w.foreign {
			w.wrong(path, at, "cannot hold %s", describe(n))
		}
		return nil
	case *ast.BoolNode:
		return n.Value
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for _, item := range n.Values {
			list = append(list, w.free(item, path))
		}
		return list
	case *ast.MappingNode, *ast.MappingValueNode:
		object := map[string]any{}
		for _, e := range w.entries(n, 0) {
			object[e.key] = w.free(e.value, join(path, e.key))
		}
		return object
	}
	if f, ok := number(n); ok {
		return f
	}
	text, ok := written(n)
	if !ok {
		w.wrong(path, at, "cannot hold %s", describe(n))
	}
	return text
}

// Foreign reads another program's YAML, within the limits of a file of ours,
// into what encoding/json would make of it. Its error is [Errors].
func Foreign(name string, data []byte) (any, error) {
	doc, errs := parseDocument(name, data)
	if doc == nil || doc.body == nil {
		return nil, errs.orNil()
	}
	w := newWalker(doc)
	w.errs, w.foreign = errs, true
	v := w.free(doc.body, "")
	return v, w.errs.orNil()
}
