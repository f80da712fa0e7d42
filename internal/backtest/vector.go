package backtest

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// vector draws SVG.
type vector struct{ b bytes.Buffer }

func newVector(w, h int, title string) *vector {
	v := &vector{}
	fmt.Fprintf(&v.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="%s">`+"\n", w, h, html.EscapeString(title))
	return v
}

func (v *vector) rect(x, y, w, h float64, c colour) {
	fmt.Fprintf(&v.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#%06x"/>`+"\n", x, y, w, h, uint32(c))
}

func (v *vector) line(xs, ys []float64, c colour) {
	points := make([]string, len(xs))
	for i := range xs {
		points[i] = fmt.Sprintf("%.1f,%.1f", xs[i], ys[i])
	}
	fmt.Fprintf(&v.b, `<polyline points="%s" fill="none" stroke="#%06x" stroke-width="1.2"/>`+"\n", strings.Join(points, " "), uint32(c))
}

func (v *vector) text(x, y float64, s string, end bool) {
	anchor := "start"
	if end {
		anchor = "end"
	}
	fmt.Fprintf(&v.b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, html.EscapeString(s))
}

func (v *vector) bytes() []byte { return append(v.b.Bytes(), "</svg>\n"...) }
