package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/bench/detect/sim"
)

func draw(t *testing.T, n sim.Null, seed uint64, segments int) []sim.Segment {
	t.Helper()
	s, err := sim.New(n, seed)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]sim.Segment, segments)
	for i := range out {
		s.Draw(&out[i])
	}
	return out
}

func TestStreamFollowsFromItsSeed(t *testing.T) {
	n := sim.Null{Rate: 20, SD: 0.3, Tau: time.Hour, Gaps: 1, Outages: 1}
	if d := cmp.Diff(draw(t, n, 7, 500), draw(t, n, 7, 500)); d != "" {
		t.Errorf("the same seed gives other counts:\n%s", d)
	}
	if cmp.Equal(draw(t, n, 7, 500), draw(t, n, 8, 500)) {
		t.Error("another seed gives the same counts")
	}
}

func TestStreamHasTheMomentsAskedFor(t *testing.T) {
	for _, c := range []struct {
		what string
		null sim.Null
	}{
		{"one report a quarter hour", sim.Null{Rate: 1}},
		{"twenty, clean", sim.Null{Rate: 20}},
		{"twenty, with slow noise", sim.Null{Rate: 20, SD: 0.3, Tau: time.Hour}},
		{"five hundred, with fast noise", sim.Null{Rate: 500, SD: 0.5, Tau: 10 * time.Minute}},
	} {
		t.Run(c.what, func(t *testing.T) {
			segments := draw(t, c.null, 1, 52*sim.Segments)
			var x, e float64
			for _, g := range segments {
				x += float64(g.Total)
				e += g.E * sim.SegmentTicks
			}
			week := c.null.Rate * (5 + 2*0.8) / 7
			if mean := e / float64(len(segments)); math.Abs(mean/week-1) > 0.01 {
				t.Errorf("expects %.3f a quarter hour over the week, want %.3f", mean, week)
			}
			if math.Abs(x/e-1) > 0.03 {
				t.Errorf("drew %.0f where %.0f are expected", x, e)
			}
		})
	}
}

func TestForkFailsFromItsOnset(t *testing.T) {
	s, err := sim.New(sim.Null{Rate: 500}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var g sim.Segment
	for range 40 {
		s.Draw(&g)
	}
	onset := s.Next() + 33
	f := s.Fork(2, sim.Outage{Onset: onset, Theta: 10, End: onset + 30})
	f.Draw(&g)
	var before, during, after int32
	for i, n := range g.Counts {
		switch {
		case i < 33:
			before += n
		case i < 63:
			during += n
		default:
			after += n
		}
	}
	if during < 5*before || during < 5*after {
		t.Errorf("counted %d before, %d during and %d after an outage of ten times the rate", before, during, after)
	}
	if g.Start != onset-33 || outcry.Tick(len(g.Counts)) != f.Next()-g.Start {
		t.Error("the fork does not continue where its stream was")
	}
}

func TestSeasonKeepsLocalTime(t *testing.T) {
	n := sim.Null{Rate: 20, Zone: "America/New_York"}
	at := func(day int) float64 { // expectation at 21:00 UTC
		g := draw(t, n, 1, day*sim.PerDay+85)
		return g[len(g)-1].E
	}
	winter, summer := at(14), at(14+15*7)
	if winter <= summer*1.0001 && winter >= summer*0.9999 {
		t.Errorf("the clocks changed between January and April, and the season at 21:00 UTC did not: %.5f and %.5f", winter, summer)
	}
}
