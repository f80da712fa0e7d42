package app

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// drawn is what was drawn last. Nothing of it is drawn again that would be the
// same. Worlds share it, and nobody changes what a world holds.
type drawn struct {
	services  []page.Service
	bin       int64             // of their charts' end
	pending   []*panel          // those that have changed since
	trending  []*panel          // those that show a trend
	incidents []outcry.Incident // nil: not since one has changed
	work      scheduled
}

// world draws the board for the pages.
func (b *board) world(now time.Time) page.World {
	b.askUsual(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	return page.World{
		Now: now, Heard: b.heardTo, Pages: b.pages, Sources: b.sources, Services: b.draw(now), Incidents: b.tell(),
		Maintenances: append(slices.Clone(b.planned), b.agenda.due(&b.drawn.work, now)...),
	}
}

// redraw has a service drawn again for the next world.
func (p *panel) redraw() {
	if !p.pending {
		p.pending, p.board.drawn.pending = true, append(p.board.drawn.pending, p)
	}
}

// draw gives the services: those that have changed are drawn, and all when their
// charts move on.
func (b *board) draw(now time.Time) []page.Service {
	d, trends := &b.drawn, b.trending(now)
	switch bin := binOf(now); {
	case d.services == nil || d.bin != bin:
		d.services, d.bin, d.pending = make([]page.Service, len(b.order)), bin, append(d.pending[:0], b.order...)
	case len(d.pending)+len(d.trending)+len(trends) > 0:
		d.services = slices.Clone(d.services)
	}
	for _, p := range d.pending {
		d.services[p.place], p.pending = p.view(now), false
	}
	for _, p := range d.trending {
		d.services[p.place].Trend = nil
	}
	d.pending, d.trending = d.pending[:0], d.trending[:0]
	for id, t := range trends {
		if p := b.panels[id]; p != nil {
			d.services[p.place].Trend, d.trending = t, append(d.trending, p)
		}
	}
	return slices.Clip(d.services)
}

// tell gives the incidents in order.
func (b *board) tell() []outcry.Incident {
	if d := &b.drawn; d.incidents == nil {
		d.incidents = slices.SortedFunc(maps.Values(b.incidents), func(x, y outcry.Incident) int { return cmp.Compare(x.ID, y.ID) })
	}
	return slices.Clip(b.drawn.incidents)
}

// trending are the trends by service.
func (b *board) trending(now time.Time) map[string]*page.Trend {
	out := map[string]*page.Trend{}
	if b.trends == nil {
		return out
	}
	for _, t := range b.trends(now) {
		out[t.Term] = &page.Trend{Rank: t.Rank, Since: t.Since, PerMinute: t.PerMinute, Usual: t.Usual}
	}
	return out
}

// view draws a service. Of now it takes only the chart's last bin.
func (p *panel) view(now time.Time) page.Service {
	v := page.Service{Service: p.service, Condition: p.condition, Since: p.since, Remarks: p.remarks, Bulletins: slices.Clone(p.bulletins), Blind: slices.Clone(p.blind)}
	v.Series = make([]page.Bin, 0, chartSpan/page.BinLength)
	for k := range binsTo(now) {
		usual, known := p.usual[k]
		if !known {
			usual = -1
		}
		at := binStart(k)
		v.Series = append(v.Series, page.Bin{At: at, Reports: p.bins[k], Usual: usual, Blind: p.blindAt(at)})
	}
	hourly := p.hourly(now)
	v.Symptoms = p.rated(shareOf(p.cells, func(c *outcry.Cell) string { return c.Symptom }), p.typical.Symptoms, hourly)
	v.Regions = p.rated(shareOf(p.cells, func(c *outcry.Cell) string { return c.Scope.Region }), p.typical.Regions, hourly)
	v.Carriers = p.rated(shareOf(p.cells, func(c *outcry.Cell) string { return c.Scope.Carrier }), p.typical.Carriers, hourly)
	for _, r := range p.fine {
		v.Works += r.runs
	}
	for _, x := range p.probes {
		one := x.Probe
		for _, r := range x.runs {
			one.Runs += int(r.runs)
			one.Failed += int(r.fails)
		}
		v.Probes = append(v.Probes, one)
	}
	slices.SortFunc(v.Probes, func(x, y page.Probe) int { return cmp.Compare(x.Vantage, y.Vantage) })
	return v
}

// binsTo are the bins of the chart that ends now.
func binsTo(now time.Time) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		last := binOf(now)
		for k := last - int64(chartSpan/page.BinLength) + 1; k <= last; k++ {
			if !yield(k) {
				return
			}
		}
	}
}

func binStart(bin int64) time.Time {
	return time.Unix(bin*int64(page.BinLength.Seconds()), 0).UTC()
}

func (p *panel) blindAt(at time.Time) bool {
	return slices.ContainsFunc(p.blind, func(s page.Span) bool {
		return s.From.Before(at.Add(page.BinLength)) && s.To.After(at)
	})
}

func shareOf(cells []stamped, key func(*outcry.Cell) string) []page.Share {
	sums := map[string]uint32{}
	for i := range cells {
		if k := key(&cells[i].cell); k != "" {
			sums[k] += cells[i].cell.Fresh
		}
	}
	out := make([]page.Share, 0, len(sums))
	for k, n := range sums {
		out = append(out, page.Share{Key: k, Count: n})
	}
	slices.SortFunc(out, func(x, y page.Share) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Key, y.Key)) })
	return out
}
