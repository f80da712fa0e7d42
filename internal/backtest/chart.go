package backtest

import (
	"fmt"
	"math"
	"time"

	"github.com/outcry/outcry"
)

// The frame of the chart, in pixels.
const (
	chartWidth, chartHeight = 1280, 440
	plotLeft, plotTop       = 64, 56
	plotWidth, plotHeight   = 1200, 320
	plotBottom              = plotTop + plotHeight
	lane                    = 10 // height of the strips under the plot: windows, and what was not watched
)

// colour is RRGGBB; of the Okabe–Ito set, which the colour-blind can tell apart.
type colour uint32

const (
	white   colour = 0xffffff
	ink     colour = 0x222222
	grid    colour = 0xdddddd
	counted colour = 0x56789a
	usual   colour = 0xd55e00
	within  colour = 0xf6d9c2
	alarmed colour = 0xe0b3ca
	known   colour = 0x009e73
	unseen  colour = 0x999999
	learns  colour = 0xf1f1f1
)

// canvas is what a chart is drawn on.
type canvas interface {
	rect(x, y, w, h float64, c colour)
	line(xs, ys []float64, c colour)
	text(x, y float64, s string, end bool) // end: it ends at x
}

// Draw shows a result: the counts, what was usual with its spread, the alerts,
// and the windows. Counts are on a square-root scale, on which chance is as wide
// everywhere.
func Draw(r *Result, png bool) ([]byte, error) {
	if png {
		c := newRaster(chartWidth, chartHeight)
		r.draw(c)
		return c.bytes()
	}
	c := newVector(chartWidth, chartHeight, r.Series)
	r.draw(c)
	return c.bytes(), nil
}

// plot is a chart in the making.
type plot struct {
	canvas
	r    *Result
	unit outcry.Tick // counts are shown for so many ticks
	top  float64
	cols []col
}

// col is one pixel's width of the time axis.
type col struct {
	seen               bool
	n, e, lower, upper float64
}

func (r *Result) draw(c canvas) {
	p := &plot{canvas: c, r: r}
	for _, b := range r.bins {
		p.unit = max(p.unit, b.To-b.From)
	}
	p.columns(regroup(r.bins, p.unit))
	c.rect(0, 0, chartWidth, chartHeight, white)
	p.shade(r.From, r.ScoredFrom, plotTop, plotHeight, learns)
	for i := range r.Alerts {
		a := &r.Alerts[i]
		end := r.To
		if a.EndedAt != nil {
			end = *a.EndedAt
		}
		p.shade(a.DetectedAt, end, plotTop, plotHeight, alarmed)
	}
	p.axes()
	p.curves()
	for _, l := range r.Labels {
		p.shade(l.From, l.To, plotBottom+2, lane, known)
	}
	p.legend()
}

// regroup joins bins that are finer than the unit.
func regroup(bins []drawn, unit outcry.Tick) []drawn {
	var out []drawn
	for _, b := range bins {
		if n := len(out); n > 0 && b.From == out[n-1].To && b.To-out[n-1].From <= unit {
			last := &out[n-1]
			last.To, last.N, last.E, last.Var = b.To, last.N+b.N, last.E+b.E, last.Var+b.Var
			continue
		}
		out = append(out, b)
	}
	return out
}

// columns takes the highest count of each column, and the widest spread.
func (p *plot) columns(bins []drawn) {
	p.cols = make([]col, plotWidth)
	for _, b := range bins {
		scale := float64(p.unit) / float64(b.To-b.From)
		sd := math.Sqrt(b.Var) * math.Sqrt(scale)
		e, n := b.E*scale, float64(b.N)*scale
		from, to := int(p.x(b.From.Start()))-plotLeft, int(math.Ceil(p.x(b.To.Start())))-plotLeft
		for i := max(from, 0); i < min(max(to, from+1), plotWidth); i++ {
			c := &p.cols[i]
			if !c.seen {
				*c = col{seen: true, n: n, e: e, lower: max(e-2*sd, 0), upper: e + 2*sd}
			}
			c.n, c.e = max(c.n, n), max(c.e, e)
			c.lower, c.upper = min(c.lower, max(e-2*sd, 0)), max(c.upper, e+2*sd)
		}
		p.top = max(p.top, n, e)
	}
	p.top = max(p.top*1.05, 4)
}

func (p *plot) x(t time.Time) float64 {
	all := p.r.To.Sub(p.r.From)
	return plotLeft + plotWidth*float64(min(max(t.Sub(p.r.From), 0), all))/float64(all)
}

func (p *plot) y(v float64) float64 {
	return plotBottom - plotHeight*math.Sqrt(min(max(v, 0), p.top)/p.top)
}

// shade fills a stretch of time, two pixels wide at least.
func (p *plot) shade(from, to time.Time, y, height float64, c colour) {
	x := p.x(from)
	if !to.Before(p.r.From) && !from.After(p.r.To) {
		p.rect(x, y, max(p.x(to)-x, 2), height, c)
	}
}

func (p *plot) curves() {
	for i, c := range p.cols {
		x := float64(plotLeft + i)
		if !c.seen {
			p.rect(x, plotBottom+2+lane+2, 1, lane, unseen)
			continue
		}
		p.rect(x, p.y(c.upper), 1, p.y(c.lower)-p.y(c.upper), within)
	}
	var xs, ys, us []float64
	flush := func() {
		p.line(xs, ys, counted)
		p.line(xs, us, usual)
		xs, ys, us = nil, nil, nil
	}
	for i, c := range p.cols {
		if !c.seen {
			flush()
			continue
		}
		xs, ys, us = append(xs, float64(plotLeft+i)), append(ys, p.y(c.n)), append(us, p.y(c.e))
	}
	flush()
}

// axes draws the grid under the curves.
func (p *plot) axes() {
	for _, f := range []float64{0.02, 0.1, 0.25, 0.5, 1} {
		v := round(p.top * f)
		p.rect(plotLeft, p.y(v), plotWidth, 1, grid)
		p.text(plotLeft-6, p.y(v)+4, fmt.Sprintf("%.6g", v), true)
	}
	for i := range 7 {
		at := p.r.From.Add(p.r.To.Sub(p.r.From) * time.Duration(i) / 6)
		format := "2006-01-02"
		if p.r.To.Sub(p.r.From) < 7*24*time.Hour {
			format = "01-02 15:04"
		}
		p.rect(p.x(at), plotTop, 1, plotHeight, grid)
		p.text(min(p.x(at)+24, chartWidth-2), plotBottom+2*lane+22, at.Format(format), true)
	}
}

// round gives two significant digits, and whole numbers.
func round(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v))-1)
	return max(math.Floor(v/p)*p, 1)
}

func (p *plot) legend() {
	title := fmt.Sprintf("%s: events in %v, square-root scale; %d alerts at %g false incidents a year", p.r.Series, time.Duration(p.unit)*outcry.TickLength, len(p.r.Alerts), p.r.FalseAlarms)
	p.text(plotLeft, 20, title, false)
	x := float64(plotLeft)
	for _, k := range []struct {
		c colour
		s string
	}{{counted, "counted"}, {usual, "usual"}, {within, "two standard deviations"}, {alarmed, "alert"}, {known, "label"}, {unseen, "not watched"}, {learns, "learning"}} {
		p.rect(x, 32, 12, 10, k.c)
		p.text(x+17, 41, k.s, false)
		x += 44 + 7*float64(len(k.s))
	}
}
