package house

import (
	"bytes"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// State lives in values that somebody made and handed over, never in packages:
// two of everything can run in one process, as the tests do.
func TestNoGlobalState(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "init" && d.Recv == nil {
					t.Errorf("%s:%d: func init runs unasked: call it from app", s.path, s.line(d))
				}
			case *ast.GenDecl:
				globals(t, s, d)
			}
		}
	}
}

// globals reports the variables of one declaration that could be state.
func globals(t *testing.T, s *source, d *ast.GenDecl) {
	t.Helper()
	if d.Tok != token.VAR {
		return
	}
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec) //nolint:forcetypeassert // what a var declaration has
		if fixed(v, d.Doc) || s.excused(v, v.Doc, "fixed") || s.excused(d, d.Doc, "fixed") {
			continue
		}
		t.Errorf("%s:%d: the package variable %s may be state: hand it over instead, or say why it never changes in a comment \"// fixed: …\"",
			s.path, s.line(v), v.Names[0].Name)
	}
}

// fixed reports whether a package variable is what need not change: an
// assertion, an embedded file, an error, a pattern, a table.
func fixed(v *ast.ValueSpec, doc *ast.CommentGroup) bool {
	if v.Names[0].Name == "_" {
		return true
	}
	if len(v.Values) == 0 { // only a //go:embed may fill in what has no value
		return embedded(v.Doc) || embedded(doc)
	}
	return !slices.ContainsFunc(v.Values, func(e ast.Expr) bool { return !constant(e) })
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// makers are calls whose results do not change.
var makers = regexp.MustCompile(`(^|\.)(Must\w*|Errorf|FieldErrorf|TypeFor|NewReplacer|With\w+)$|^errors\.New$|^big\.New|^time\.Date$|\.Sub$`)

func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.FuncLit:
		return true
	case *ast.UnaryExpr:
		return constant(e.X)
	case *ast.BinaryExpr:
		return constant(e.X) && constant(e.Y)
	case *ast.CompositeLit:
		return len(e.Elts) > 0
	case *ast.CallExpr:
		if bytes, ok := e.Fun.(*ast.ArrayType); ok { // []byte("…")
			return bytes != nil && constant(e.Args[0])
		}
		return makers.MatchString(expr(e.Fun))
	case *ast.SelectorExpr, *ast.Ident:
		return true
	default:
		return false
	}
}

// expr writes a name, or a name within a package, or with type arguments.
func expr(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return expr(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return expr(e.X)
	case *ast.CallExpr:
		return expr(e.Fun)
	default:
		return ""
	}
}

var promise = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

// What is promised in a comment is not there; what waits by the clock is slow
// when it passes and fails when the machine is busy; what hides in a context
// is not in the signature.
func TestNothingOutOfPlace(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg == "internal/house" {
			continue
		}
		for _, c := range s.file.Comments {
			if promise.MatchString(c.Text()) {
				t.Errorf("%s:%d: a promise: do it, or file it", s.path, s.line(c))
			}
		}
		bubbles := bytes.Contains(s.text, []byte(`"testing/synctest"`)) // where sleeping takes no time
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch name := expr(call); {
			case name == "time.Sleep" && s.test() && !bubbles:
				t.Errorf("%s:%d: a test that sleeps: inject the clock, or use testing/synctest", s.path, s.line(n))
			case name == "context.WithValue" && !s.test():
				t.Errorf("%s:%d: a value in a context: pass it as an argument", s.path, s.line(n))
			}
			return true
		})
	}
}
