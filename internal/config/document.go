package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a configuration file. They are far above any real one; they keep
// a wrong or hostile file from taking the process's memory or stack.
const (
	maxFile  = 4 << 20 // bytes
	maxOpen  = 1000    // brackets open at once
	maxDepth = 64      // nesting that is followed without a struct to end it
	maxNodes = 500_000 // values, each counted again wherever an alias brings it
)

// document is a parsed YAML file, before anybody has asked what it means.
type document struct {
	file    string
	body    ast.Node // nil when the file is empty
	anchors map[string]ast.Node
	visited int  // values seen so far, against maxNodes
	handed  bool // by another process: secrets are given by value
}

// parseDocument parses a file of one YAML document.
func parseDocument(file string, data []byte) (_ *document, errs Errors) {
	d := &document{file: file, anchors: map[string]ast.Node{}}
	start := place{file: file, line: 1, column: 1}
	if len(data) > maxFile {
		return nil, Errors{start.errorf("the file is over %d MiB: not a configuration", maxFile>>20)}
	}
	if line := tooDeep(data); line > 0 {
		return nil, Errors{place{file, line, 1}.errorf("over %d brackets or dashes are open here", maxOpen)}
	}
	// The parser has panicked on odd input before (goccy/go-yaml's issues);
	// a file must not take the process down.
	defer func() {
		if r := recover(); r != nil {
			errs = Errors{start.errorf("cannot be read as YAML: %v", r)}
		}
	}()
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, Errors{d.syntaxError(err)}
	}
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if d.body != nil {
			return nil, Errors{d.at(doc.Body).errorf("a second document: a configuration is one (remove the --- before it)")}
		}
		d.body = doc.Body
	}
	if d.body != nil {
		ast.Walk(&anchorCollector{d, &errs}, d.body)
	}
	return d, errs
}

// syntaxError gives the parser's error its place.
func (d *document) syntaxError(err error) Error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		return d.tokenPlace(y.GetToken()).errorf("not YAML: %s", y.GetMessage())
	}
	return place{file: d.file, line: 1, column: 1}.errorf("not YAML: %s", strings.ReplaceAll(err.Error(), "\n", " "))
}

func (d *document) tokenPlace(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{file: d.file, line: 1, column: 1}
	}
	return place{file: d.file, line: t.Position.Line, column: t.Position.Column}
}

// at is where a value begins. A block mapping begins at its first key; the
// parser's own answer is the first colon.
func (d *document) at(n ast.Node) place {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return d.at(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return d.at(n.Key)
	}
	return d.tokenPlace(n.GetToken())
}

// tooDeep finds the line on which too much is open at once, for a parser that
// works by recursion and takes time with the square of the depth: brackets,
// wherever they stand, and "- - - x". Nesting by indentation needs no guard,
// since a file of the size allowed cannot hold much of it.
func tooDeep(data []byte) (line int) {
	open, line := 0, 1
	for row := range bytes.Lines(data) {
		lead := row[:len(row)-len(bytes.TrimLeft(row, " -?"))]
		worst := bytes.Count(lead, []byte("- ")) + bytes.Count(lead, []byte("? "))
		for _, c := range row {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			worst = max(worst, open)
		}
		if worst > maxOpen {
			return line
		}
		line++
	}
	return 0
}

// anchorCollector fills in document.anchors.
type anchorCollector struct {
	d    *document
	errs *Errors
}

// Visit is called by ast.Walk for every node.
func (a *anchorCollector) Visit(n ast.Node) ast.Visitor {
	anchor, ok := n.(*ast.AnchorNode)
	if !ok || anchor.Name == nil {
		return a
	}
	name := anchor.Name.GetToken().Value
	if _, twice := a.d.anchors[name]; twice {
		*a.errs = append(*a.errs, a.d.at(anchor).errorf("the anchor &%s is there twice", name))
	}
	a.d.anchors[name] = anchor.Value
	return a
}

// resolve looks through anchors, aliases and tags to the value itself. It
// answers an error where an alias points nowhere or the document, with its
// aliases followed, is too large.
func (d *document) resolve(n ast.Node) (ast.Node, error) {
	for range maxDepth {
		if d.visited++; d.visited > maxNodes {
			return nil, fmt.Errorf("with its aliases followed the file has over %d values", maxNodes)
		}
		switch m := n.(type) {
		case *ast.AnchorNode:
			n = m.Value
		case *ast.TagNode:
			n = m.Value
		case *ast.AliasNode:
			name := m.Value.GetToken().Value
			target, ok := d.anchors[name]
			if !ok {
				return nil, fmt.Errorf("the alias *%s has no anchor &%s", name, name)
			}
			n = target
		case nil:
			return nil, errors.New("has no value")
		default:
			return n, nil
		}
	}
	return nil, errors.New("an alias that leads to itself")
}
