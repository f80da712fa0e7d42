package main

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
)

// trouble is a null that is no steady state: what it does to the promise, and
// to the delay at ×10.
type trouble struct {
	Name  string
	Null  sim.Null
	Years float64 // in all
	Runs  int     // into how many fresh services they are divided
	Skip  int     // segments of each that are not scored
	// found
	False  int
	Stuck  int // runs that ended in an incident: life itself was taken for an outage
	Real   int // outages that the null itself holds …
	Caught int // … and those that were seen
	Delay  delays
	At     []int // segments after which an outage of ×10 is tried, in every run
}

const day = sim.PerDay

func troubles(f float64) []*trouble {
	noisy := sim.Null{Rate: 20, SD: 0.3, Tau: time.Hour}
	with := func(change func(*sim.Null)) sim.Null {
		n := noisy
		change(&n)
		return n
	}
	runs := func(n int) int { return max(1, int(float64(n)*f)) }
	cold := func(name string, n sim.Null) *trouble {
		r := runs(60)
		if n.Rate >= busy { // every tick of them costs
			r = runs(12)
		}
		return &trouble{Name: name, Null: n, Years: float64(r) * 28 / 365.25, Runs: r, At: []int{day / 4, day, 3 * day, 7 * day, 27 * day}}
	}
	steady := []int{60 * day, 120 * day, 180 * day, 240 * day, 300 * day}
	year := func(name string, n sim.Null, skip int) *trouble {
		r := runs(6)
		return &trouble{Name: name, Null: n, Years: float64(r), Runs: r, Skip: skip, At: steady}
	}
	return []*trouble{
		cold("cold start, first four weeks, 1 per 15 min", with(func(n *sim.Null) { n.Rate = 1 })),
		cold("cold start, first four weeks, 20 per 15 min", noisy),
		cold("cold start, first four weeks, 20 per 15 min, sd 0.5 over 6 h", with(func(n *sim.Null) { n.SD, n.Tau = 0.5, 6*time.Hour })),
		cold("cold start, first four weeks, 500 per 15 min", with(func(n *sim.Null) { n.Rate = 500 })),
		year("contaminated: three real outages a week, from the first day", with(func(n *sim.Null) { n.Outages = 3 }), 0),
		year("gaps: the collector away three times a day", with(func(n *sim.Null) { n.Gaps = 3 }), warmup),
		year("daylight saving, day eight to one, New York", with(func(n *sim.Null) { n.Zone, n.Ratio = "America/New_York", 8 }), warmup),
		year("growth: twice as many every three months", with(func(n *sim.Null) { n.Double = 2190 * time.Hour }), warmup),
	}
}

func runTroubles(f float64, seed uint64) ([]*trouble, error) {
	all := troubles(f)
	var g errgroup.Group
	g.SetLimit(2)
	for _, t := range all {
		g.Go(func() error {
			began := time.Now()
			for r := range t.Runs {
				if err := t.run(seed + uint64(r)*1000); err != nil { //nolint:gosec // small
					return fmt.Errorf("%s: %w", t.Name, err)
				}
			}
			log.Printf("%s: %d false incidents in %.1f years, %d of %d runs end failing, in %.1f s", t.Name, t.False, t.Years, t.Stuck, t.Runs, time.Since(began).Seconds())
			return nil
		})
	}
	return all, g.Wait()
}

// episode follows the outages that a null itself holds.
type episode struct {
	left int // segments for which an incident still belongs to the last one
	seen bool
}

func (t *trouble) run(seed uint64) error {
	s, err := sim.New(t.Null, seed)
	if err != nil {
		return err
	}
	j, err := newJudge(1, t.Null.Zone, s.Next())
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, 8))
	segments := int(t.Years / float64(t.Runs) * sim.Year)
	var seg sim.Segment
	var ep episode
	next := 0
	for i := range t.Skip + segments {
		s.Draw(&seg)
		t.follow(&ep, &seg)
		err := j.step(&seg, func(v outcry.Verdict) bool {
			if j.begins(v) && i >= t.Skip {
				t.begin(&ep)
			}
			return true
		})
		if err != nil {
			return err
		}
		if next < len(t.At) && i == t.At[next] {
			next++
			if err := t.try(j, s, rng); err != nil {
				return err
			}
		}
	}
	if j.failing {
		t.Stuck++
	}
	return nil
}

// follow keeps the real outage that is on, or was within two hours.
func (t *trouble) follow(ep *episode, seg *sim.Segment) {
	switch {
	case seg.Fails && ep.left < 8:
		t.Real++
		*ep = episode{left: 12}
	case ep.left > 0:
		ep.left--
	}
}

// begin counts an incident as true or false.
func (t *trouble) begin(ep *episode) {
	switch {
	case ep.left == 0:
		t.False++
	case !ep.seen:
		ep.seen = true
		t.Caught++
	}
}

func (t *trouble) try(j *judge, s *sim.Stream, rng *rand.Rand) error {
	if j.failing {
		return nil
	}
	tr := &trial{null: t.Null, thetas: []float64{10}, budgets: []float64{1}, horizon: horizonOf(t.Null)}
	into := newDelayResult(tr)
	p := place{t: tr, f: &field{judges: []*judge{j}}, s: s, into: into, onset: s.Next() + outcry.Tick(rng.IntN(sim.SegmentTicks)), seed: rng.Uint64()}
	if err := p.happen(); err != nil {
		return err
	}
	d := &into.judge[0][0]
	t.Delay.all = append(t.Delay.all, d.all...)
	t.Delay.missed += d.missed
	return nil
}

func troubleTable(w io.Writer, all []*trouble) {
	t := table{head: []string{"null", "years", "false incidents", "a year (95%)", "promise of 1 a year", "delay at ×10: mean (p90)", "its own outages seen", "runs that end failing"}}
	for _, x := range all {
		own := "—"
		if x.Real > 0 {
			own = fmt.Sprintf("%d of %d", x.Caught, x.Real)
		}
		t.row(x.Name, fmt.Sprintf("%.1f", x.Years), fmt.Sprint(x.False), rate(x.False, x.Years), promise(x.False, x.Years, 1), x.Delay.String(), own, fmt.Sprintf("%d of %d", x.Stuck, x.Runs))
	}
	t.write(w)
}

// rate is incidents a year with their exact interval.
func rate(n int, years float64) string {
	lo, hi := poissonInterval(n)
	return fmt.Sprintf("%.2f (%.2f–%.2f)", float64(n)/years, lo/years, hi/years)
}

// promise says whether a count keeps a budget: the rate itself does, the
// interval at least allows it, or neither.
func promise(n int, years, budget float64) string {
	lo, _ := poissonInterval(n)
	switch {
	case float64(n) <= budget*years:
		return "kept"
	case lo <= budget*years:
		return "over, within chance"
	default:
		return "**broken**"
	}
}
