package detect

import (
	"cmp"
	"math"
	"slices"

	"github.com/outcry/outcry"
)

// belief is the fused statistic of one service at one tick.
type belief struct {
	LnR   float64 // ln of Σ over marks of W·Λ: compared with ln A; −∞ of a fault that has been raised
	Best  int     // the mark whose window says most; −1: none
	Nats  float64 // that window's ratio
	Parts parts   // and what each stream gave to it
	Win   window  // its reports
	Post  window
	Meter reading // its strongest metric
}

// parts are the log ratios of the streams in one window.
type parts struct {
	Reports, Probes, Posts, Fixed, Metrics float64
	Trend                                  float64 // what it adds to the posts
	Failing                                int     // vantages with evidence of failure
	Fails, Runs                            float64
}

func (p parts) sum() float64 { return p.Reports + p.others() }

// hard is the evidence that does not rest on what strangers write.
func (p parts) hard() float64 { return p.Probes + p.Fixed }

// probed reports whether checks speak of a fault. One that failed is chance, once
// in some hours of a service whose checks run every half minute.
func (p parts) probed() bool { return p.Probes > 5 && p.Fails >= 2 }

// metered reports whether a metric speaks of a fault. Alone it raises nothing.
func (p parts) metered() bool { return p.Metrics > 5 }

// others is the evidence that does not rest on reports.
func (p parts) others() float64 { return p.Probes + p.Posts + p.Trend + p.Fixed + p.Metrics }

// countLLR is the ratio of one count stream in a window, over the mixture of
// rates and the chance that the stream is untouched. Where even the best rate
// says little, the mixture is bounded by it, which saves eleven logarithms.
func (g *thetaGrid) countLLR(w window) float64 {
	if w.C <= w.B {
		return -math.Ln2 * min(1, w.B)
	}
	if best := blockGLR(w.C, w.B, w.A); best < 3 {
		return maybe(best + g.lnWeight)
	}
	return maybe(g.mixture(w.C, w.B, w.A))
}

// vantageView says how much a vantage is to be believed at this tick.
type vantageView struct {
	limit float64 // nats at most; 0: cut off, not counted
	back  bool    // it passes others of its services: it is there
}

// believe evaluates every window of the service. Of one that has failed already
// nobody asks whether it does, which the sum over all starting points answers.
func (g *thetaGrid) believe(s *service, view []vantageView) belief {
	b := belief{LnR: math.Inf(-1), Best: -1, Nats: math.Inf(-1)}
	raised := s.State.active() && s.State.Is != outcry.CondSuspicious
	for i := range s.Marks {
		p, win, post, meter := g.parts(s, &s.Marks[i], view)
		sum := p.sum()
		if !raised {
			b.LnR = logAdd(b.LnR, p.others()+g.starts(s, win, &s.Marks[i].Mark))
		}
		if sum > b.Nats {
			b.Best, b.Nats, b.Parts, b.Win, b.Post, b.Meter = i, sum, p, win, post, meter
		}
	}
	return b
}

// blindStarts is how many ticks a fault may have begun before a mark without a
// sign, when it does not touch reports: checks come every few ticks.
const blindStarts = 3

// starts sums the reports' ratio over the starting points of a mark, with even
// odds that reports are untouched, and even odds that what the filter believes
// of the multiplier is to be trusted.
func (g *thetaGrid) starts(s *service, w window, m *mark) float64 {
	untouched := math.Log(blindStarts)
	if w.C <= w.B {
		return untouched
	}
	known := g.sum(w, m.Gap, s.Reports.Rate, m.W)
	plain := g.sum(s.Reports.plain(*m), m.Gap, s.Reports.Rate, m.W)
	return logAdd(untouched, logAdd(known, plain)-math.Ln2) - math.Ln2
}

func (g *thetaGrid) parts(s *service, m *anchor, view []vantageView) (p parts, win, post window, meter reading) {
	win = s.Reports.window(m.Mark, 1)
	p.Reports = g.countLLR(win)
	post, p.Posts = s.Posts.since(g, &m.Post, s.State.active())
	p.Trend = s.trended(m, p.Posts)
	meter, p.Metrics = s.metered(g, m)
	for i := range s.Vantages {
		v := &s.Vantages[i]
		fails, runs := m.since(i, v)
		limit := vantageCapOne // nobody doubts any vantage
		if view != nil {
			limit = view[i].limit
		}
		if runs == 0 || limit == 0 {
			continue
		}
		l := maybe(probeLLR(fails, runs, v.pFalse(), limit))
		if l > 3 {
			p.Failing++
		}
		p.Fails, p.Runs = p.Fails+fails, p.Runs+runs
		p.Probes += l
	}
	if p.Failing < s.quorum {
		p.Probes = min(p.Probes, 0)
	}
	p.Fixed = s.Fixed.Sum - m.Fixed
	return p, win, post, meter
}

