package app

import (
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/internal/store"
)

// joked adds jokes to a draw: of every four posts of the launch there is one that
// reads like a complaint, and is none.
func joked(sc *Scenario, seed uint64, jokes *int) iter.Seq2[replay.Record, error] {
	lines := []string{
		"imagine if Shop was down today of all days lol", "my wallet is not working after the Shop launch 😂",
		"Shop is broken in the best way", "can't stop using the new Shop, send help", "Shop down? no, just me spending everything",
	}
	from := sc.Noise[0].At
	return func(yield func(replay.Record, error) bool) {
		for r := range replay.Draw(sc, seed) {
			if !yield(r, nil) {
				return
			}
			if age := r.At.Sub(from); r.Kind != outcry.KindPost || age < 0 || age > sc.Noise[0].Lasts || r.At.UnixMilli()%3 != 0 {
				continue
			}
			*jokes++
			r.Text, r.Author = lines[*jokes%len(lines)], "j"+strconv.Itoa(*jokes)
			if !yield(r, nil) {
				return
			}
		}
	}
}

// A product launch: four thousand remarks in an hour, where forty are usual, and
// a thousand jokes that read like complaints. The service trends, and that is a
// fact; it is no evidence, and nothing is raised, let alone published.
func TestChatterTrendsAndIsNoOutage(t *testing.T) {
	sc, err := OpenScenario("testdata/launch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		jokes := 0
		o := ReplayOptions{Scenario: sc, Seed: seed}
		s, err := newStage(t.Context(), &o)
		if err != nil {
			t.Fatal(err)
		}
		trended := false
		after := func(next outcry.Tick) error {
			for _, x := range s.player.desk.Trends(next.Start()) {
				trended = trended || x.Term == "shop" && x.Rank == 1
			}
			return nil
		}
		step := func(outcry.Tick) outcry.Tick { return outcry.Ticks(10 * time.Minute) }
		if err := s.player.play(t.Context(), joked(sc, seed, &jokes), outcry.TickOf(sc.Begin()), outcry.TickOf(sc.End), step, after); err != nil {
			t.Fatal(err)
		}
		from := outcry.TickOf(sc.Noise[0].At)
		said, err := s.store.Tallies(t.Context(), store.TallyQuery{Kind: outcry.KindPost, From: from, To: from + 360, Cells: true})
		if err != nil {
			t.Fatal(err)
		}
		complaints := uint32(0)
		for i := range said {
			complaints += said[i].Bad
		}
		if jokes < 500 || complaints < 300 || !trended {
			t.Errorf("seed %d: %d jokes, of which %d are taken for complaints, trended: %v: that is no test", seed, jokes, complaints, trended)
		}
		all, err := s.store.Incidents(t.Context(), store.IncidentQuery{From: sc.Begin(), To: sc.End, Limit: 100})
		if err != nil || len(all) != 0 {
			t.Errorf("seed %d: chatter made %+v, %v", seed, all, err)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}
