package page

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// The chart's plane. The drawing is stretched to whatever width the page has,
// so it holds no text: labels stand in a plane of their own, at percents.
const (
	chartWidth  = 1440 // five units per bin of a day
	chartHeight = 240
	chartStep   = 4 // hours between labels of the time axis
)

// Chart is the last 24 hours of reports against what is usual.
type Chart struct {
	Reports string // path data: the area under the reports
	Excess  string // path data: the bins that stand out from the usual
	Usual   string // path data: the baseline's line; empty when it is not known
	Shades  []Shade
	Blind   []Shade
	Levels  []string // labels of the value axis, top to bottom
	Hours   []Mark   // labels of the time axis
	Summary string   // the picture in words
	Table   []ChartRow
}

// Shade is a stretch of the time axis.
type Shade struct {
	X, Width int
	Words    string
	Label    string // short, above its start; empty: none
	At       string // where the label stands, in percent of the width
	End      bool   // the label ends there, for want of room to the right
}

// labelRoom is what a label takes of the width, on a phone.
const labelRoom = chartWidth / 8

// stretch is what a shade's label takes of the axis.
func (s *Shade) stretch() (from, to int) {
	if s.End {
		return s.X - labelRoom, s.X
	}
	return s.X, s.X + labelRoom
}

// label says of the last shade when it begins, unless that would stand on
// another's label: of incidents that are close the newest, which is first, has one.
func (c clock) label(shades []Shade, at time.Time) {
	s := &shades[len(shades)-1]
	s.End = s.X > chartWidth-labelRoom
	from, to := s.stretch()
	for i := range shades[:len(shades)-1] {
		if f, t := shades[i].stretch(); shades[i].Label != "" && f < to && from < t {
			return
		}
	}
	s.Label, s.At = at.In(c.loc).Format("15:04"), percentOf(s.X)
}

// Mark is a label of the time axis.
type Mark struct {
	At    string // in percent of the width
	Words string
}

// ChartRow is one hour of the chart, for those who do not see it.
type ChartRow struct {
	From    Moment
	Reports string
	Usual   string
}

// charted is the chart of a service, kept.
func (b *builder) charted(s *standing) *Chart {
	inputs := b.of(s.prints.series, s.prints.past)
	return keep(b, "chart", s.ID, inputs, func(b *builder) *Chart { return b.chart(s.Series, s.incidents) })
}

// chart draws a series with the incidents that fall into it. It gives nil when
// there is no series.
func (c clock) chart(series []Bin, incidents []*outcry.Incident) *Chart {
	if len(series) == 0 {
		return nil
	}
	top := ceiling(series)
	span := Span{series[0].At, series[len(series)-1].At.Add(BinLength)}
	out := &Chart{
		Reports: areaPath(series, top), Excess: excessPath(series, top), Usual: usualPath(series, top),
		Levels: []string{c.about(top), c.about(top / 2), c.number(0)}, Summary: c.describe(series), Table: c.rows(series),
	}
	for _, in := range incidents {
		if in.State == outcry.StateDismissed {
			continue
		}
		before := len(out.Shades)
		out.Shades = appendShade(out.Shades, span, began(in), ended(in, span.To), clean(in.Title, maxLine))
		if len(out.Shades) > before {
			c.label(out.Shades, began(in))
		}
	}
	for _, b := range series {
		if b.Blind {
			out.Blind = appendShade(out.Blind, span, b.At, b.At.Add(BinLength), c.t("not watched"))
		}
	}
	out.Hours = c.hours(span)
	return out
}

// hours labels the whole hours of the page's zone that fall into the span.
func (c clock) hours(span Span) []Mark {
	var out []Mark
	first := span.From.In(c.loc)
	at := time.Date(first.Year(), first.Month(), first.Day(), first.Hour(), 0, 0, 0, c.loc)
	for ; at.Before(span.To); at = at.Add(time.Hour) {
		x := int(at.Sub(span.From).Seconds() * chartWidth / span.To.Sub(span.From).Seconds())
		if at.In(c.loc).Hour()%chartStep == 0 && x > chartWidth/50 && x < chartWidth*49/50 {
			out = append(out, Mark{percentOf(x), at.In(c.loc).Format("15:04")})
		}
	}
	return out
}

func percentOf(x int) string { return fmt.Sprintf("%.1f%%", float64(x)*100/chartWidth) }

