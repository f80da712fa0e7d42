package app

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/trend"
)

// board is what the pages show, kept up to date tick by tick, so that no
// visitor and no tick asks the store: the last day's counts, the last hour's
// scopes, what probes and vendors say, and the incidents of the kept history.
type board struct {
	pages   []page.Page
	sources []page.Source
	usual   func(service string, at time.Time) (perHour float64, learned bool)
	// shares of ordinary reports; nil where nobody knows them.
	shares func(service string) (detect.UsualShares, bool)
	// trends are what people suddenly post about; nil where nobody listens.
	trends func(at time.Time) []trend.Trend

	mu        sync.Mutex
	planned   []page.Maintenance
	agenda    agenda // planned work of the configuration file
	order     []string
	panels    map[string]*panel
	incidents map[string]outcry.Incident
	heardTo   time.Time
}

// panel is one service on the board.
type panel struct {
	service   outcry.Service
	condition outcry.Condition
	since     time.Time
	bins      map[int64]uint32  // distinct reporters by five-minute bin since the epoch
	usual     map[int64]float64 // what was usual in a bin, as it was known in it
	cells     []stamped         // of the last hour
	fine      []ran             // those of the last hour for whom it works
	typical   detect.UsualShares
	probes    map[string]*probed
	bulletins []page.Bulletin
	remarks   *page.Remarks // nil: its page takes no comments
	blind     []page.Span   // when nobody watched it
}

type stamped struct {
	tick outcry.Tick
	cell outcry.Cell
}

// probed is one vantage's view of one service.
type probed struct {
	page.Probe
	runs []ran // of the last hour
}

type ran struct {
	tick        outcry.Tick
	runs, fails uint32
}

const (
	chartSpan = 24 * time.Hour
	scopeSpan = time.Hour
)

func newBoard(services []outcry.Service, pages []page.Page) *board {
	b := &board{pages: pages, panels: make(map[string]*panel, len(services)), incidents: make(map[string]outcry.Incident)}
	for _, s := range services {
		b.order = append(b.order, s.ID)
		b.panels[s.ID] = &panel{service: s, bins: make(map[int64]uint32), usual: make(map[int64]float64), probes: make(map[string]*probed)}
	}
	return b
}

func binOf(t time.Time) int64 { return t.Unix() / int64(page.BinLength.Seconds()) }

// history is what the board reads once, at the start.
type history interface {
	Series(ctx context.Context, service string, kind outcry.Kind, from, to time.Time, step time.Duration) ([]store.Bin, error)
	Incidents(ctx context.Context, q store.IncidentQuery) ([]outcry.Incident, error)
	LoadJudge(ctx context.Context) (store.JudgeState, error)
}

// historyKept is how far back the pages tell incidents.
const historyKept = 400 * 24 * time.Hour

// load fills the board from the store, and gives the tick up to which it has:
// the last that was judged. Later ones will be heard.
func (b *board) load(ctx context.Context, h history, now time.Time) (outcry.Tick, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := outcry.TickOf(now) - 1
	st, err := h.LoadJudge(ctx)
	if err != nil {
		return 0, err
	}
	if st.Tick != 0 {
		seen = st.Tick
	}
	if err := b.loadCounts(ctx, h, now.Add(-chartSpan), seen.End()); err != nil {
		return 0, err
	}
	return seen, b.loadIncidents(ctx, h, now)
}

func (b *board) loadCounts(ctx context.Context, h history, from, to time.Time) error {
	if !from.Before(to) {
		return nil // the last process has been gone for so long
	}
	for id, p := range b.panels {
		bins, err := h.Series(ctx, id, outcry.KindReport, from, to, page.BinLength)
		if err != nil {
			return err
		}
		for _, x := range bins {
			if x.Distinct > 0 {
				p.bins[binOf(x.At)] = x.Distinct
				p.since = earliest(p.since, x.At)
			}
		}
	}
	return nil
}

func (b *board) loadIncidents(ctx context.Context, h history, now time.Time) error {
	past, err := h.Incidents(ctx, store.IncidentQuery{From: now.Add(-historyKept), To: now.Add(time.Hour), Limit: 5000})
	if err != nil {
		return err
	}
	open, err := h.Incidents(ctx, store.IncidentQuery{Open: true, Limit: 1000})
	if err != nil {
		return err
	}
	for _, in := range append(past, open...) {
		b.incidents[in.ID] = in
	}
	return nil
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// heard implements audience.
func (b *board) heard(t outcry.Tick, tallies []outcry.Tally, verdicts []outcry.Verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heardTo = t.End()
	for i := range tallies {
		if p := b.panels[tallies[i].Service]; p != nil {
			p.take(&tallies[i])
		}
	}
	for _, p := range b.panels {
		p.settle()
	}
	for i := range verdicts {
		p := b.panels[verdicts[i].Service]
		if p == nil {
			continue
		}
		if p.condition = verdicts[i].Condition; p.condition == outcry.CondUnknown {
			p.markBlind(t)
		}
	}
}

// settle makes a service normal of which nothing else is said, once anything
// has been heard of it.
func (p *panel) settle() {
	if p.condition != outcry.CondUnknown || !p.since.IsZero() {
		p.condition = outcry.CondNormal
	}
}

// markBlind notes a tick in which nobody watched, for the chart.
func (p *panel) markBlind(t outcry.Tick) {
	if n := len(p.blind); n > 0 && p.blind[n-1].To.Equal(t.Start()) {
		p.blind[n-1].To = t.End()
	} else {
		p.blind = append(p.blind, page.Span{From: t.Start(), To: t.End()})
	}
	for p.blind[0].To.Before(t.Start().Add(-chartSpan)) {
		p.blind = p.blind[1:]
	}
}

// passed moves the board's time on over ticks in which nothing was heard.
func (b *board) passed(t outcry.Tick) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if end := t.End(); end.After(b.heardTo) {
		b.heardTo = end
		for _, p := range b.panels {
			if p.condition == outcry.CondUnknown {
				p.settle()
			}
		}
	}
}

