package backtest

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/detect"
)

// Options say how to judge a series.
type Options struct {
	FalseAlarms []float64 // budgets, false incidents a year; the alerts are those of the first. None: 1
	Timezone    string    // IANA name: whose hours the rhythm follows. Empty: UTC
	From, To    time.Time // scored; before, it learns. Zero: see [Series] for the ends
	Labels      []Window  // nil: nothing is known
	Seed        uint64    // of where in its bin an event lies
	Progress    func(done float64)
}

// learnMost is how long the judge learns when nobody says from when to score:
// a quarter of the series, and no more than this.
const learnMost = 28 * 24 * time.Hour

// serviceID is the series' name in the judge.
const serviceID = "series"

// Run takes a series through the judge, once for every budget. A zone that
// cannot be loaded, and a range without bins, are errors of CodeInvalid.
func Run(ctx context.Context, s *Series, o Options) (*Result, error) {
	if len(o.FalseAlarms) == 0 {
		o.FalseAlarms = []float64{1}
	}
	bins := s.until(o.To)
	if len(bins) < 2 {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s: has no two bins before %s", s.Name, o.To.Format(time.RFC3339))
	}
	begin, end := s.at(bins[0].From), s.at(bins[len(bins)-1].To)
	if o.From.IsZero() {
		o.From = begin.Add(min(end.Sub(begin)/4, learnMost))
	}
	if !o.From.Before(end) {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s: ends at %s, so nothing is left to score from %s", s.Name, end.Format(time.RFC3339), o.From.Format(time.RFC3339))
	}
	passes := make([]*pass, len(o.FalseAlarms))
	var g errgroup.Group
	for i, budget := range o.FalseAlarms {
		p, err := newPass(s, bins, budget, &o)
		if err != nil {
			return nil, err
		}
		if passes[i] = p; i == 0 {
			p.draw, p.progress = true, o.Progress
		}
		g.Go(func() error { return p.run(ctx) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return document(s, bins, passes, &o), nil
}

// pass is one run over the series.
type pass struct {
	series   *Series
	budget   float64
	bins     []Bin
	from     time.Time
	judge    *detect.Judge
	seed     uint64
	draw     bool
	progress func(float64)

	alerts []Alert
	open   bool
	before [2]float64 // events and usual ones of the times that the open alert was on before
	drawn  []drawn
	counts []uint32
	one    [1]outcry.Tally
}

// drawn is a bin with what was expected of it.
type drawn struct {
	Bin
	E, Var float64 // mean and variance
}

func newPass(s *Series, bins []Bin, budget float64, o *Options) (*pass, error) {
	j, err := detect.New(detect.Config{
		Services: []outcry.Service{{ID: serviceID, Timezone: o.Timezone}}, FalseAlarms: budget,
		Prior: map[string]detect.Prior{serviceID: priorOf(bins)},
	}, bins[0].From)
	if err != nil {
		return nil, err
	}
	return &pass{series: s, budget: budget, bins: bins, from: o.From, judge: j, seed: o.Seed}, nil
}

// The prior is the middle of the first day, or of so many bins when they are
// long: what an operator who starts to count knows within a day. It weighs as
// little as the judge's own guess.
const (
	priorBins = 8
	priorSize = 0.4
	priorLow  = 0.05 // events an hour
)

func priorOf(bins []Bin) detect.Prior {
	var rates []float64
	for i, b := range bins {
		if i >= priorBins && b.From-bins[0].From >= outcry.Ticks(24*time.Hour) {
			break
		}
		rates = append(rates, float64(b.N)/hours(b.To-b.From))
	}
	slices.Sort(rates)
	middle := rates[len(rates)/2]
	if middle == 0 { // mostly empty bins: then the mean says more
		for _, r := range rates {
			middle += r / float64(len(rates))
		}
	}
	return detect.Prior{PerHour: max(middle, priorLow), Size: priorSize}
}

func hours(t outcry.Tick) float64 { return float64(t) * outcry.TickLength.Hours() }

func (p *pass) run(ctx context.Context) error {
	next := p.bins[0].From
	for i, b := range p.bins {
		if err := ctx.Err(); err != nil {
			return err
		}
		for ; next < b.From; next++ { // nobody watched
			if _, err := p.judge.Step(next, 0, nil); err != nil {
				return err
			}
		}
		if p.draw {
			p.drawn = append(p.drawn, p.expected(b))
		}
		if err := p.bin(b); err != nil {
			return err
		}
		next = b.To
		if p.progress != nil {
			p.progress(float64(i+1) / float64(len(p.bins)))
		}
	}
	return nil
}

// expected sums the baseline over a bin.
func (p *pass) expected(b Bin) drawn {
	d := drawn{Bin: b}
	length := time.Duration(b.To-b.From) * outcry.TickLength
	var wander float64
	for t := b.From; t < b.To; t += slice {
		end := min(t+slice, b.To)
		rate, v := p.judge.Expected(serviceID, (t + (end-t)/2).Start(), length)
		d.E += rate * hours(end-t)
		wander = max(wander, v)
	}
	d.Var = d.E + wander*d.E*d.E
	return d
}

// bin judges the ticks of one bin.
func (p *pass) bin(b Bin) error {
	p.counts = spread(b, p.seed, func(t outcry.Tick) float64 {
		rate, _ := p.judge.Usual(serviceID, t.Start())
		return rate
	}, p.counts)
	for i, n := range p.counts {
		last := i == len(p.counts)-1
		if n == 0 && !last && p.judge.Idle() {
			continue
		}
		vs, err := p.judge.Step(b.From+outcry.Tick(i), 1, p.tallies(b.From+outcry.Tick(i), n))
		if err != nil {
			return err
		}
		for i := range vs {
			p.hear(&vs[i], b)
		}
	}
	return nil
}

// tallies are n people of as many networks: a file of counts has left those
// questions behind.
func (p *pass) tallies(t outcry.Tick, n uint32) []outcry.Tally {
	if n == 0 {
		return nil
	}
	c := outcry.Counts{Total: n, Bad: n, Distinct: n, Fresh: n}
	p.one[0] = outcry.Tally{Service: serviceID, Kind: outcry.KindReport, Tick: t, Counts: c, Networks: n, Hourly: n}
	return p.one[:]
}

// hear follows the verdicts: an alert lasts from the first failing one until
// the service is normal again. One that ends in a bin in which another begins goes
// on: where in a bin its events lie is a draw, and tells no two faults apart.
func (p *pass) hear(v *outcry.Verdict, b Bin) {
	end := p.series.at(b.To)
	failing := v.Condition == outcry.CondFailing || v.Condition == outcry.CondRecovering
	switch {
	case failing && !p.open && p.endedBy(end):
		last := &p.alerts[len(p.alerts)-1]
		p.open, last.EndedAt, p.before = true, nil, [2]float64{last.Events, last.Usual}
	case failing && !p.open:
		p.open, p.before = true, [2]float64{}
		p.alerts = append(p.alerts, Alert{DetectedAt: end, Nats: v.Nats, Learning: end.Before(p.from)})
	case !failing && p.open && v.Condition != outcry.CondUnknown:
		p.open = false
		p.alerts[len(p.alerts)-1].EndedAt = &end
	}
	if failing {
		p.update(&p.alerts[len(p.alerts)-1], v, end)
	}
}

// endedBy reports whether the last alert ended in the bin that ends then.
func (p *pass) endedBy(end time.Time) bool {
	last := len(p.alerts) - 1
	return last >= 0 && p.alerts[last].EndedAt != nil && p.alerts[last].EndedAt.Equal(end)
}

func (p *pass) update(a *Alert, v *outcry.Verdict, end time.Time) {
	if a.ConfirmedAt == nil && v.Confirmed {
		a.ConfirmedAt = &end
	}
	if v.Condition == outcry.CondFailing && p.before == [2]float64{} {
		a.Onset = p.series.at(p.binOf(v.Onset.At).From)
		a.OnsetInterval = [2]time.Time{p.series.at(p.binOf(v.Onset.From).From), p.series.at(p.binOf(v.Onset.To.Add(-1)).To)}
	}
	a.Events, a.Usual = max(a.Events, p.before[0]+v.Size.Reporters), max(a.Usual, p.before[1]+v.Size.Expected)
	if a.Words == "" && len(v.Evidence) > 0 {
		a.Words = plain(v.Evidence[0].Words)
	}
}

// plain takes the people and networks out of the judge's words: a file of counts
// has none.
func plain(words string) string {
	words, _, _ = strings.Cut(words, ", from ")
	return strings.ReplaceAll(words, "distinct reporter", "event")
}

// binOf is the bin that holds an instant, or the nearest one: what is known of
// an instant is known to the length of its bin.
func (p *pass) binOf(t time.Time) Bin {
	tick := outcry.TickOf(t)
	i, found := slices.BinarySearchFunc(p.bins, tick, func(b Bin, t outcry.Tick) int { return cmp.Compare(b.From, t) })
	if !found {
		i = max(i-1, 0)
	}
	return p.bins[i]
}

// learned is what the judge knows at the end.
func (p *pass) learned() Learned {
	l, _ := p.judge.Learned(serviceID)
	out := Learned{Dispersion: l.Dispersion, CorrelationS: l.Correlation.Seconds(), ThresholdNats: l.Threshold, HistoryHours: l.History}
	for h, rate := range l.Week {
		out.PerHour += rate / float64(len(l.Week))
		out.Baseline = append(out.Baseline, Expected{PerHour: rate, SD: rate * math.Sqrt(l.Spread[h])})
	}
	return out
}
