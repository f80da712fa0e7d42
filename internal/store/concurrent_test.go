package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// Two counters believe that they own one partition. Each step of the position
// is one of theirs, and the tallies are those of the steps taken.
func TestTwoCounters(t *testing.T) {
	const steps = 60
	onEach(t, func(t *testing.T, s *store.Store) {
		var conflicts atomic.Int64
		counter := func() error {
			for {
				seq, _, _, err := s.Position(t.Context(), 0)
				if err != nil || seq >= steps {
					return err
				}
				err = s.CommitTallies(t.Context(), 0, seq, seq+1, 0, []outcry.Tally{reports("mail", tick(int(seq%5)), cell("calls", "GB", 1))})
				if outcry.CodeOf(err) == outcry.CodeConflict {
					conflicts.Add(1)
				} else if err != nil {
					return err
				}
			}
		}
		race(t, counter, counter, counter)
		if got, _ := sum(t, s, steps*outcry.TickLength); got != steps {
			t.Errorf("%d signals after %d steps (%d conflicts)", got, steps, conflicts.Load())
		}
	})
}

// Readers beside a writer see whole commits only, and are never held up long
// enough to fail.
func TestReadersSeeWholeCommits(t *testing.T) {
	const commits = 100
	onEach(t, func(t *testing.T, s *store.Store) {
		var done atomic.Bool
		writer := func() error {
			defer done.Store(true)
			for i := range uint64(commits) {
				both := []outcry.Tally{reports("mail", tick(0), cell("calls", "GB", 1)), reports("chat", tick(5), cell("calls", "GB", 1))}
				if err := s.CommitTallies(t.Context(), 0, i, i+1, 0, both); err != nil {
					return err
				}
			}
			return nil
		}
		reader := func() error {
			for !done.Load() {
				all, err := s.Tallies(t.Context(), store.TallyQuery{To: tick(9), Cells: true})
				if err != nil {
					return err
				}
				if len(all) != 0 && (len(all) != 2 || all[0].Total != all[1].Total || all[0].Cells[0].Total != all[0].Total) {
					return fmt.Errorf("a reader saw half a commit: %+v", all)
				}
			}
			return nil
		}
		race(t, writer, reader, reader, reader)
	})
}

// New streams that several partitions meet at once get one number each.
func TestStreamsAreNumberedOnce(t *testing.T) {
	const services = 20
	onEach(t, func(t *testing.T, s *store.Store) {
		partition := func(part int) func() error {
			return func() error {
				for i := range uint64(services) {
					err := s.CommitTallies(t.Context(), part, i, i+1, 0, []outcry.Tally{reports(fmt.Sprint("service-", i), tick(0), cell("calls", "GB", 1))})
					if err != nil {
						return err
					}
				}
				return nil
			}
		}
		race(t, partition(0), partition(1), partition(2))
		all, err := s.Tallies(t.Context(), store.TallyQuery{To: tick(1)})
		ok(t, err)
		if len(all) != services {
			t.Fatalf("%d streams of %d", len(all), services)
		}
		for _, tally := range all {
			if tally.Total != 3 {
				t.Errorf("%s has %d of 3", tally.Service, tally.Total)
			}
		}
	})
}
