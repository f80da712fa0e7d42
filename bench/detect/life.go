package main

import (
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/peers"
	"github.com/outcry/outcry/bench/detect/sim"
)

// life is an outage of an hour from its onset to its end.
type life struct {
	Null  sim.Null
	Theta float64
	Ramp  time.Duration
	lifeScores
}

// lifeScores are in seconds; errors are the estimate less the truth.
type lifeScores struct {
	first     []float64 // onset error in the first failing verdict
	final     []float64 // in the last one before the end
	covered   int       // final intervals that hold the truth
	focus     []float64 // FOCuS's onset error at its detection …
	focusLate []float64 // … and ten minutes after the onset
	back      []float64 // from the end to the first word of recovery
	closed    []float64 // from the end to normal
	missed    int
	reopened  int
}

const (
	lifeLasts  = 360 // ticks of outage
	lifeFollow = 720 // ticks after its end
	focusAt    = 16  // nats: about one alarm a year
)

func lives() []*life {
	var out []*life
	for _, n := range []sim.Null{{Rate: 20}, {Rate: 20, SD: 0.3, Tau: time.Hour}, {Rate: 500}, {Rate: 500, SD: 0.3, Tau: time.Hour}} {
		for _, ramp := range []time.Duration{0, 5 * time.Minute} {
			for _, theta := range []float64{5, 10, 30} {
				out = append(out, &life{Null: n, Theta: theta, Ramp: ramp})
			}
		}
	}
	return out
}

// runLives measures all of them, two at a time.
func runLives(reps int, seed uint64) ([]*life, error) {
	all := lives()
	var g errgroup.Group
	g.SetLimit(2)
	for _, l := range all {
		g.Go(func() error {
			began := time.Now()
			err := l.run(reps, seed)
			log.Printf("an hour's outage: %s, ×%g, ramp %v: %d seen, in %.1f s", l.Null, l.Theta, l.Ramp, len(l.final), time.Since(began).Seconds())
			return err
		})
	}
	return all, g.Wait()
}

func (l *life) run(reps int, seed uint64) error {
	s, err := sim.New(l.Null, seed)
	if err != nil {
		return err
	}
	j, err := informed(1, l.Null, s.Next())
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	var seg sim.Segment
	for i := range warmup + reps*spread {
		s.Draw(&seg)
		if err := j.step(&seg, func(v outcry.Verdict) bool { j.begins(v); return true }); err != nil {
			return err
		}
		if i < warmup || (i-warmup)%spread != spread-1 || j.failing {
			continue
		}
		if err := l.happen(j, s, s.Next()+outcry.Tick(rng.IntN(sim.SegmentTicks)), rng.Uint64()); err != nil {
			return err
		}
	}
	return nil
}

func (l *life) happen(j *judge, s *sim.Stream, onset outcry.Tick, seed uint64) error {
	state, err := j.Snapshot()
	if err != nil {
		return err
	}
	c, err := j.clone(state)
	if err != nil {
		return err
	}
	end := onset + lifeLasts
	fut := &future{s: s.Fork(seed, sim.Outage{Onset: onset, Theta: l.Theta, Ramp: outcry.Ticks(l.Ramp), End: end})}
	w := watch{onset: onset, end: end}
	for g := 0; g < (lifeLasts+lifeFollow)/sim.SegmentTicks+1; g++ {
		if err := c.step(fut.at(g), func(v outcry.Verdict) bool { w.see(v, c.begins(v)); return true }); err != nil {
			return err
		}
	}
	w.tell(&l.lifeScores)
	l.focusOnset(fut, onset)
	return nil
}

// watch follows one outage through its verdicts.
type watch struct {
	onset, end   outcry.Tick
	found        bool
	first, last  outcry.Onset
	back, closed outcry.Tick
	reopened     bool
}

func (w *watch) see(v outcry.Verdict, begins bool) {
	if v.Tick < w.onset {
		return
	}
	switch {
	case begins && !w.found:
		w.found, w.first, w.last = true, v.Onset, v.Onset
	case begins:
		w.reopened = true
	}
	switch {
	case v.Condition == outcry.CondFailing && v.Tick < w.end:
		w.last = v.Onset
	case v.Condition == outcry.CondRecovering && v.Tick >= w.end && w.back == 0:
		w.back = v.Tick
	case v.Condition == outcry.CondNormal && v.Tick >= w.end && w.closed == 0:
		w.closed = v.Tick
		if w.back == 0 { // of a busy service one tick may say both
			w.back = v.Tick
		}
	}
}

func (w *watch) tell(s *lifeScores) {
	if !w.found {
		s.missed++
		return
	}
	truth := w.onset.Start()
	s.first = append(s.first, w.first.At.Sub(truth).Seconds())
	s.final = append(s.final, w.last.At.Sub(truth).Seconds())
	if !w.last.From.After(truth) && !w.last.To.Before(truth) {
		s.covered++
	}
	if w.reopened {
		s.reopened++
	}
	s.back = append(s.back, w.since(w.back))
	s.closed = append(s.closed, w.since(w.closed))
}

// since is from the end to a tick's end; infinite when it never came.
func (w *watch) since(t outcry.Tick) float64 {
	if t == 0 {
		return math.Inf(1)
	}
	return float64(t-w.end+1) * outcry.TickLength.Seconds()
}

// focusOnset is the onset that FOCuS gives when it is told the true season.
func (l *life) focusOnset(fut *future, onset outcry.Tick) {
	f := peers.NewFOCuS(1, 1.4)
	found, late := false, false
	gap := 0
	for g := range fut.segments {
		seg := &fut.segments[g]
		for i, x := range &seg.Counts {
			t := seg.Start + outcry.Tick(i)
			if x == 0 {
				gap++
				continue
			}
			glr, start := f.Take(t, gap, int(x), seg.E)
			gap = 0
			off := float64(start-onset) * outcry.TickLength.Seconds()
			if !found && glr > focusAt && t >= onset {
				found = true
				l.focus = append(l.focus, off)
			}
			if !late && t >= onset+60 {
				late = true
				l.focusLate = append(l.focusLate, off)
			}
		}
	}
}

func absolute(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = math.Abs(x)
	}
	return out
}

// lifeTable writes what became of the outages of an hour.
func lifeTable(w io.Writer, all []*life) {
	t := table{head: []string{"null", "outage", "onset error at detection: median of size (p90)", "final (p90)", "FOCuS, true season: at detection, after 10 min",
		"interval holds the truth", "recovering after the end (p90)", "normal again (p90)", "missed, reopened"}}
	two := func(xs []float64) string {
		if len(xs) == 0 {
			return "—"
		}
		return fmt.Sprintf("%.0f (%.0f)", quantile(xs, 0.5), quantile(xs, 0.9))
	}
	for _, l := range all {
		shape := "step"
		if l.Ramp > 0 {
			shape = fmt.Sprintf("ramp of %.0f min", l.Ramp.Minutes())
		}
		n := len(l.final)
		t.row(l.Null.String(), fmt.Sprintf("×%g, %s", l.Theta, shape), two(absolute(l.first)), two(absolute(l.final)),
			fmt.Sprintf("%.0f, %.0f", quantile(absolute(l.focus), 0.5), quantile(absolute(l.focusLate), 0.5)),
			fmt.Sprintf("%.0f%%", 100*float64(l.covered)/float64(max(n, 1))), two(l.back), two(l.closed), fmt.Sprintf("%d, %d of %d", l.missed, l.reopened, n+l.missed))
	}
	t.write(w)
}
