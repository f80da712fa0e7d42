package page

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/outcry/outcry"
)

// prose is what Markdown from outside says to those who read it as a text: of
// feeds, calendars and JSON. Paragraphs, lists and lines stay, and a link has its
// address behind it; marks go.
func prose(markdown string) string {
	var p proseText
	z := html.NewTokenizer(strings.NewReader(string(marked(markdown))))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(manyLines.ReplaceAllString(p.String(), "\n\n"))
		case html.TextToken:
			p.text(z.Token().Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			p.open(z.Token())
		case html.EndTagToken:
			p.close(z.Token().Data)
		default:
		}
	}
}

// said is an incident's updates as texts, in their order.
func (b *builder) said(in *outcry.Incident) []string {
	return keep(b, "said", in.ID, b.prints.incidents[in], func(*builder) []string {
		out := make([]string, 0, len(in.Updates))
		for i := range in.Updates {
			out = append(out, prose(in.Updates[i].Body))
		}
		return out
	})
}

// manyLines are more than a paragraph's end.
// fixed: it does not change after it is made.
var manyLines = regexp.MustCompile(`\n{3,}`)

// proseText is a text that is being made of the few elements that a scribe
// leaves.
type proseText struct {
	strings.Builder
	lists []int  // the item that each list is at; negative: it has no numbers
	item  bool   // a paragraph would be the first of a list's item
	code  bool   // lines and blanks are kept
	href  string // of the link that is open
	said  int    // where the link's words begin
}

func (p *proseText) text(s string) {
	if !p.code && strings.TrimSpace(s) == "" && strings.Contains(s, "\n") {
		return // between two elements
	}
	p.item = false
	p.WriteString(s)
}

func (p *proseText) open(t html.Token) {
	switch t.Data {
	case "br":
		p.WriteByte('\n')
	case "p", "pre", "blockquote":
		p.code = t.Data == "pre"
		p.block()
	case "ul":
		p.list(-1)
	case "ol":
		p.list(0)
	case "li":
		p.bullet()
	case "a":
		p.said = p.Len()
		for _, a := range t.Attr {
			if a.Key == "href" {
				p.href = a.Val
			}
		}
	}
}

func (p *proseText) close(tag string) {
	switch tag {
	case "p", "pre", "blockquote":
		p.code = false
		p.block()
	case "ul", "ol":
		p.lists = p.lists[:max(len(p.lists)-1, 0)]
		p.block()
	case "a":
		if p.href != "" && p.String()[p.said:] != strings.TrimPrefix(p.href, "mailto:") {
			p.WriteString(" (" + p.href + ")")
		}
		p.href = ""
	}
}

// block ends one paragraph and begins another; in a list they stand close.
func (p *proseText) block() {
	switch {
	case p.item:
	case len(p.lists) > 0:
		p.line()
	default:
		p.WriteString("\n\n")
	}
}

func (p *proseText) list(first int) {
	p.item = false
	p.block()
	p.lists = append(p.lists, first)
}

func (p *proseText) bullet() {
	p.line()
	if n := len(p.lists); n > 0 {
		p.WriteString(strings.Repeat("  ", n-1))
		if p.lists[n-1]++; p.lists[n-1] > 0 {
			fmt.Fprintf(p, "%d. ", p.lists[n-1])
		} else {
			p.lists[n-1] = -1
			p.WriteString("- ")
		}
	}
	p.item = true
}

func (p *proseText) line() {
	if s := p.String(); s != "" && !strings.HasSuffix(s, "\n") {
		p.WriteByte('\n')
	}
}
