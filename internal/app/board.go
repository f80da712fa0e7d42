package app

import (
	"context"
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
	order     []*panel
	panels    map[string]*panel
	stirred   []*panel // those that may be other than normal
	fading    []*panel // those of which the last hour is not empty
	lacking   []*panel // those of which it may not be known what is usual in each bin of the chart that ends with lackingAt
	lackingAt int64
	incidents map[string]outcry.Incident
	heardTo   time.Time
	drawn     drawn
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
	board     *board
	place     int     // in the board's order
	pending   bool    // to be drawn again
	fades     bool    // is among the board's fading
	learnt    bool    // what is usual has been learned
	known     stretch // bins of which it is known what is usual
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
		p := &panel{board: b, place: len(b.order), service: s, bins: make(map[int64]uint32), usual: make(map[int64]float64), probes: make(map[string]*probed)}
		b.order, b.panels[s.ID] = append(b.order, p), p
	}
	b.stirred = slices.Clone(b.order)
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
		p.redraw()
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
	b.drawn.incidents = nil
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
			if p.known == (stretch{}) && p.learnt {
				b.lacking = append(b.lacking, p) // it has forgotten some
			}
		}
	}
	b.fade(t)
	b.settle()
	for i := range verdicts {
		p := b.panels[verdicts[i].Service]
		if p == nil {
			continue
		}
		p.judged(verdicts[i].Condition)
		if p.condition == outcry.CondUnknown {
			p.markBlind(t)
		}
	}
}

// settle makes those services normal of which nothing else is said. Those that
// are so already need not be looked at.
func (b *board) settle() {
	b.stirred = slices.DeleteFunc(b.stirred, func(p *panel) bool {
		p.settle()
		return p.condition == outcry.CondNormal
	})
}

// judged takes over what the judge says.
func (p *panel) judged(c outcry.Condition) {
	if c == p.condition {
		return
	}
	if p.condition == outcry.CondNormal {
		p.board.stirred = append(p.board.stirred, p)
	}
	p.condition = c
	p.redraw()
}

// settle makes a service normal of which nothing else is said, once anything
// has been heard of it.
func (p *panel) settle() {
	if p.condition != outcry.CondUnknown || !p.since.IsZero() {
		p.judged(outcry.CondNormal)
	}
}

// markBlind notes a tick in which nobody watched, for the chart.
func (p *panel) markBlind(t outcry.Tick) {
	p.redraw()
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
		b.fade(t)
		for _, p := range b.stirred {
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
	b.incidents[in.ID], b.drawn.incidents = in, nil
}

func (p *panel) take(y *outcry.Tally) {
	p.redraw()
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
	if !p.fades {
		p.fades, p.board.fading = true, append(p.board.fading, p)
	}
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
		if last >= 0 && p.bulletins[last].Outcome == one.Outcome && p.bulletins[last].Status == one.Status {
			continue // it says again what stands
		}
		p.bulletins = append([]page.Bulletin{one}, p.bulletins...)
	}
	p.bulletins = p.bulletins[:min(len(p.bulletins), 10)]
}

// fade takes out of the last hour what is in it no longer, also of services of
// which nothing is heard any more.
func (b *board) fade(t outcry.Tick) {
	b.fading = slices.DeleteFunc(b.fading, func(p *panel) bool {
		oldest, some := p.oldest()
		if some && oldest < t-outcry.Ticks(scopeSpan) {
			p.forget(t)
			p.redraw()
			_, some = p.oldest()
		}
		p.fades = some
		return !some
	})
}

// oldest gives the first tick of the last hour in which something was heard.
func (p *panel) oldest() (t outcry.Tick, some bool) {
	take := func(x outcry.Tick) {
		if !some || x < t {
			t, some = x, true
		}
	}
	if len(p.cells) > 0 {
		take(p.cells[0].tick)
	}
	if len(p.fine) > 0 {
		take(p.fine[0].tick)
	}
	for _, v := range p.probes {
		if len(v.runs) > 0 {
			take(v.runs[0].tick)
		}
	}
	return t, some
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
		p.known = stretch{}
	}
	for _, v := range p.probes {
		v.runs = slices.DeleteFunc(v.runs, func(r ran) bool { return r.tick < old })
	}
}
