package house

import (
	"go/ast"
	"testing"
)

// Bounds of what one reader takes in.
const (
	maxFileLines     = 500
	maxFunctionLines = 60
)

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.lines(); !s.test() && n > maxFileLines {
			t.Errorf("%s: %d lines, at most %d: which second job does it do?", s.path, n, maxFileLines)
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := s.set.Position(f.End()).Line - s.line(f.Type) + 1
			if n > maxFunctionLines && !s.excused(f, f.Doc, "long") {
				t.Errorf("%s:%d: %s has %d lines, at most %d: take it apart, or say why not in a comment \"// long: …\"",
					s.path, s.line(f.Type), f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}
