package hostile

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"
)

// Inspect reads a document by its type and says what in it is more than the
// design and text. A type that it does not know is a finding too: somebody
// would have to say how it is read.
func Inspect(contentType string, body []byte) []string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return []string{fmt.Sprintf("the type %q cannot be read", contentType)}
	}
	var found []string
	switch kind {
	case "text/html":
		found = page(body)
	case "image/svg+xml":
		found = picture(body)
	case "application/atom+xml", "application/rss+xml":
		found = feed(body)
	case "application/xml":
		found = sitemap(body)
	case "text/calendar":
		found = calendar(body)
	case "application/json", "application/feed+json":
		found = object(body)
	case "text/plain", "text/javascript", "text/event-stream", "application/manifest+json":
	case "image/png":
		return pixels(body)
	default:
		found = []string{"nobody has said how " + kind + " is read"}
	}
	return append(found, characters(body)...)
}

// characters finds what turns text around, hides it, or commands a terminal.
func characters(body []byte) []string {
	var found []string
	if !utf8.Valid(body) {
		found = append(found, "is not UTF-8")
	}
	for _, bad := range []string{"\u202e", "\u2066", "\u200b", "\u2028", "\u2029", "\x00", "\x1b", "\u009b", "\u0085"} {
		if bytes.Contains(body, []byte(bad)) {
			found = append(found, fmt.Sprintf("holds the character %q", bad))
		}
	}
	return found
}

// object is JSON that no browser could take for HTML, whatever it is told.
func object(body []byte) []string {
	var found []string
	if !json.Valid(body) {
		found = append(found, "is not JSON")
	}
	if bytes.ContainsAny(body, "<>") {
		found = append(found, "holds < or >")
	}
	return found
}

// pixels is a PNG without words beside its picture.
func pixels(body []byte) []string {
	if bytes.Contains(body, []byte(Mark)) || bytes.Contains(body, []byte("tEXt")) || bytes.Contains(body, []byte("iTXt")) {
		return []string{"the picture carries text"}
	}
	return nil
}

// elements gives every element of an XML document, strictly read.
func elements(body []byte, visit func(xml.StartElement), text func(in, words string)) []string {
	d := xml.NewDecoder(bytes.NewReader(body))
	var found, open []string
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			return append(found, "is not XML: "+err.Error())
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			visit(tok)
			open = append(open, tok.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				text(open[len(open)-1], string(tok))
			}
		case xml.Directive, xml.Comment:
			found = append(found, "holds a directive or a comment")
		}
	}
}

// picture is an SVG of the few elements that a badge has.
func picture(body []byte) (found []string) {
	visit := func(e xml.StartElement) {
		if !oneOf(e.Name.Local, "svg title rect path g text") || e.Name.Space != "http://www.w3.org/2000/svg" {
			found = append(found, "has grown a <"+e.Name.Local+">")
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || oneOf(a.Name.Local, "href style "+Mark) {
				found = append(found, "has the attribute "+a.Name.Local)
			}
		}
	}
	return append(elements(body, visit, func(string, string) {}), found...)
}

// feed is Atom or RSS. What RSS readers take for HTML must be text as HTML too.
func feed(body []byte) (found []string) {
	rss := false
	visit := func(e xml.StartElement) {
		rss = rss || e.Name.Local == "rss"
		if !oneOf(e.Name.Local, "feed id title updated link author name entry published content rss channel description item pubDate guid") {
			found = append(found, "has grown a <"+e.Name.Local+">")
		}
		for _, a := range e.Attr {
			switch {
			case a.Name.Local == "href" && !own(a.Value):
				found = append(found, "leads to "+a.Value)
			case a.Name.Local == "type" && strings.Contains(a.Value, "xhtml"):
				found = append(found, "says that text is markup")
			case !oneOf(a.Name.Local, "href rel type version isPermaLink xmlns"):
				found = append(found, "has the attribute "+a.Name.Local)
			}
		}
	}
	text := func(in, words string) {
		if rss && oneOf(in, "description title") {
			found = append(found, fragment(words)...)
		}
		if rss && in == "link" && !own(words) {
			found = append(found, "leads to "+words)
		}
	}
	return append(elements(body, visit, text), found...)
}

// sitemap is a list of addresses, all of them our own.
func sitemap(body []byte) (found []string) {
	visit := func(e xml.StartElement) {
		if !oneOf(e.Name.Local, "urlset url loc") || len(e.Attr) > 1 || len(e.Attr) == 1 && e.Attr[0].Name.Local != "xmlns" {
			found = append(found, "has grown a <"+e.Name.Local+">")
		}
	}
	text := func(in, words string) {
		if in == "loc" && !own(words) {
			found = append(found, "leads to "+words)
		}
	}
	return append(elements(body, visit, text), found...)
}

// calendar is iCalendar (RFC 5545) of events with the properties that ours
// have, each of a few once.
func calendar(body []byte) (found []string) {
	text := string(body)
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		found = append(found, "has a line end that is half of one")
	}
	for l := range strings.SplitSeq(text, "\r\n") {
		if len(l) > 75 {
			found = append(found, "has a line of "+fmt.Sprint(len(l))+" octets")
		}
	}
	seen := map[string]int{}
	for l := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		name, value, ok := strings.Cut(l, ":")
		if !ok || !oneOf(name, "BEGIN END VERSION PRODID METHOD X-WR-CALNAME UID DTSTAMP DTSTART DTEND SUMMARY DESCRIPTION STATUS URL TRANSP") {
			found = append(found, "has the property "+name)
		}
		if name == "URL" && !own(value) {
			found = append(found, "leads to "+value)
		}
		if name == "BEGIN" && value == "VEVENT" {
			seen = map[string]int{}
		}
		if seen[name]++; seen[name] > 1 && oneOf(name, "UID SUMMARY DESCRIPTION DTSTART") {
			found = append(found, "has two "+name+" in one event")
		}
	}
	return found
}

// oneOf reports whether a word stands in a list.
func oneOf(word, list string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
