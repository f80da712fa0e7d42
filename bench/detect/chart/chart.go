// Package chart draws lines on logarithmic axes as SVG: what the benchmark
// shows beside its tables.
package chart

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// Line is one series; points must be positive.
type Line struct {
	Name   string
	X, Y   []float64
	Strong bool // drawn thick: ours
	Dashed bool // drawn dashed: a bound
}

// Chart is a frame of lines.
type Chart struct {
	Title, XLabel, YLabel string
	Lines                 []Line
}

// The frame, in pixels: lines on the left, names on the right.
const (
	width, height = 860.0, 460.0
	left, top     = 70.0, 44.0
	plotW, plotH  = 520.0, 350.0
)

// palette is the Okabe–Ito set, which the colour-blind can tell apart, and
// shades of it.
func palette() []string {
	return []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c564b", "#17becf", "#bcbd22", "#9467bd", "#2f4f4f"}
}

// axis maps values to pixels, logarithmically.
type axis struct{ lo, hi, from, to float64 }

func (a axis) at(v float64) float64 {
	return a.from + (math.Log(v)-math.Log(a.lo))/(math.Log(a.hi)-math.Log(a.lo))*(a.to-a.from)
}

// ticks are 1, 2 and 5 times the powers of ten inside.
func (a axis) ticks() (out []float64) {
	for p := math.Floor(math.Log10(a.lo)); p <= math.Log10(a.hi); p++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, p); v >= a.lo*0.999 && v <= a.hi*1.001 {
				out = append(out, v)
			}
		}
	}
	return out
}

func span(lines []Line, of func(Line) []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, v := range of(l) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo >= hi {
		lo, hi = lo/2, hi*2
	}
	return lo, hi
}

// Write draws the chart.
func (c *Chart) Write(w io.Writer) error {
	var b strings.Builder
	xlo, xhi := span(c.Lines, func(l Line) []float64 { return l.X })
	ylo, yhi := span(c.Lines, func(l Line) []float64 { return l.Y })
	x, y := axis{xlo, xhi, left, left + plotW}, axis{ylo * 0.9, yhi * 1.1, top + plotH, top}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="%s">`+"\n", width, height, html.EscapeString(c.Title))
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="#fff"/><text x="%g" y="24" font-size="15" font-weight="600">%s</text>`+"\n", width, height, left, html.EscapeString(c.Title))
	for _, v := range x.ticks() {
		fmt.Fprintf(&b, `<path d="M%.1f %gV%g" stroke="#ddd"/><text x="%.1f" y="%g" text-anchor="middle">%g</text>`+"\n", x.at(v), top, top+plotH, x.at(v), top+plotH+18, v)
	}
	for _, v := range y.ticks() {
		fmt.Fprintf(&b, `<path d="M%g %.1fH%g" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n", left, y.at(v), left+plotW, left-8, y.at(v)+4, v)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">%s</text>`+"\n", left+plotW/2, height-14, html.EscapeString(c.XLabel))
	fmt.Fprintf(&b, `<text transform="translate(18 %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n", top+plotH/2, html.EscapeString(c.YLabel))
	for i, l := range c.Lines {
		l.draw(&b, i, x, y)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (l *Line) draw(b *strings.Builder, i int, x, y axis) {
	colours := palette()
	colour, stroke, dash := colours[i%len(colours)], 1.6, ""
	if l.Strong {
		stroke = 3.6
	}
	if l.Dashed {
		dash = ` stroke-dasharray="6 4"`
	}
	points := make([]string, len(l.X))
	for k := range l.X {
		points[k] = fmt.Sprintf("%.1f,%.1f", x.at(l.X[k]), y.at(l.Y[k]))
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="%g"%s/>`+"\n", strings.Join(points, " "), colour, stroke, dash)
	row := top + 12 + float64(i)*20
	fmt.Fprintf(b, `<path d="M%g %gh22" stroke="%s" stroke-width="%g"%s/><text x="%g" y="%g">%s</text>`+"\n", left+plotW+14, row-4, colour, stroke, dash, left+plotW+42, row, html.EscapeString(l.Name))
}
