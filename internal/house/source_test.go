package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the path that our own imports begin with.
const module = "github.com/outcry/outcry"

// source is one Go file of the repository.
type source struct {
	path string // from the repository's root, with slashes
	pkg  string // its folder; "." is the root
	text []byte
	set  *token.FileSet
	file *ast.File
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s *source) line(n ast.Node) int { return s.set.Position(n.Pos()).Line }

func (s *source) lines() int { return bytes.Count(s.text, []byte("\n")) }

// sources parses every Go file, those behind build tags included.
func sources(t *testing.T) []*source {
	t.Helper()
	var all []*source
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		s, err := parse(root, path)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d files: not the repository", len(all))
	}
	return all
}

func parse(root fs.FS, path string) (*source, error) {
	text, err := fs.ReadFile(root, path)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, pkg: filepath.ToSlash(filepath.Dir(path)), text: text, set: token.NewFileSet()}
	s.file, err = parser.ParseFile(s.set, path, text, parser.ParseComments)
	return s, err
}

// commentBefore finds the text of the comment that ends on the line before n,
// or on the line of n.
func (s *source) commentBefore(n ast.Node) string {
	line := s.line(n)
	for _, c := range s.file.Comments {
		if end := s.set.Position(c.End()).Line; end == line-1 || end == line {
			return c.Text()
		}
	}
	return ""
}

// excused reports whether a comment at n, or in its documentation, has a line
// that begins with the word and gives a reason.
func (s *source) excused(n ast.Node, doc *ast.CommentGroup, word string) bool {
	return slices.ContainsFunc(strings.Split(doc.Text()+s.commentBefore(n), "\n"), func(l string) bool {
		reason, ok := strings.CutPrefix(l, word+":")
		return ok && strings.TrimSpace(reason) != ""
	})
}
