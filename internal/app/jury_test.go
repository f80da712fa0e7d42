package app

import (
	"iter"
	"math"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/internal/store"
)

// leaving leaves out the records of a kind.
func leaving(k outcry.Kind, all iter.Seq2[replay.Record, error]) iter.Seq2[replay.Record, error] {
	return func(yield func(replay.Record, error) bool) {
		for r, err := range all {
			if r.Kind != k && !yield(r, err) {
				return
			}
		}
	}
}

// publishedWithout replays small.yaml without a kind, and gives when its incident was
// detected and published: in seconds of the day, NaN when never.
func publishedWithout(t *testing.T, k outcry.Kind, seed uint64) float64 {
	t.Helper()
	sc, err := OpenScenario("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	o := ReplayOptions{Scenario: sc, Seed: seed, NoStreams: true}
	s, err := newStage(t.Context(), &o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close() //nolint:errcheck // in memory
	step := func(outcry.Tick) outcry.Tick { return replayStep }
	after := func(outcry.Tick) error { return nil }
	if err := s.player.play(t.Context(), leaving(k, o.records()), outcry.TickOf(sc.Begin()), outcry.TickOf(sc.End), step, after); err != nil {
		t.Fatal(err)
	}
	all, err := s.store.Incidents(t.Context(), store.IncidentQuery{From: sc.Start, To: sc.End, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	at := math.NaN()
	for i := range all {
		if p := all[i].PublishedAt; !p.IsZero() {
			at = p.Sub(sc.Outages[0].Onset).Seconds()
		}
	}
	return at
}

// What the jury says of a stream is what a replay without it gives.
func TestTheJurySaysWhatAReplayWithoutTheStreamGives(t *testing.T) {
	if testing.Short() {
		t.Skip("work of one goroutine, and long under the race detector")
	}
	const seed = 3
	r := replayedWith(t, "testdata/small.yaml", ReplayOptions{Seed: seed})
	if len(r.Incidents) != 1 {
		t.Fatalf("%d incidents", len(r.Incidents))
	}
	in := r.Incidents[0]
	heard := map[string]replay.Contribution{}
	for _, c := range in.Contributions {
		heard[c.Stream] = c
	}
	for _, k := range []outcry.Kind{outcry.KindReport, outcry.KindProbe, outcry.KindPost, outcry.KindBulletin} {
		c, ok := heard[k.String()]
		if !ok {
			t.Errorf("nothing is said of the stream %s: %+v", k, in.Contributions)
			continue
		}
		want, got := publishedWithout(t, k, seed), math.NaN()
		if c.WithoutAt != nil {
			got = c.WithoutAt.Sub(r.Outages[0].Onset).Seconds()
			if c.SoonerS == nil || *c.SoonerS != c.WithoutAt.Sub(*in.PublishedAt).Seconds() {
				t.Errorf("%s: sooner by %v", k, c.SoonerS)
			}
		}
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("without %ss the jury publishes %v s after the onset, a replay %v s", k, got, want)
		}
	}
	if c := heard["report"]; c.AloneAt == nil || c.Nats <= 0 {
		t.Errorf("reports alone see 2,000 of them: %+v", c)
	}
	if c := heard["post"]; c.AloneAt != nil {
		t.Errorf("posts alone publish nothing, and are said to have at %v", c.AloneAt)
	}
}
