package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Bounds of an operator's drawing: what a logo needs, and no more than a first
// view can bear.
const (
	maxSVGDepth    = 32
	maxSVGElements = 2000
)

const svgSpace = "http://www.w3.org/2000/svg"

// svgElements draw, and do nothing else: no script, no foreign content, no
// animation, no link, nothing that is fetched.
var svgElements = []string{
	"svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
	"linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "style",
}

// svgAttributes say where and how; those that name something are looked at more
// closely.
var svgAttributes = []string{
	"id", "class", "style", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "dx", "dy", "width", "height", "points", "viewBox",
	"preserveAspectRatio", "transform", "gradientTransform", "gradientUnits", "patternUnits", "patternContentUnits", "patternTransform", "clipPathUnits",
	"maskUnits", "maskContentUnits", "spreadMethod", "offset", "stop-color", "stop-opacity", "fill", "fill-opacity", "fill-rule", "clip-rule", "clip-path", "mask",
	"stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset",
	"opacity", "color", "display", "visibility", "font-family", "font-size", "font-weight", "font-style", "letter-spacing", "text-anchor", "href",
}

// cleanSVG gives a drawing with nothing left in it but what draws, and its size
// in the drawing's own units. It fails when the file is no SVG.
//
// What is not on the lists is left out with all that is in it. Documents with
// entities of their own are refused by the parser.
func cleanSVG(file []byte) (clean []byte, width, height float64, err error) {
	d := xml.NewDecoder(bytes.NewReader(file))
	var s svgCleaner
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, 0, fmt.Errorf("is not XML: %w", err)
		}
		if err := s.token(t); err != nil {
			return nil, 0, 0, err
		}
	}
	if s.width <= 0 || s.height <= 0 {
		return nil, 0, 0, errors.New("is no drawing with a size: an <svg> needs a viewBox, or width and height")
	}
	return s.out.Bytes(), s.width, s.height, nil
}

type svgCleaner struct {
	out           bytes.Buffer
	open          []string
	skipped       int // depth within something that is left out
	elements      int
	sheet         strings.Builder // of the <style> that is open
	width, height float64
}

func (s *svgCleaner) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.EndElement:
		return s.end()
	case xml.CharData:
		if s.skipped > 0 || len(s.open) == 0 {
			return nil
		}
		if s.open[len(s.open)-1] == "style" {
			s.sheet.Write(t)
			return nil
		}
		return xml.EscapeText(&s.out, t)
	}
	return nil // comments, instructions and the document type are nothing to see
}

func (s *svgCleaner) start(t xml.StartElement) error {
	if s.elements++; s.elements > maxSVGElements || len(s.open)+s.skipped >= maxSVGDepth {
		return fmt.Errorf("is no logo: over %d elements, or over %d deep", maxSVGElements, maxSVGDepth)
	}
	name := t.Name.Local
	if len(s.open) == 0 && s.skipped == 0 && (name != "svg" || s.elements > 1) {
		return errors.New("is no SVG")
	}
	if s.skipped > 0 || t.Name.Space != "" && t.Name.Space != svgSpace || !slices.Contains(svgElements, name) {
		s.skipped++
		return nil
	}
	s.out.WriteString("<" + name)
	if len(s.open) == 0 {
		s.out.WriteString(` xmlns="` + svgSpace + `"`)
		s.size(t.Attr)
	}
	for _, a := range t.Attr {
		if (a.Name.Space == "" || a.Name.Local == "href") && slices.Contains(svgAttributes, a.Name.Local) && harmlessSVG(a.Name.Local, a.Value) {
			s.out.WriteString(" " + a.Name.Local + `="`)
			if err := xml.EscapeText(&s.out, []byte(a.Value)); err != nil {
				return fmt.Errorf("write the drawing: %w", err)
			}
			s.out.WriteByte('"')
		}
	}
	s.out.WriteByte('>')
	s.open = append(s.open, name)
	return nil
}

func (s *svgCleaner) end() error {
	if s.skipped > 0 {
		s.skipped--
		return nil
	}
	name := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	if name == "style" {
		if sheet := s.sheet.String(); harmlessStyle(sheet) {
			if err := xml.EscapeText(&s.out, []byte(sheet)); err != nil {
				return fmt.Errorf("write the drawing: %w", err)
			}
		}
		s.sheet.Reset()
	}
	s.out.WriteString("</" + name + ">")
	return nil
}

// harmlessSVG reports whether a value fetches nothing: references lead to the
// drawing itself.
func harmlessSVG(name, value string) bool {
	if name == "href" {
		return strings.HasPrefix(value, "#")
	}
	return harmlessStyle(value)
}

// harmlessStyle reports whether a style fetches nothing. Escapes could hide what
// it says, and no logo needs them.
func harmlessStyle(style string) bool {
	if strings.ContainsAny(style, `\@`) {
		return false
	}
	rest := strings.ToLower(style)
	for {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			return !strings.Contains(rest, "image(") && !strings.Contains(rest, "image-set(")
		}
		if rest = strings.TrimLeft(after, " \t\r\n'\""); !strings.HasPrefix(rest, "#") {
			return false
		}
	}
}

// size is that of the viewBox, else width and height.
func (s *svgCleaner) size(attrs []xml.Attr) {
	for _, a := range attrs {
		switch box := strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' }); {
		case a.Name.Local == "viewBox" && len(box) == 4:
			s.width, s.height = length(box[2]), length(box[3])
			return
		case a.Name.Local == "width" && s.width == 0:
			s.width = length(a.Value)
		case a.Name.Local == "height" && s.height == 0:
			s.height = length(a.Value)
		}
	}
}

// length reads a length in pixels; 0 is none.
func length(text string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "px"), 64)
	if err != nil || !(f > 0 && f < 1e5) {
		return 0
	}
	return f
}
