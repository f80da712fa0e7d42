package page_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// renderer makes one with the options that all tests share.
func renderer(t *testing.T) *page.Renderer {
	t.Helper()
	r, err := page.New(page.Options{Name: "Apple, watched", URL: "https://status.example.org", Location: pagetest.Location(), PushKey: "BKey"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// documents renders a whole world.
func documents(t *testing.T, w page.World) map[string]*page.Document {
	t.Helper()
	r := renderer(t)
	views, err := r.Views(w)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]*page.Document)
	for _, v := range views {
		d, err := r.Render(v, pagetest.Now(pagetest.Outage))
		if err != nil {
			t.Fatal(err)
		}
		out[v.Path] = d
		for _, a := range v.Aliases {
			out[a] = d
		}
	}
	return out
}

// parse reads a document as a browser would.
func parse(t *testing.T, d *page.Document) *html.Node {
	t.Helper()
	if d == nil {
		t.Fatal("there is no such document")
	}
	n, err := html.Parse(strings.NewReader(string(d.Body)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// each visits the elements of a tree; an empty name visits all.
func each(n *html.Node, name string, visit func(*html.Node)) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (name == "" || d.Data == name) {
			visit(d)
		}
	}
}

// words is the text of a tree with its spaces made single, without what the
// reader does not see as text.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" && d.Parent.Data != "script" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func heading(t *testing.T, d *page.Document) string {
	t.Helper()
	var out []string
	each(parse(t, d), "h1", func(n *html.Node) { out = append(out, words(n)) })
	if len(out) != 1 {
		t.Fatalf("a page has one h1, this one has %q", out)
	}
	return out[0]
}

func worldAt(s pagetest.Stage, change func(*page.World)) page.World {
	w := pagetest.World(s)
	if change != nil {
		change(&w)
	}
	return w
}

const minute = time.Minute
