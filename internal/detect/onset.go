package detect

import (
	"math"
	"slices"

	"github.com/outcry/outcry"
)

// ramps is the grid of lengths, in ticks, over which an outage's rate may have
// risen from nothing to full.
func ramps() []float64 {
	return []float64{1, 3, 6, 12, 18, 24, 36, 48, 60, 90, 120, 180, 240, 360}
}

const (
	onsetBack = 120 // ticks before the best window in which to look
	onsetSpan = 120 // ticks after it: later the shape is another
	onsetDrop = 1.92
)

// estimateOnset finds the onset by maximum likelihood over its instant and the
// length of the ramp (a step or a linear rise over the usual rate), with the
// probes' failures, and the interval in which the profile likelihood falls by
// no more than 1.92 nats.
//
// The window of the best ratio is good at the moment of detection and drifts
// late as a ramp goes on; the ramp's own likelihood does not. What raised the
// alarm had begun by then: the onset is not after it.
func (s *service) estimateOnset(t outcry.Tick) {
	c := &s.State
	first := c.OnsetTick - onsetBack
	last := min(t, c.OnsetTick+onsetSpan)
	xs, es := s.ticks(first, last)
	best := math.Inf(-1)
	profile := make([]float64, 0, len(xs))
	at, before := 0, 0.0 // the log likelihood of the ticks before k
	all := rises(len(xs))
	for k, x := range xs[:min(len(xs), int(max(c.Alarm-first, 0))+1)] {
		l := before + rampLikelihood(xs[k:], es[k:], all) + s.runLikelihood(first+outcry.Tick(k), last)
		if es[k] > 0 { // else nobody watched
			before += x*math.Log(es[k]) - es[k]
		}
		profile = append(profile, l)
		if l > best {
			best, at = l, k
		}
	}
	if len(profile) == 0 {
		return
	}
	lo, hi := at, at
	for lo > 0 && profile[lo-1] >= best-onsetDrop {
		lo--
	}
	for hi < len(profile)-1 && profile[hi+1] >= best-onsetDrop {
		hi++
	}
	tick := func(k int) outcry.Tick { return first + outcry.Tick(k) }
	at = int(s.unseenMiddle(tick(lo), tick(at)) - first)
	c.Onset = outcry.Onset{At: tick(at).Start(), From: tick(lo).Start(), To: tick(hi).End()}
	if s.History != nil && tick(at) < c.OnsetTick {
		s.mask(tick(at))
	}
}

// unseenMiddle is the likeliest onset where a stretch in which nobody watched ended
// shortly before the one that was estimated: the fault was there by then, and one
// instant of the stretch, from the interval's begin on, is as likely as another.
// Shortly is within the stretch's own length.
func (s *service) unseenMiddle(from, at outcry.Tick) outcry.Tick {
	for _, d := range s.Unseen {
		begin := max(from, d.From)
		if at >= d.From && at-d.To < d.To-begin {
			return (begin + d.To) / 2
		}
	}
	return at
}

// ticks lays the history out as counts and expectations, of the reports that tell
// of the fault where these are known; in a tick that nobody watched nothing is
// expected.
func (s *service) ticks(first, last outcry.Tick) (xs, es []float64) {
	n := int(last-first) + 1
	xs, es = make([]float64, n), make([]float64, n)
	usual := s.Reports.Rate * s.Reports.Filter.mean()
	if w, ok := s.telling(s.State.OnsetTick); ok && (s.Placed == 0 || s.History[s.Placed-1].Tick < first) {
		usual *= w.share
		s.placed(first, func(h *arrival, cells []cellCount) {
			if h.Tick <= last {
				xs[h.Tick-first] = w.count(cells)
			}
		})
	} else {
		for i := len(s.History) - 1; i >= 0 && s.History[i].Tick >= first; i-- {
			if h := &s.History[i]; h.Tick <= last {
				xs[h.Tick-first] = h.Fresh
			}
		}
	}
	for i := range es {
		es[i] = usual
	}
	for _, d := range s.Unseen {
		for k := max(d.From, first); k < min(d.To, last+1); k++ {
			es[k-first] = 0
		}
	}
	return xs, es
}

// rise is a ramp of one length: by ticks since its onset, what share of the
// full height it has, and the sum of that before.
type rise struct{ share, area []float64 }

// rises are those of all lengths, for so many ticks.
func rises(ticks int) []rise {
	all := make([]rise, 0, len(ramps()))
	for _, r := range ramps() {
		x := rise{make([]float64, ticks), make([]float64, ticks+1)}
		for i := range x.share {
			x.share[i] = min(1, (float64(i)+0.5)/r)
			x.area[i+1] = x.area[i] + x.share[i]
		}
		all = append(all, x)
	}
	return all
}

// rampLikelihood is the Poisson log likelihood of the counts from the tick on in
// which the rate begins to rise, maximised over the ramp's length; the height is
// the one that explains the excess.
func rampLikelihood(xs, es []float64, all []rise) float64 {
	var c, b float64
	for i, x := range xs {
		if es[i] > 0 {
			c, b = c+x, b+es[i]
		}
	}
	gaps := slices.Contains(es, 0)
	best := math.Inf(-1)
	for i := range all {
		if l := all[i].fit(xs, es, c-b, gaps); l > best {
			best = l
		}
	}
	return best
}

// fit is the likelihood of a rise of this length. Gaps are ticks that nobody
// watched, in which nothing is expected.
func (r *rise) fit(xs, es []float64, excess float64, gaps bool) float64 {
	area, share := r.area[len(xs)], r.share[:len(xs)]
	if gaps {
		area = 0
		for i, e := range es {
			if e > 0 {
				area += share[i]
			}
		}
	}
	if excess <= 0 || area <= 0 {
		excess, area = 0, 1
	}
	g, l := excess/area, 0.0
	es = es[:len(xs)]
	for i, x := range xs {
		if es[i] == 0 {
			continue
		}
		rate := es[i] + g*share[i]
		l -= rate
		if x > 0 {
			l += x * math.Log(rate)
		}
	}
	return l
}

// runLikelihood is that of the probes' runs when they begin to fail at k, at
// each vantage with a share of its own: a fault of one region is seen from there
// alone, and the others' passes say nothing of when it began. A run that ends
// within two ticks of the onset began before it, or nearly: it says nothing. Nor
// does a vantage that is cut off by itself.
func (s *service) runLikelihood(k, last outcry.Tick) float64 {
	if !s.State.Probed {
		return 0
	}
	var l float64
	since := make([]tallyMark, len(s.Vantages))
	for i := len(s.Runs) - 1; i >= 0 && s.Runs[i].Tick > k-2*onsetBack; i-- {
		r := &s.Runs[i]
		v := &s.Vantages[r.Vantage]
		switch {
		case v.Cut || r.Tick > last || r.Tick == k || r.Tick == k+1:
		case r.Tick > k:
			since[r.Vantage].Fails += r.Fails
			since[r.Vantage].Runs += r.Runs
		default:
			l += runsAt(v.pFalse(), r.Fails, r.Runs)
		}
	}
	for i, n := range since {
		p := s.Vantages[i].pFalse()
		if n.Fails > p*n.Runs {
			l += bernoulli(n.Fails, n.Runs)
		} else {
			l += runsAt(p, n.Fails, n.Runs)
		}
	}
	return l
}

// runsAt is the log likelihood of so many failures, each of chance p.
func runsAt(p, fails, runs float64) float64 {
	return fails*math.Log(p) + (runs-fails)*math.Log(1-p)
}
