package config

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	keyAt place
	value ast.Node
}

// find gives the entry of the key; nil when it is not there.
func find(entries []entry, key string) *entry {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.key == key })
	if i < 0 {
		return nil
	}
	return &entries[i]
}

// entries lists a mapping's keys in the order of the file, merge keys (<<)
// followed: what the mapping says itself wins over what it merges.
func (w *walker) entries(n ast.Node, depth int) []entry {
	var own, merged []entry
	for _, kv := range pairs(n) {
		switch key, ok := keyText(kv.Key); {
		case kv.Key.IsMergeKey():
			merged = append(merged, w.merge(kv.Value, depth+1)...)
		case !ok:
			w.fail(w.doc.at(kv.Key), "this key must be a plain word")
		case find(own, key) != nil:
			w.fail(w.doc.at(kv.Key), "the key %q is there twice", key)
		default:
			own = append(own, entry{key, w.doc.at(kv.Key), kv.Value})
		}
	}
	for _, e := range merged {
		if find(own, e.key) == nil {
			own = append(own, e)
		}
	}
	return own
}

// merge lists the entries that one merge key brings: those of a mapping, or
// of several in a list, the first winning.
func (w *walker) merge(n ast.Node, depth int) []entry {
	at := w.doc.at(n)
	n, err := w.doc.resolve(n)
	if err != nil || depth > maxDepth {
		w.fail(at, "cannot be merged: an alias that leads nowhere or to itself")
		return nil
	}
	if seq, ok := n.(*ast.SequenceNode); ok {
		var all []entry
		for _, v := range seq.Values {
			all = append(all, w.merge(v, depth+1)...)
		}
		return all
	}
	if !isMapping(n) {
		w.fail(at, "only keys with values can be merged")
		return nil
	}
	return w.entries(n, depth)
}

// pairs lists the keys and values of a mapping node.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	default:
		return nil
	}
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	default:
		return false
	}
}

// keyText is a key as text: also of a key like 200 or true, which YAML takes
// for something else.
func keyText(k ast.MapKeyNode) (string, bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode, *ast.NullNode:
		return k.GetToken().Value, true
	default:
		return "", false
	}
}
