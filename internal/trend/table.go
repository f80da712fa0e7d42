package trend

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"time"
)

// Config sets a table. A zero field takes the default given beside it.
type Config struct {
	Known    []string      // terms that are counted exactly
	Counters int           // 2,048: places for all other terms
	Fast     time.Duration // 5m: half-life of what is talked about now
	Slow     time.Duration // 12h: half-life of what is usual
	Least    float64       // 2: posts a minute above the usual, for certain, that make a trend
}

// whole fills in the defaults.
func (c Config) whole() Config {
	c.Counters = cmp.Or(c.Counters, 2048)
	c.Fast = cmp.Or(c.Fast, 5*time.Minute)
	c.Slow = cmp.Or(c.Slow, 12*time.Hour)
	c.Least = cmp.Or(c.Least, 2)
	return c
}

// Table counts terms. It is for one goroutine.
type Table struct {
	cfg        Config
	fast, slow float64 // decays, per second
	terms      map[string]*term
	places     places
	start, now float64
}

// Trend is one term that is trending.
type Trend struct {
	Term      string
	Rank      int       // from 1
	Since     time.Time // when it began to trend
	PerMinute float64   // posts, lately
	Usual     float64   // posts a minute that are usual
	Excess    float64   // posts a minute over the usual, for certain (z = 2.33)
}

// New makes an empty table.
func New(cfg Config) *Table {
	cfg = cfg.whole()
	t := &Table{cfg: cfg, fast: rateOf(cfg.Fast), slow: rateOf(cfg.Slow), terms: make(map[string]*term, cfg.Counters+len(cfg.Known))}
	for _, k := range cfg.Known {
		t.terms[k] = &term{text: k, known: true}
	}
	return t
}

// maxTerm is how long a term may be, in bytes; longer ones are nobody's word.
const maxTerm = 64

// Add counts one post that has the term. Posts come roughly in order of time.
func (t *Table) Add(text string, at time.Time) { t.AddMany(text, 1, at) }

// AddMany counts a post that stands for n, of which the others were not looked at.
func (t *Table) AddMany(text string, n float64, at time.Time) {
	if text == "" || len(text) > maxTerm {
		return
	}
	t.advance(at)
	k := t.terms[text]
	if k == nil {
		k = t.seat(text)
	}
	k.fast.add(n, t.now, t.fast)
	k.slow.add(n, t.now, t.slow)
	k.last = t.now
	if k.known {
		t.mark(k)
		return
	}
	k.order = math.Log(k.fast.sum) + t.fast*k.fast.at
	heap.Fix(&t.places, k.place)
}

func (t *Table) advance(at time.Time) {
	now := secondsOf(at)
	if t.start == 0 {
		t.start = now
	}
	t.now = max(t.now, now)
}

// seat gives a term a place: a free one, or that of the smallest, whose count
// it inherits as a possible error.
func (t *Table) seat(text string) *term {
	if len(t.places.list) < t.cfg.Counters {
		k := &term{text: text, order: math.Inf(-1)}
		t.terms[text] = k
		heap.Push(&t.places, k)
		return k
	}
	k := t.places.list[0]
	delete(t.terms, k.text)
	held := k.fast.value(t.now, t.fast)
	*k = term{text: text, place: k.place, order: k.order, error: held, fast: decayed{held, t.now}}
	t.terms[text] = k
	return k
}

// z is the quantile of the confidence bound: one in a hundred, one-sided.
const z = 2.33

// measure gives a term's rates, a second, and the sure excess.
func (t *Table) measure(k *term) (lately, usual, excess float64) {
	count := max(0, k.fast.value(t.now, t.fast)-k.error*math.Exp(-t.fast*max(0, t.now-k.fast.at)))
	lately = count * t.fast
	usual = k.slow.value(t.now, t.slow) * t.slow / t.warm()
	sd := math.Sqrt(lately*t.fast/2 + usual*t.slow/2)
	return lately, usual, lately - usual - z*sd
}

// warm corrects the slow count for the time that it has had: a count that
// began a while ago has not seen what a full half-life would have.
func (t *Table) warm() float64 {
	return max(1-math.Exp(-t.slow*(t.now-t.start)), 0.02)
}

// mark keeps since when a term has been trending.
func (t *Table) mark(k *term) {
	_, usual, excess := t.measure(k)
	switch trending := excess*60 >= t.cfg.Least && excess > usual/2; {
	case trending && k.since == 0:
		k.since = t.now
	case !trending && excess <= 0:
		k.since = 0
	}
}

// Top gives at most n trends, the strongest first. Terms that nobody watches are
// looked at here only: ask every few seconds, so that Since is right.
func (t *Table) Top(at time.Time, n int) []Trend {
	t.advance(at)
	var out []Trend
	for _, k := range t.terms {
		t.mark(k)
		if k.since == 0 {
			continue
		}
		lately, usual, excess := t.measure(k)
		out = append(out, Trend{
			Term: k.text, Since: time.UnixMilli(int64(k.since * 1000)).UTC(),
			PerMinute: lately * 60, Usual: usual * 60, Excess: excess * 60,
		})
	}
	slices.SortFunc(out, func(a, b Trend) int {
		return cmp.Or(cmp.Compare(b.Excess, a.Excess), cmp.Compare(a.Term, b.Term))
	})
	for i := range out {
		out[i].Rank = i + 1
	}
	return out[:min(n, len(out))]
}

// places are the terms that may be displaced, the smallest first. All decay
// alike, so their order does not change with time.
type places struct{ list []*term }

func (p *places) Len() int           { return len(p.list) }
func (p *places) Less(i, j int) bool { return p.list[i].order < p.list[j].order }
func (p *places) Swap(i, j int) {
	p.list[i], p.list[j] = p.list[j], p.list[i]
	p.list[i].place, p.list[j].place = i, j
}

// Push implements heap.Interface.
func (p *places) Push(x any) {
	k := x.(*term) //nolint:forcetypeassert // only terms are pushed
	k.place = len(p.list)
	p.list = append(p.list, k)
}

// Pop implements heap.Interface.
func (p *places) Pop() any {
	k := p.list[len(p.list)-1]
	p.list = p.list[:len(p.list)-1]
	return k
}