// subSeries is the reports of one part of a service: a region, a carrier …
type subSeries struct {
	N      float64
	Marks  []mark
	slot   int         // among the tick's news
	counts [3]*float64 // of its share: its own, and a pair's region and carrier
	fades  int         // when they were looked up
}

// sub names a part: the dimension and value, or a region on a carrier.
type sub struct {
	Dim  int
	A, B string
}

func (k sub) compare(o sub) int {
	return cmp.Or(cmp.Compare(k.Dim, o.Dim), cmp.Compare(k.A, o.A), cmp.Compare(k.B, o.B))
}

// Parts that are no dimension of a scope.
const (
	dimPair    = dims + iota // region × carrier
	dimSymptom               // what fails: the mix of symptoms changes before their number does
)

// alarm is how far a part is over its own threshold, and since when.
type alarm struct {
	over   float64
	since  outcry.Tick
	excess float64 // reports over the usual since then
}

// takeSubs counts a tick's cells into the parts and gives the strongest alarm
// among them.
func (j *Judge) takeSubs(s *service, t outcry.Tick, cells []outcry.Cell) alarm {
	top := alarm{over: math.Inf(-1)}
	j.parted = s.parted(j.parted[:0], cells)
	// the parent has taken this tick already: its sums include it
	now := s.Reports.mark()
	now.Tick, now.E, now.All = t, s.Reports.E-s.Reports.Rate, s.Reports.N-s.freshAt(t)
	for i := range j.parted {
		p := &j.parted[i]
		if p.x == nil {
			p.x = s.sub(p.k)
		}
		if p.x == nil {
			continue
		}
		if a := j.grid.takeSub(s, now, p, j.lnA); a.over > top.over || a.over == top.over && a.since < top.since {
			top = a
		}
	}
	return top
}

// sub is a part's series, which is begun where there is room; else nil.
func (s *service) sub(k sub) *subSeries {
	x := s.Subs[k]
	if x == nil && len(s.Subs) < maxSubs {
		x = &subSeries{}
		s.Subs[k] = x
	}
	return x
}

// partNews is what a tick brings to one part; without series it is a new one.
type partNews struct {
	k sub
	x *subSeries
	n float64
}

// parted sums a tick's fresh reports by part, in the parts' order: when room is
// short, it is always for the same. Their places have been looked up.
func (s *service) parted(sums []partNews, cells []outcry.Cell) []partNews {
	for i := range cells {
		if c := &cells[i]; c.Fresh > 0 {
			sums = s.partsOf(sums, c, s.places[i])
		}
	}
	if len(cells) < 2 {
		return sums // which is in order
	}
	slices.SortFunc(sums, func(x, y partNews) int { return x.k.compare(y.k) })
	kept := sums[:0]
	for _, p := range sums {
		if last := len(kept) - 1; last >= 0 && kept[last].k == p.k {
			kept[last].n += p.n
			continue
		}
		kept = append(kept, p)
	}
	return kept
}

// partsOf adds the reports of one cell, with its place, to those of its parts.
func (s *service) partsOf(sums []partNews, c *outcry.Cell, p *place) []partNews {
	for d := range dimSymptom + 1 {
		k, ok := partOf(&c.CellKey, d)
		if !ok {
			continue
		}
		x := p.parts[d]
		if x == nil {
			x = s.Subs[k]
			p.parts[d] = x
		}
		if x != nil && x.slot < len(sums) && sums[x.slot].x == x {
			sums[x.slot].n += float64(c.Fresh)
			continue
		}
		if x != nil {
			x.slot = len(sums)
		}
		sums = append(sums, partNews{k, x, float64(c.Fresh)})
	}
	return sums
}

// partOf names the part of a sort that a cell belongs to, if it has a name.
func partOf(c *outcry.CellKey, d int) (k sub, ok bool) {
	switch at := &c.Scope; d {
	case dimRegion:
		k = sub{Dim: d, A: at.Region}
	case dimCarrier:
		k = sub{Dim: d, A: at.Carrier}
	case dimPlatform:
		k = sub{Dim: d, A: at.Platform}
	case dimVersion:
		k = sub{Dim: d, A: at.Version}
	case dimSegment:
		k = sub{Dim: d, A: at.Segment}
	case dimPair:
		return sub{d, at.Region, at.Carrier}, named(at.Region) && named(at.Carrier)
	default:
		k = sub{Dim: d, A: c.Symptom}
	}
	return k, named(k.A)
}

// named reports whether a value can be the name of a cause.
func named(v string) bool { return v != "" && v != outcry.ScopeOther }

