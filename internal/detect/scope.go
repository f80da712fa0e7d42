package detect

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

const (
	scopeUntil   = 30 * time.Minute
	symptomShare = 0.08 // of the excess: a symptom that is named
	scopeMargin  = 3.0  // nats by which a confinement must win
	dimPenalty   = 2.0
)

// cube is the reports since onset by scope, with what was to be expected.
type cube struct {
	cells []cubeCell
	all   float64 // expected in all
	count float64
}

type cubeCell struct {
	at [dims]string
	c  float64
}

// subset is a conjunction: of each dimension either everything (nil) or a set
// of values.
type subset [dims][]string

func (s subset) holds(at [dims]string) bool {
	for d, vs := range s {
		if vs != nil && !slices.Contains(vs, at[d]) {
			return false
		}
	}
	return true
}

// score is F(S) − F(Sᶜ): what a subset explains less what it leaves
// unexplained, where F = C ln(C/B) − (C − B) if C > B (Neill 2012 for the scan;
// the difference is what keeps a fault that reaches everywhere from being
// called one of its larger parts).
func score(c, b, allC, allB float64) float64 {
	return excess(c, b) - excess(allC-c, allB-b)
}

func excess(c, b float64) float64 {
	if c <= b {
		return 0
	}
	return c*math.Log(c/max(b, 1e-9)) - (c - b)
}

// locate says where the fault of a service reaches, and with what symptoms.
func (s *service) locate(since outcry.Tick) outcry.Affected {
	q, symptoms := s.cube(since)
	var a outcry.Affected
	best := s.confine(q)
	lists := [dims]*[]string{&a.Regions, &a.Carriers, &a.Platforms, &a.Versions, &a.Segments}
	for d, vs := range best {
		out := []string{}
		for _, v := range vs {
			if named(v) {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		*lists[d] = out
	}
	a.Symptoms = s.symptoms(symptoms, q)
	return a
}

func (s *service) cube(since outcry.Tick) (cube, map[string]float64) {
	sums := map[[dims]string]float64{}
	symptoms := map[string]float64{}
	var q cube
	for i := len(s.History) - 1; i >= 0 && s.History[i].Tick >= since; i-- {
		for _, c := range s.History[i].Cells {
			n := float64(c.Fresh)
			sums[values(c.Scope)] += n
			symptoms[c.Symptom] += n
			q.count += n
		}
	}
	for at, c := range sums {
		q.cells = append(q.cells, cubeCell{at, c})
	}
	slices.SortFunc(q.cells, func(x, y cubeCell) int { return slices.Compare(x.at[:], y.at[:]) })
	q.all = max(float64(s.Reports.Next-since), 1) * s.Reports.Rate * s.Reports.Filter.mean()
	return q, symptoms
}

// confine finds the conjunction of at most three dimensions that explains the
// most and leaves the least; nil in every dimension when the fault is not
// confined.
func (s *service) confine(q cube) subset {
	var best subset
	bar := excess(q.count, q.all) + scopeMargin
	for d := range dims {
		set, sc := s.ascend(q, d)
		if sc > bar {
			best, bar = set, sc
		}
	}
	return best
}

// ascend starts from one dimension and adds or revises others while the score
// rises: over each dimension the best subset is a prefix of its values by C/B,
// given the others.
func (s *service) ascend(q cube, first int) (subset, float64) {
	var set subset
	top := math.Inf(-1)
	order := []int{first}
	for d := range dims {
		if d != first {
			order = append(order, d)
		}
	}
	for range 3 {
		improved := false
		for _, d := range order {
			trial := set
			trial[d] = nil
			if used(trial) >= 3 {
				continue
			}
			vs, sc := s.prefix(q, trial, d)
			if vs != nil && sc > top+1e-9 {
				set[d], top, improved = vs, sc, true
			}
		}
		if !improved {
			break
		}
	}
	return set, top
}

func used(s subset) (n int) {
	for _, vs := range s {
		if vs != nil {
			n++
		}
	}
	return n
}

// prefix gives the best set of values of dimension d under the conjunction of
// the others, with the score less the price of choosing it.
func (s *service) prefix(q cube, rest subset, d int) ([]string, float64) {
	type value struct {
		v    string
		c, b float64
	}
	byValue := map[string]float64{}
	for _, c := range q.cells {
		if rest.holds(c.at) {
			byValue[c.at[d]] += c.c
		}
	}
	vs := make([]value, 0, len(byValue))
	for v, c := range byValue {
		set := rest
		set[d] = []string{v}
		vs = append(vs, value{v, c, q.all * s.expectedShare(set)})
	}
	slices.SortFunc(vs, func(x, y value) int {
		return cmp.Or(cmp.Compare(y.c*x.b, x.c*y.b), cmp.Compare(x.v, y.v))
	})
	all := max(len(s.Shares.Dims[d]), len(vs), 2)
	var c, b float64
	best, bestN := math.Inf(-1), 0
	for i, v := range vs[:min(len(vs), all-1)] {
		if !named(v.v) {
			continue
		}
		c, b = c+v.c, b+v.b
		price := lnChoose(all, i+1) + dimPenalty*float64(used(rest)+1)
		if sc := score(c, b, q.count, q.all) - price; sc > best {
			best, bestN = sc, i+1
		}
	}
	var out []string
	for _, v := range vs[:bestN] {
		if named(v.v) {
			out = append(out, v.v)
		}
	}
	return out, best
}

func lnChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// expectedShare is the part of the normal reports that a conjunction has.
func (s *service) expectedShare(set subset) float64 {
	share := 1.0
	if set[dimRegion] != nil && set[dimCarrier] != nil {
		share = 0
		for _, r := range set[dimRegion] {
			for _, c := range set[dimCarrier] {
				p, _ := s.Shares.pair(r, c)
				share += p
			}
		}
	}
	for d, vs := range set {
		paired := d == dimRegion && set[dimCarrier] != nil || d == dimCarrier && set[dimRegion] != nil
		if vs == nil || paired {
			continue
		}
		var sum float64
		for _, v := range vs {
			p, _ := s.Shares.of(d, v)
			sum += p
		}
		share *= min(sum, 1)
	}
	return share
}

// symptoms names those that make up the excess.
func (s *service) symptoms(counts map[string]float64, q cube) []string {
	out := []string{}
	over := q.count - q.all
	for v, c := range counts {
		usual := q.all * s.symptomShare(v)
		if v != "" && c >= 2 && over > 0 && c-usual >= symptomShare*over {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func (s *service) symptomShare(symptom string) float64 {
	var n float64
	for k, c := range s.Shares.Cells {
		if k.Symptom == symptom {
			n += c
		}
	}
	return n / (s.Shares.All + 1)
}
