package page

import (
	"slices"
	"strings"
	"testing"
)

// TestChanges: what makes one page of another is as little as can be, and
// nobody's words are taken for markup.
func TestChanges(t *testing.T) {
	const row = `<li id="a" data-live><p>A ok</p></li>`
	list := func(rows string) string {
		return `<title>T</title><div id="l" data-live><div><ul>` + rows + `</ul></div></div>`
	}
	for _, c := range []struct{ why, old, next, want string }{
		{"nothing has changed", list(row), list(row), ""},
		{"one row of two, and only that", list(row + `<li id="b" data-live>B</li>`), list(row + `<li id="b" data-live class="x">B!</li>`), `<li id="b" data-live class="x">B!</li>`},
		{"a further row changes the list", list(row), list(row + `<li id="b" data-live>B</li>`), strings.TrimPrefix(list(row+`<li id="b" data-live>B</li>`), "<title>T</title>")},
		{"an element of the same name within it is not its end", `<p id="x" data-live>1</p><div id="y" data-live><div>1</div>2</div>`, `<p id="x" data-live>1</p><div id="y" data-live><div>1</div>3</div>`, `<div id="y" data-live><div>1</div>3</div>`},
		{"words that look like a mark", `<h2 id="x">a data-live b</h2><p id="p" data-live>1</p>`, `<h2 id="x">c data-live d</h2><p id="p" data-live>2</p>`, `<p id="p" data-live>2</p>`},
		{"the lamp's word is no mark", `<body id="b" data-live="Live"><p id="p" data-live>1</p></body>`, `<body id="b" data-live="Live"><p id="p" data-live>2</p></body>`, `<p id="p" data-live>2</p>`},
		{"cut in the middle", `<p id="p" data-live>1`, `<p id="p" data-live>2`, ""},
	} {
		got := Changes(&Document{Body: []byte(c.old)}, &Document{Body: []byte(c.next)})
		if strings.Join(got.Parts, "") != c.want {
			t.Errorf("%s: %q, want %q", c.why, got.Parts, c.want)
		}
	}
}

// FuzzChanges: whatever the page, what is sent is part of it.
func FuzzChanges(f *testing.F) {
	f.Add(`<p id="p" data-live>1</p>`, `<p id="p" data-live>2</p>`)
	f.Fuzz(func(t *testing.T, old, next string) {
		c := Changes(&Document{Body: []byte(old)}, &Document{Body: []byte(next)})
		if slices.ContainsFunc(c.Parts, func(p string) bool { return !strings.Contains(next, p) }) {
			t.Errorf("%q is no part of %q", c.Parts, next)
		}
	})
}