// changed implements audience.
func (b *board) changed(in outcry.Incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.incidents[in.ID] = in
}

func (p *panel) take(y *outcry.Tally) {
	p.since = earliest(p.since, y.Tick.Start())
	switch y.Kind {
	case outcry.KindReport:
		p.bins[binOf(y.Tick.Start())] += y.Distinct
		p.works(y)
		for _, c := range y.Cells {
			if c.Bad > 0 {
				p.cells = append(p.cells, stamped{y.Tick, c})
			}
		}
	case outcry.KindProbe:
		for _, c := range y.Cells {
			p.probed(y.Tick, c)
		}
	case outcry.KindBulletin:
		p.bulletin(y)
	}
	p.forget(y.Tick)
}

func (p *panel) probed(t outcry.Tick, c outcry.Cell) {
	v := p.probes[c.Vantage]
	if v == nil {
		v = &probed{Probe: page.Probe{Vantage: c.Vantage}}
		p.probes[c.Vantage] = v
	}
	v.At = t.Start()
	switch {
	case c.Unknown == c.Total:
		v.Outcome = outcry.Unknown
	case c.Bad > 0:
		v.Outcome = outcry.Bad
	default:
		v.Outcome = outcry.Good
	}
	v.runs = append(v.runs, ran{t, c.Total, c.Bad})
}

func (p *panel) bulletin(y *outcry.Tally) {
	for _, b := range bulletinsOf([]outcry.Tally{*y}) {
		one := bulletinOnPage(b)
		last := slices.IndexFunc(p.bulletins, func(x page.Bulletin) bool { return x.Source == one.Source })
		if last >= 0 && p.bulletins[last].Words == one.Words {
			continue // it says again what stands
		}
		p.bulletins = append([]page.Bulletin{one}, p.bulletins...)
	}
	p.bulletins = p.bulletins[:min(len(p.bulletins), 10)]
}

// forget drops what is older than the board shows.
func (p *panel) forget(t outcry.Tick) {
	old := t - outcry.Ticks(scopeSpan)
	p.cells = slices.DeleteFunc(p.cells, func(s stamped) bool { return s.tick < old })
	p.fine = slices.DeleteFunc(p.fine, func(r ran) bool { return r.tick < old })
	first := binOf(t.Start().Add(-chartSpan - time.Hour))
	if len(p.bins) > 400 {
		maps.DeleteFunc(p.bins, func(k int64, _ uint32) bool { return k < first })
	}
	if len(p.usual) > 400 {
		maps.DeleteFunc(p.usual, func(k int64, _ float64) bool { return k < first })
	}
	for _, v := range p.probes {
		v.runs = slices.DeleteFunc(v.runs, func(r ran) bool { return r.tick < old })
	}
}

// world draws the board for the pages.
func (b *board) world(now time.Time) page.World {
	b.askUsual(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	trends := b.trending(now)
	w := page.World{Now: now, Heard: b.heardTo, Pages: b.pages, Sources: b.sources, Maintenances: append(slices.Clone(b.planned), b.agenda.shown(now)...)}
	for _, id := range b.order {
		v := b.view(b.panels[id], now)
		v.Trend = trends[id]
		w.Services = append(w.Services, v)
	}
	for _, in := range b.incidents {
		w.Incidents = append(w.Incidents, in)
	}
	slices.SortFunc(w.Incidents, func(x, y outcry.Incident) int { return cmp.Compare(x.ID, y.ID) })
	return w
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

func (b *board) view(p *panel, now time.Time) page.Service {
	v := page.Service{Service: p.service, Condition: p.condition, Since: p.since, Bulletins: slices.Clone(p.bulletins), Remarks: p.remarks, Blind: slices.Clone(p.blind)}
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

// askUsual asks the judge what is usual in the bins of the charts that have not
// been asked for. It holds no lock meanwhile: the judge, when it has one,
// reports to the board.
func (b *board) askUsual(now time.Time) {
	asked := map[string]map[int64]float64{}
	for id, bins := range b.unasked(now) {
		for _, k := range bins {
			perHour, learned := b.usual(id, binStart(k).Add(page.BinLength/2))
			if !learned {
				break
			}
			if asked[id] == nil {
				asked[id] = map[int64]float64{}
			}
			asked[id][k] = perHour * page.BinLength.Hours()
		}
	}
	b.learnt(asked)
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, bins := range asked {
		maps.Copy(b.panels[id].usual, bins)
	}
}

func (b *board) unasked(now time.Time) map[string][]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string][]int64{}
	for id, p := range b.panels {
		for k := range binsTo(now) {
			if _, known := p.usual[k]; !known {
				out[id] = append(out[id], k)
			}
		}
	}
	return out
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
