package xmpp

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Element is an XML element: a stanza, or a part of one.
type Element struct {
	Space    string // namespace
	Name     string
	Attrs    map[string]string // those without a namespace of their own
	Text     string            // all character data directly in it
	Children []Element
}

// Bounds of what one element may be.
const (
	maxDepth    = 16
	maxElements = 1000
)

// Attr is the value of an attribute; empty when it is not there.
func (e *Element) Attr(name string) string { return e.Attrs[name] }

// Child is the first child of that namespace and name; nil when there is none.
func (e *Element) Child(space, name string) *Element {
	for i := range e.Children {
		if c := &e.Children[i]; c.Name == name && c.Space == space {
			return c
		}
	}
	return nil
}

// errRestricted is a breach of RFC 6120, section 11.1.
var errRestricted = errors.New("XML that XMPP does not allow: a comment, a DTD or a processing instruction")

// elementReader reads one element, counting what it holds.
type elementReader struct {
	tokens *xml.Decoder
	seen   int
}

// read reads what follows the start of an element up to its end.
func (r *elementReader) read(start *xml.StartElement, depth int) (Element, error) {
	e := Element{Space: start.Name.Space, Name: start.Name.Local, Attrs: attributes(start.Attr)}
	if r.seen++; r.seen > maxElements || depth > maxDepth {
		return e, fmt.Errorf("an element of more than %d parts, or more than %d deep", maxElements, maxDepth)
	}
	var text strings.Builder
	for {
		token, err := r.tokens.Token()
		if err != nil {
			return e, cut(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := r.read(&token, depth+1)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.EndElement:
			e.Text = text.String()
			return e, nil
		case xml.CharData:
			text.Write(token)
		default:
			return e, errRestricted
		}
	}
}

// cut makes the end of a connection within an element what it is: the decoder
// takes it for a mistake of the text.
func cut(err error) error {
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	if errors.Is(err, io.EOF) || ok && syntax.Msg == "unexpected EOF" {
		return io.ErrUnexpectedEOF
	}
	return err
}

func attributes(list []xml.Attr) map[string]string {
	attrs := make(map[string]string, len(list))
	for _, a := range list {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			attrs[a.Name.Local] = a.Value
		}
	}
	return attrs
}

// Escape makes text fit to stand within an element or an attribute. Characters
// that XML cannot hold are replaced.
func Escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a strings.Builder never fails
	}
	return b.String()
}