// A service's budget for false alarms is divided between the whole of it, its
// single scopes, and pairs of them: the logarithm of the share is all that it
// costs in nats.
const (
	wholeBudget  = 0.6
	singleBudget = 0.25
	pairBudget   = 0.15
	maxSubs      = 4 * maxCells
)

func (g *thetaGrid) takeSub(s *service, now mark, p *partNews, lnA [4]float64) alarm {
	k, x := p.k, p.x
	share, variance := s.shareOf(k, x)
	now.N = x.N
	x.N += p.n
	x.Marks = push(x.Marks, now, share)
	lnR, best, since, excess := math.Inf(-1), math.Inf(-1), now.Tick, 0.0
	cost := s.lnCost(k)
	limit := lnA[outcry.TierWatch] + cost - lnMarks
	for i := range x.Marks {
		m := &x.Marks[i]
		mixes := k.Dim == dimSymptom && m.All > 0 && share < mostShare
		if s.Reports.below(m, x.N-m.N, share, variance, limit) && (!mixes || s.Reports.mixBelow(m, x.N-m.N, share, variance, limit)) {
			continue
		}
		w := s.Reports.window(*m, share)
		w.C = x.N - m.N
		l := g.sumFrom(w, variance, m, share*s.Reports.Rate)
		if mixes {
			l = logAdd(l, g.sumFrom(w.beside(s.Reports.N-m.All-w.C, share), variance, m, share*s.Reports.Rate)) - math.Ln2
		}
		lnR = logAdd(lnR, l)
		if l > best {
			best, since, excess = l, m.Tick, w.C-w.B
		}
	}
	if math.IsInf(lnR, -1) || k.Dim == dimSymptom && s.elevated(since) < symptomNeeds {
		return alarm{over: math.Inf(-1)}
	}
	return alarm{lnR - lnA[outcry.TierOutage] - cost, since, excess}
}

// sumFrom is the part's sum over the starting points of a mark, where its share
// has a relative variance of its own; −∞ where the window says next to nothing.
func (g *thetaGrid) sumFrom(w window, variance float64, m *mark, rate float64) float64 {
	if w.A = 1 / (1/w.A + variance); blockGLR(w.C, w.B, w.A) <= 4 {
		return math.Inf(-1)
	}
	return g.sum(w, m.Gap, rate, m.W)
}

// symptomNeeds is the evidence, in nats, that the whole service must show before
// a change in the mix of symptoms counts: a form that was given another list
// changes the mix, and not the number.
const symptomNeeds = 1.5

// mostShare is from where on a symptom has too little beside it to be held against.
const mostShare = 0.9

// elevated is the whole service's ratio since a tick, at its best rate.
func (s *service) elevated(since outcry.Tick) float64 {
	for i := range s.Marks {
		if m := &s.Marks[i].Mark; m.Tick >= since {
			w := s.Reports.window(*m, 1)
			return blockGLR(w.C, w.B, w.A)
		}
	}
	return 0
}

func (s *service) shareOf(k sub, x *subSeries) (share, variance float64) {
	c := &x.counts
	if x.fades != s.Shares.fades {
		*c, x.fades = [3]*float64{}, s.Shares.fades
	}
	if c[0] == nil || k.Dim == dimPair && (c[1] == nil || c[2] == nil) {
		*c = s.Shares.find(k)
	}
	if k.Dim == dimPair {
		return s.Shares.together(known(c[0]), known(c[1]), known(c[2]))
	}
	return s.Shares.share(known(c[0]))
}

// find looks up the counts of a part.
func (s *shares) find(k sub) (c [3]*float64) {
	switch k.Dim {
	case dimPair:
		return [3]*float64{s.Pairs[[2]string{k.A, k.B}], s.Dims[dimRegion][k.A], s.Dims[dimCarrier][k.B]}
	case dimSymptom:
		c[0] = s.Symptoms[k.A]
	default:
		c[0] = s.Dims[k.Dim][k.A]
	}
	return c
}

// cost is a logarithm that is kept until its number changes.
type cost struct {
	n  int
	ln float64
}

// lnCost is what a part's threshold is raised by: the log of its share of the
// budget, which all parts of its sort divide evenly.
func (s *service) lnCost(k sub) float64 {
	if k.Dim == dimPair {
		return s.costs[1].of(max(len(s.Shares.Pairs), 8), pairBudget)
	}
	n := len(s.Shares.Symptoms)
	for d := range s.Shares.Dims {
		n += len(s.Shares.Dims[d])
	}
	return s.costs[0].of(max(n, 8), singleBudget)
}

func (c *cost) of(n int, budget float64) float64 {
	if c.n != n {
		c.n, c.ln = n, math.Log(float64(n)/budget)
	}
	return c.ln
}