// ceiling is the round number just above everything that is drawn.
func ceiling(series []Bin) float64 {
	top := 4.0
	for _, b := range series {
		top = max(top, float64(b.Reports), b.Usual)
	}
	step := math.Pow(10, math.Floor(math.Log10(top)))
	for _, m := range []float64{1, 2, 4, 6, 8, 10} {
		if m*step >= top {
			return m * step
		}
	}
	return 10 * step
}

func chartX(i, n int) int { return i * chartWidth / n }

func chartY(v, top float64) int { return chartHeight - int(math.Round(v/top*chartHeight)) }

func areaPath(series []Bin, top float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M0 %d", chartHeight)
	last := -1
	for i, bin := range series {
		if y := chartY(float64(bin.Reports), top); y != last {
			fmt.Fprintf(&b, "H%dV%d", chartX(i, len(series)), y)
			last = y
		}
	}
	fmt.Fprintf(&b, "H%dV%dZ", chartWidth, chartHeight)
	return b.String()
}

// excessPath draws the bins that a glance should find: well over the usual,
// by more than chance makes of it (three standard deviations of a Poisson
// count, and at least twice). It only colours; what is an outage, the judge says.
func excessPath(series []Bin, top float64) string {
	var b strings.Builder
	for i, bin := range series {
		usual := bin.Usual
		if usual < 0 || math.IsNaN(usual) || float64(bin.Reports) < max(2*usual, usual+3*math.Sqrt(usual+1)) {
			continue
		}
		x, next := chartX(i, len(series)), chartX(i+1, len(series))
		fmt.Fprintf(&b, "M%d %dV%dH%dV%dZ", x, chartHeight, chartY(float64(bin.Reports), top), next, chartHeight)
	}
	return b.String()
}

func usualPath(series []Bin, top float64) string {
	var b strings.Builder
	pen := "M"
	for i, bin := range series {
		if bin.Usual < 0 || math.IsNaN(bin.Usual) {
			pen = "M"
			continue
		}
		x := (chartX(i, len(series)) + chartX(i+1, len(series))) / 2
		fmt.Fprintf(&b, "%s%d %d", pen, x, chartY(bin.Usual, top))
		pen = "L"
	}
	return b.String()
}

// appendShade adds a stretch, joined to the one before when they touch and say
// the same.
func appendShade(shades []Shade, span Span, from, to time.Time, words string) []Shade {
	from, to = later(from, span.From), earlier(to, span.To)
	if !from.Before(to) {
		return shades
	}
	scale := float64(chartWidth) / span.To.Sub(span.From).Seconds()
	x := int(from.Sub(span.From).Seconds() * scale)
	end := int(math.Ceil(to.Sub(span.From).Seconds() * scale))
	if n := len(shades) - 1; n >= 0 && shades[n].X+shades[n].Width >= x && shades[n].Words == words {
		shades[n].Width = end - shades[n].X
		return shades
	}
	return append(shades, Shade{X: x, Width: max(end-x, 2), Words: words})
}

func (c clock) describe(series []Bin) string {
	var sum, peak uint64
	var at time.Time
	for _, b := range series {
		sum += uint64(b.Reports)
		if uint64(b.Reports) > peak {
			peak, at = uint64(b.Reports), b.At
		}
	}
	if sum == 0 {
		return c.t("No reports in the last 24 hours.")
	}
	return c.n(sum, "%[1]s report in the last 24 hours, at most %[2]s in five minutes, at %[3]s.",
		"%[1]s reports in the last 24 hours, at most %[2]s in five minutes, at %[3]s.", c.number(peak), c.moment(at).Words)
}

// rows sums the series by the hour.
func (c clock) rows(series []Bin) []ChartRow {
	const perHour = int(time.Hour / BinLength)
	var out []ChartRow
	for len(series) > 0 {
		hour := series[:min(perHour, len(series))]
		series = series[len(hour):]
		reports, usual := sumBins(hour)
		out = append(out, ChartRow{From: c.moment(hour[0].At), Reports: c.number(reports), Usual: c.about(usual)})
	}
	return out
}

// sumBins adds up bins; the usual count is negative when any is not known.
func sumBins(bins []Bin) (reports uint64, usual float64) {
	for _, b := range bins {
		reports += uint64(b.Reports)
		switch {
		case usual < 0 || b.Usual < 0 || math.IsNaN(b.Usual):
			usual = -1
		default:
			usual += b.Usual
		}
	}
	return reports, usual
}
