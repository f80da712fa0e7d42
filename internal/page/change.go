package page

import (
	"bytes"
	"html"
	"strings"
)

// Change is what makes an open page that shows one version of a document show
// another, without loading it again.
type Change struct {
	Title string   `json:"title"`
	Parts []string `json:"parts"` // whole elements, each in the place of the one with its id
}

// part is an element that is marked data-live. It may hold others, and then
// they are replaced by themselves when nothing else in it has changed: of a
// list of a thousand services, the one row.
type part struct {
	id    string
	html  []byte
	bare  string // the same without the parts within, but for their ids
	inner []part
}

// Changes finds the marked elements that differ between two versions of a page.
// Like whoever replaces them, it takes no notice of what is not marked.
func Changes(old, next *Document) Change {
	was := make(map[string]*part)
	before := parts(old.Body)
	for i := range before {
		was[before[i].id] = &before[i]
	}
	c := Change{Title: titleOf(next.Body), Parts: []string{}}
	after := parts(next.Body)
	for i := range after {
		p := &after[i]
		o := was[p.id]
		switch {
		case o == nil || bytes.Equal(o.html, p.html):
		case len(p.inner) == 0 || o.bare != p.bare:
			c.Parts = append(c.Parts, string(p.html))
		default: // the same parts in the same order
			for k := range p.inner {
				if !bytes.Equal(o.inner[k].html, p.inner[k].html) {
					c.Parts = append(c.Parts, string(p.inner[k].html))
				}
			}
		}
	}
	return c
}

func titleOf(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte("<title>"))
	title, _, _ := bytes.Cut(rest, []byte("</title>"))
	return html.UnescapeString(string(title))
}

// parts finds the marked elements in our own pages. It need not understand
// HTML in general: in what the templates write, text and attributes hold no "<".
func parts(body []byte) []part {
	var out []part
	for {
		start, end, id := element(body)
		if start < 0 {
			return out
		}
		p := part{id: id, html: body[start:end]}
		within := bytes.IndexByte(p.html, '>') + 1
		p.inner = parts(p.html[within:])
		if len(p.inner) > 0 {
			p.bare = p.without()
		}
		out = append(out, p)
		body = body[end:]
	}
}

// without takes the inner parts out of a part, and leaves their ids.
func (p *part) without() string {
	var b strings.Builder
	rest := p.html
	for i := range p.inner {
		before, after, _ := bytes.Cut(rest, p.inner[i].html)
		b.Write(before)
		b.WriteString("\x00" + p.inner[i].id + "\x00")
		rest = after
	}
	b.Write(rest)
	return b.String()
}

// element finds the first marked element: where it starts and ends, and its id.
func element(body []byte) (start, end int, id string) {
	from := 0
	for {
		at := bytes.Index(body[from:], []byte(" data-live"))
		if at < 0 {
			return -1, -1, ""
		}
		at += from
		from = at + len(" data-live")
		if from >= len(body) || body[from] != ' ' && body[from] != '>' {
			continue // data-live="…" is the lamp's word
		}
		start = bytes.LastIndexByte(body[:at], '<')
		if start < 0 || bytes.IndexByte(body[start:at], '>') >= 0 {
			continue // somebody's words
		}
		head := body[start : from+bytes.IndexByte(body[from:], '>')+1]
		_, rest, ok := bytes.Cut(head, []byte(` id="`))
		if !ok {
			continue
		}
		value, _, _ := bytes.Cut(rest, []byte(`"`))
		if end = closing(body, start); end > 0 {
			return start, end, string(value)
		}
	}
}

// closing finds where the element that starts at a place ends: behind the end
// tag that leaves as many of its name closed as opened.
func closing(body []byte, start int) int {
	n := start + 1
	for n < len(body) && body[n] != ' ' && body[n] != '>' {
		n++
	}
	name := body[start+1 : n]
	depth := 0
	for at := start; ; {
		next := bytes.IndexByte(body[at:], '<')
		if next < 0 {
			return -1
		}
		at += next + 1
		switch tag, end := bytes.CutPrefix(body[at:], []byte("/")); {
		case !isTag(tag, name):
		case !end:
			depth++
		default:
			if depth--; depth == 0 {
				return at + 1 + len(name) + 1
			}
		}
	}
}

func isTag(tag, name []byte) bool {
	rest, ok := bytes.CutPrefix(tag, name)
	return ok && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '>')
}
