package store_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// short ages counts within the hours that the tests have.
func short() store.Retention {
	return store.Retention{Ticks: time.Hour, Minutes: 10 * time.Hour, Hours: 100 * time.Hour}
}

// sum is what all readers say of the service's reports from noon on.
func sum(t *testing.T, s *store.Store, d time.Duration) (uint32, []outcry.Cell) {
	t.Helper()
	bins, err := s.Series(t.Context(), "mail", outcry.KindReport, noon, noon.Add(d), d)
	ok(t, err)
	cells, err := s.Scopes(t.Context(), "mail", outcry.KindReport, noon, noon.Add(d))
	ok(t, err)
	return bins[0].Total, cells
}

// However often, and whenever, counts are rolled up, none is lost or doubled
// until it is past keeping.
func TestRetainKeepsTheSums(t *testing.T) {
	const ticks = 2 * 360 // two hours
	onEach(t, func(t *testing.T, s *store.Store) {
		var deltas []outcry.Tally
		for n := range ticks {
			deltas = append(deltas, reports("mail", tick(n), cell("calls", "GB", 1), cell("calls", "US-TX", 2)))
		}
		commit(t, s, 0, 0, 1, deltas...)
		commit(t, s, 1, 0, 1, deltas...)
		want, cells := sum(t, s, 2*time.Hour)
		ages := []struct {
			says string
			at   time.Duration
			rows int // ten-second rows that are left
		}{
			{"young rows stay", time.Hour, ticks},
			{"whole five minutes that are old are rolled up", time.Hour + 302*time.Second, ticks - 30},
			{"again changes nothing", time.Hour + 302*time.Second, ticks - 30},
			{"everything becomes five minutes", 3 * time.Hour, 0},
			{"five minutes become hours", 12 * time.Hour, 0},
			{"hours stay", 99 * time.Hour, 0},
		}
		for _, a := range ages {
			ok(t, s.Retain(t.Context(), noon.Add(a.at), short()))
			left, err := s.Tallies(t.Context(), store.TallyQuery{From: tick(0), To: tick(ticks)})
			ok(t, err)
			got, gotCells := sum(t, s, 2*time.Hour)
			if got != want || len(left) != a.rows || cmp.Diff(cells, gotCells) != "" {
				t.Fatalf("%s: total %d, want %d; %d rows, want %d; cells %s", a.says, got, want, len(left), a.rows, cmp.Diff(cells, gotCells))
			}
		}
		ok(t, s.Retain(t.Context(), noon.Add(102*time.Hour+time.Second), short()))
		if got, gone := sum(t, s, 2*time.Hour); got != 0 || len(gone) != 0 {
			t.Errorf("%d are left past keeping", got)
		}
	})
}

func TestLateSignalsJoinTheRollup(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		one := reports("mail", tick(7), cell("calls", "GB", 1))
		for i := range uint64(3) {
			commit(t, s, 0, i, i+1, one)
			ok(t, s.Retain(t.Context(), noon.Add(20*time.Hour), short()))
		}
		if got, _ := sum(t, s, time.Hour); got != 3 {
			t.Errorf("three signals are %d", got)
		}
		bins, err := s.Series(t.Context(), "mail", outcry.KindReport, noon, noon.Add(2*time.Hour), time.Hour)
		ok(t, err)
		if bins[0].Total != 3 || bins[1].Total != 0 {
			t.Errorf("they are in the wrong hour: %v", totals(bins))
		}
	})
}

func TestRetainZeroKeepsForGood(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		commit(t, s, 0, 0, 1, reports("mail", tick(0), cell("calls", "GB", 1)))
		ok(t, s.Retain(t.Context(), noon.Add(1e5*time.Hour), store.Retention{}))
		if left, err := s.Tallies(t.Context(), store.TallyQuery{To: tick(1)}); err != nil || len(left) != 1 {
			t.Errorf("%d rows, %v", len(left), err)
		}
	})
}

// Several instances age the same rows while others commit: nothing is lost.
func TestRetainRaces(t *testing.T) {
	const ticks = 3 * 360
	onEach(t, func(t *testing.T, s *store.Store) {
		for i := range uint64(3) {
			var deltas []outcry.Tally
			for n := range ticks / 3 {
				deltas = append(deltas, reports("mail", tick(n+int(i)*ticks/3), cell("calls", "GB", 1)))
			}
			commit(t, s, 0, i, i+1, deltas...)
		}
		age := func() error { return s.Retain(t.Context(), noon.Add(20*time.Hour), short()) }
		late := func() error {
			for i := range uint64(20) {
				one := reports("mail", tick(int(i)*50), cell("calls", "GB", 1))
				err := s.CommitTallies(t.Context(), 1, i, i+1, 0, []outcry.Tally{one})
				if err != nil {
					return err
				}
			}
			return nil
		}
		race(t, age, age, late)
		ok(t, age())
		if got, _ := sum(t, s, 3*time.Hour); got != ticks+20 {
			t.Errorf("%d of %d are left", got, ticks+20)
		}
	})
}

// A Retain that is stopped half way has moved some counts whole, and no others.
func TestRetainInterrupted(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		var deltas []outcry.Tally
		const ticks = 2880
		for n := range ticks {
			deltas = append(deltas, reports("mail", tick(n), cell("calls", "GB", 1)))
		}
		commit(t, s, 0, 0, 1, deltas...)
		for calls := int64(1); ; calls++ {
			ctx := &shortLived{Context: t.Context()}
			ctx.left.Store(calls * 60)
			err := s.Retain(ctx, noon.Add(48*time.Hour), short())
			if got, _ := sum(t, s, 24*time.Hour); got != ticks {
				t.Fatalf("after interruption %d there are %d of %d left", calls, got, ticks)
			}
			if err == nil {
				if calls < 5 {
					t.Errorf("it was over after %d interruptions: this proves little", calls-1)
				}
				return
			}
			wantCode(t, err, outcry.CodeUnavailable)
		}
	})
}

// shortLived is cancelled after so many looks at it.
type shortLived struct {
	context.Context
	left atomic.Int64
}

func (c *shortLived) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

func (c *shortLived) Done() <-chan struct{} {
	if c.left.Add(-1) >= 0 {
		return c.Context.Done()
	}
	closed := make(chan struct{})
	close(closed)
	return closed
}

func TestRetainDropsWhatIsDone(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		closed := incident("closed", 0)
		closed.State, closed.ClosedAt = outcry.StateResolved, noon
		ok(t, s.Apply(t.Context(), store.Judged{}, append(change(incident("open", 0), notice("waits", 0), notice("done", 0)), change(closed)...)))
		for _, n := range claim(t, s, noon, 9) {
			if n.ID == "done" {
				n.DeliveredAt = noon
				ok(t, s.FinishNotice(t.Context(), n))
			}
		}
		ok(t, s.Retain(t.Context(), noon.Add(25*time.Hour), store.Retention{Incidents: 24 * time.Hour, Notices: 24 * time.Hour}))
		list, err := s.Incidents(t.Context(), store.IncidentQuery{})
		ok(t, err)
		if len(list) != 1 || list[0].ID != "open" {
			t.Errorf("%d incidents are left", len(list))
		}
		if got := ids(claim(t, s, noon.Add(26*time.Hour), 9)); len(got) != 1 || got[0] != "waits" {
			t.Errorf("notices left: %v", got)
		}
		ok(t, s.FinishNotice(t.Context(), outcry.Notice{ID: "waits", Attempts: 2, FailedAt: noon}))
	})
}
