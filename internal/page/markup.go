package page

import (
	"bytes"
	"html/template"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// markup is a text that somebody wrote in Markdown, as HTML that has been
// through the sanitizer.
type markup = template.HTML

// scribe makes HTML of Markdown: paragraphs, lists, emphasis, code, quotes and
// links; no pictures, headings or raw HTML, so that an update can neither load
// anything from elsewhere nor look like a part of the page.
type scribe struct {
	md     goldmark.Markdown
	policy *bluemonday.Policy
}

// theScribe makes the one scribe.
// fixed: neither part of it changes after it is made.
var theScribe = sync.OnceValue(func() *scribe {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return &scribe{md: goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough)), policy: p}
})

// marked renders Markdown from outside.
func marked(text string) markup {
	text = visible(text)
	if text == "" {
		return ""
	}
	var out bytes.Buffer
	s := theScribe()
	if err := s.md.Convert([]byte(text), &out); err != nil {
		return markup("<p>" + template.HTMLEscapeString(text) + "</p>") //nolint:gosec // escaped
	}
	return markup(s.policy.Sanitize(strings.TrimSpace(out.String()))) //nolint:gosec // sanitized
}

// visible cleans a text from outside but keeps its lines, at most maxText runes.
func visible(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if len(s) > 4*maxText {
		s = s[:4*maxText]
	}
	var lines []string
	left := maxText
	for l := range strings.SplitSeq(s, "\n") {
		indent := len(l) - len(strings.TrimLeft(l, " "))
		l = strings.Repeat(" ", min(indent, 8)) + clean(l, max(left, 1))
		lines = append(lines, l)
		if left -= len(l); left <= 0 {
			break
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n ")
}
