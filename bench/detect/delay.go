package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/peers"
	"github.com/outcry/outcry/bench/detect/sim"
)

// delays of one method at one size of outage, in seconds; those not detected
// within the horizon count as the horizon.
type delays struct {
	all    []float64
	missed int
}

func (d *delays) add(seconds float64, found bool) {
	d.all = append(d.all, seconds)
	if !found {
		d.missed++
	}
}

func (d *delays) mean() float64 {
	var sum float64
	for _, x := range d.all {
		sum += x
	}
	return sum / float64(len(d.all))
}

// sem is the standard error of the mean.
func (d *delays) sem() float64 {
	m, n := d.mean(), float64(len(d.all))
	var sq float64
	for _, x := range d.all {
		sq += (x - m) * (x - m)
	}
	return math.Sqrt(sq / (n - 1) / n)
}

func (d *delays) quantile(q float64) float64 { return quantile(d.all, q) }

func quantile(xs []float64, q float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Clone(xs)
	slices.Sort(s)
	return s[int(math.Round(q*float64(len(s)-1)))]
}

// trial is a set of outages on one null: which methods are followed, at which
// thresholds.
type trial struct {
	null       sim.Null
	methods    []method
	thresholds [][]float32 // by method and rate of false alarms
	budgets    []float64   // the judge's, likewise
	thetas     []float64
	ramp       outcry.Tick
	reps       int
	horizon    outcry.Tick
	seed       uint64
}

// horizonOf is how long a null's outages may go unseen: six hours, and a day
// where there is but one report in a quarter hour.
func horizonOf(n sim.Null) outcry.Tick {
	if n.Rate < 5 {
		return outcry.Ticks(24 * time.Hour)
	}
	return outcry.Ticks(6 * time.Hour)
}

// delayResult holds delays by method, θ and rate; the judge's by θ and budget.
type delayResult struct {
	peers [][][]delays
	judge [][]delays
}

func newDelayResult(t *trial) *delayResult {
	r := &delayResult{peers: make([][][]delays, len(t.methods)), judge: make([][]delays, len(t.thetas))}
	for m := range r.peers {
		r.peers[m] = make([][]delays, len(t.thetas))
		for k := range r.peers[m] {
			r.peers[m][k] = make([]delays, len(t.thresholds[m]))
		}
	}
	for k := range r.judge {
		r.judge[k] = make([]delays, len(t.budgets))
	}
	return r
}

// spread is how far apart the outages' places in the null are: 12½ hours, so
// that they come at every hour of the day.
const spread = 50

