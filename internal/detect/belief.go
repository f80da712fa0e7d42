package detect

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/outcry/outcry"
)

// belief is the fused statistic of one service at one tick.
type belief struct {
	LnR   float64 // ln of Σ over marks of W·Λ: compared with ln A
	Best  int     // the mark whose window says most; −1: none
	Nats  float64 // that window's ratio
	Parts parts   // and what each stream gave to it
	Win   window  // its reports
	Post  window
}

// parts are the log ratios of the streams in one window.
type parts struct {
	Reports, Probes, Posts, Fixed float64
	Failing                       int // vantages with evidence of failure
	Fails, Runs                   float64
}

func (p parts) sum() float64 { return p.Reports + p.Probes + p.Posts + p.Fixed }

// others is the evidence that does not rest on reports.
func (p parts) others() float64 { return p.Probes + p.Posts + p.Fixed }

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
}

// believe evaluates every window of the service.
func (g *thetaGrid) believe(s *service, view []vantageView) belief {
	b := belief{LnR: math.Inf(-1), Best: -1, Nats: math.Inf(-1)}
	for i := range s.Marks {
		p, win, post := g.parts(s, &s.Marks[i], view)
		sum := p.sum()
		b.LnR = logAdd(b.LnR, p.others()+g.starts(s, win, &s.Marks[i].Mark))
		if sum > b.Nats {
			b.Best, b.Nats, b.Parts, b.Win, b.Post = i, sum, p, win, post
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

func (g *thetaGrid) parts(s *service, m *anchor, view []vantageView) (p parts, win, post window) {
	win = s.Reports.window(m.Mark, 1)
	p.Reports = g.countLLR(win)
	if post = s.Posts.window(m.Post, 1); post.C > 0 {
		p.Posts = g.countLLR(post)
	}
	for i := range s.Vantages {
		v := &s.Vantages[i]
		fails, runs := m.since(i, v)
		if runs == 0 || view[i].limit == 0 {
			continue
		}
		l := maybe(probeLLR(fails, runs, v.pFalse(), view[i].limit))
		if l > 3 {
			p.Failing++
		}
		p.Fails, p.Runs = p.Fails+fails, p.Runs+runs
		p.Probes += l
	}
	p.Fixed = s.Fixed.Sum - m.Fixed
	return p, win, post
}

// subSeries is the reports of one part of a service: a region, a carrier …
type subSeries struct {
	N     float64
	Marks []mark
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
	over  float64
	since outcry.Tick
}

// takeSubs counts a tick's cells into the parts and gives the strongest alarm
// among them.
func (g *thetaGrid) takeSubs(s *service, t outcry.Tick, cells []outcry.Cell, lnA float64) alarm {
	top := alarm{over: math.Inf(-1)}
	sums := parted(cells)
	for _, k := range slices.SortedFunc(maps.Keys(sums), sub.compare) { // when room is short, always for the same
		if a := g.takeSub(s, t, k, sums[k], lnA); a.over > top.over || a.over == top.over && a.since < top.since {
			top = a
		}
	}
	return top
}

// parted sums a tick's fresh reports by part.
func parted(cells []outcry.Cell) map[sub]float64 {
	sums := make(map[sub]float64, 2*len(cells))
	for _, c := range cells {
		if c.Fresh == 0 {
			continue
		}
		n := float64(c.Fresh)
		vs := values(c.Scope)
		for d, v := range vs {
			if named(v) {
				sums[sub{Dim: d, A: v}] += n
			}
		}
		if named(c.Symptom) {
			sums[sub{Dim: dimSymptom, A: c.Symptom}] += n
		}
		if named(vs[dimRegion]) && named(vs[dimCarrier]) {
			sums[sub{dimPair, vs[dimRegion], vs[dimCarrier]}] += n
		}
	}
	return sums
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

func (g *thetaGrid) takeSub(s *service, t outcry.Tick, k sub, n, lnA float64) alarm {
	x := s.Subs[k]
	if x == nil {
		if len(s.Subs) >= maxSubs {
			return alarm{over: math.Inf(-1)}
		}
		x = &subSeries{}
		s.Subs[k] = x
	}
	share, variance := s.shareOf(k)
	// the parent has taken this tick already: its sums include it
	m := mark{Tick: t, N: x.N, E: s.Reports.E - s.Reports.Rate, Mu: s.Reports.Filter.Mu, Q: s.Reports.Filter.Q, S: s.Reports.Spread}
	x.N += n
	x.Marks = push(x.Marks, m, share, func(*mark) bool { return false })
	lnR, best, since := math.Inf(-1), math.Inf(-1), t
	for i := range x.Marks {
		m := &x.Marks[i]
		w := s.Reports.window(*m, share)
		w.C, w.A = x.N-m.N, 1/(1/w.A+variance)
		l := math.Inf(-1)
		if blockGLR(w.C, w.B, w.A) > 4 {
			l = g.sum(w, m.Gap, share*s.Reports.Rate, m.W)
		}
		lnR = logAdd(lnR, l)
		if l > best {
			best, since = l, m.Tick
		}
	}
	if k.Dim == dimSymptom && s.elevated(since) < symptomNeeds {
		return alarm{over: math.Inf(-1)}
	}
	return alarm{lnR - lnA - s.lnCost(k), since}
}

// symptomNeeds is the evidence, in nats, that the whole service must show before
// a change in the mix of symptoms counts: a form that was given another list
// changes the mix, and not the number.
const symptomNeeds = 1.5

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

func (s *service) shareOf(k sub) (share, variance float64) {
	switch k.Dim {
	case dimPair:
		return s.Shares.pair(k.A, k.B)
	case dimSymptom:
		return s.Shares.symptom(k.A)
	default:
		return s.Shares.of(k.Dim, k.A)
	}
}

// lnCost is what a part's threshold is raised by: the log of its share of the
// budget, which all parts of its sort divide evenly.
func (s *service) lnCost(k sub) float64 {
	if k.Dim == dimPair {
		return math.Log(float64(max(len(s.Shares.Pairs), 8)) / pairBudget)
	}
	n := len(s.Shares.Symptoms)
	for d := range s.Shares.Dims {
		n += len(s.Shares.Dims[d])
	}
	return math.Log(float64(max(n, 8)) / singleBudget)
}