// run goes along a null and, at each place, lets an outage of every size happen
// in a future of its own.
func (t *trial) run() (*delayResult, error) {
	s, err := sim.New(t.null, t.seed)
	if err != nil {
		return nil, err
	}
	f, err := newField(t.null, t.budgets, t.methods, s.Next())
	if err != nil {
		return nil, err
	}
	r := newDelayResult(t)
	rng := rand.New(rand.NewPCG(t.seed, 99))
	var seg sim.Segment
	scores := make([]peers.Scores, len(f.detectors))
	for i := range warmup + t.reps*spread {
		s.Draw(&seg)
		for k, d := range f.detectors {
			d.Step(&seg, &scores[k])
		}
		for _, j := range f.judges {
			if err := j.step(&seg, func(v outcry.Verdict) bool { j.begins(v); return true }); err != nil {
				return nil, err
			}
		}
		if i < warmup || (i-warmup)%spread != spread-1 {
			continue
		}
		at := place{t: t, f: f, s: s, scores: scores, into: r, onset: s.Next() + outcry.Tick(rng.IntN(sim.SegmentTicks)), seed: rng.Uint64()}
		if err := at.happen(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// place is where, in a null, outages are tried.
type place struct {
	t      *trial
	f      *field
	s      *sim.Stream
	scores []peers.Scores // of the segment before
	into   *delayResult
	onset  outcry.Tick
	seed   uint64
}

func (p *place) happen() error {
	states := make([]map[string][]byte, len(p.f.judges))
	for i, j := range p.f.judges {
		var err error
		if states[i], err = j.Snapshot(); err != nil {
			return err
		}
	}
	for k, theta := range p.t.thetas {
		future := p.future(theta)
		p.followPeers(k, future)
		for i, j := range p.f.judges {
			if j.failing {
				continue
			}
			c, err := j.clone(states[i])
			if err != nil {
				return err
			}
			if err := p.followJudge(k, i, c, future); err != nil {
				return err
			}
		}
	}
	return nil
}

// future draws segments as they are asked for, the same for every method.
type future struct {
	s        *sim.Stream
	segments []sim.Segment
}

func (f *future) at(i int) *sim.Segment {
	for len(f.segments) <= i {
		f.segments = append(f.segments, sim.Segment{})
		f.s.Draw(&f.segments[len(f.segments)-1])
	}
	return &f.segments[i]
}

func (p *place) future(theta float64) *future {
	return &future{s: p.s.Fork(p.seed, sim.Outage{Onset: p.onset, Theta: theta, Ramp: p.t.ramp})}
}

func (p *place) segments() int { return int(p.t.horizon)/sim.SegmentTicks + 1 }

func (p *place) seconds(t outcry.Tick) float64 {
	return float64(min(t-p.onset+1, p.t.horizon)) * outcry.TickLength.Seconds()
}

// followPeers finds, for every method and threshold, the first tick over it.
func (p *place) followPeers(k int, fut *future) {
	for m := range p.f.detectors {
		if md := &p.t.methods[m]; md.Theta != 0 && md.Theta != p.t.thetas[k] {
			continue
		}
		p.followPeer(m, k, fut)
	}
}

func (p *place) followPeer(m, k int, fut *future) {
	limits := p.t.thresholds[m]
	found := make([]outcry.Tick, len(limits))
	for i, h := range limits {
		if exceeds(&p.scores[m], h) {
			found[i] = -1 // a false alarm is on: no trial
		}
	}
	d := p.f.detectors[m].Clone()
	var out peers.Scores
	for g := 0; g < p.segments() && slices.Contains(found, 0); g++ {
		seg := fut.at(g)
		d.Step(seg, &out)
		for i, h := range limits {
			if found[i] == 0 {
				found[i] = first(&out, h, seg.Start, p.onset)
			}
		}
	}
	for i, t := range found {
		switch {
		case t > 0:
			p.into.peers[m][k][i].add(p.seconds(t), t-p.onset < p.t.horizon)
		case t == 0:
			p.into.peers[m][k][i].add(p.t.horizonSeconds(), false)
		}
	}
}

func (t *trial) horizonSeconds() float64 { return float64(t.horizon) * outcry.TickLength.Seconds() }

func exceeds(s *peers.Scores, h float32) bool {
	return slices.ContainsFunc(s[:], func(x float64) bool { return float32(x) > h })
}

// first is the first tick over a threshold; −1 when that is before the onset, 0
// when there is none.
func first(s *peers.Scores, h float32, start, onset outcry.Tick) outcry.Tick {
	for i, x := range s {
		if float32(x) <= h {
			continue
		}
		if t := start + outcry.Tick(i); t >= onset {
			return t
		}
		return -1
	}
	return 0
}

func (p *place) followJudge(k, budget int, j *judge, fut *future) error {
	var at outcry.Tick
	see := func(v outcry.Verdict) bool {
		if j.begins(v) {
			at = v.Tick
		}
		return at == 0
	}
	for g := 0; g < p.segments() && at == 0; g++ {
		if err := j.step(fut.at(g), see); err != nil {
			return err
		}
	}
	switch {
	case at == 0:
		p.into.judge[k][budget].add(p.t.horizonSeconds(), false)
	case at >= p.onset:
		p.into.judge[k][budget].add(p.seconds(at), at-p.onset < p.t.horizon)
	}
	return nil
}
