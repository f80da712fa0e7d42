package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

func TestJudgeMemory(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		check := func(says string, want store.JudgeState) {
			t.Helper()
			got, err := s.LoadJudge(t.Context())
			ok(t, err)
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%s: %s", says, d)
			}
		}
		none := map[string][]byte{}
		check("a new store has judged nothing", store.JudgeState{Snapshot: none})
		ok(t, s.Apply(t.Context(), store.Judged{Tick: tick(1)}, nil))
		check("a judgement without a snapshot", store.JudgeState{Tick: tick(1), Snapshot: none})
		two := map[string][]byte{"mail": {1, 2}, "chat": {}}
		ok(t, s.Apply(t.Context(), store.Judged{Prev: tick(1), Tick: tick(900), Snapshot: two}, nil))
		check("a batch of ticks with a snapshot", store.JudgeState{Tick: tick(900), SnapshotAt: tick(900), Snapshot: two})
		ok(t, s.Apply(t.Context(), store.Judged{Prev: tick(900), Tick: tick(901)}, nil))
		check("nil leaves the snapshot", store.JudgeState{Tick: tick(901), SnapshotAt: tick(900), Snapshot: two})
		one := map[string][]byte{"mail": {9}}
		ok(t, s.SaveJudge(t.Context(), tick(901), one))
		check("a snapshot replaces all of the one before", store.JudgeState{Tick: tick(901), SnapshotAt: tick(901), Snapshot: one})
		wantCode(t, s.SaveJudge(t.Context(), tick(900), two), outcry.CodeConflict)
		check("a judge that lags writes nothing", store.JudgeState{Tick: tick(901), SnapshotAt: tick(901), Snapshot: one})
		ok(t, s.SaveJudge(t.Context(), tick(901), nil))
		check("memory can be emptied", store.JudgeState{Tick: tick(901), SnapshotAt: tick(901), Snapshot: none})
	})
}

func TestJudgedRefused(t *testing.T) {
	cases := []struct {
		says string
		j    store.Judged
		want outcry.Code
	}{
		{"the same tick again is a conflict", store.Judged{Prev: 0, Tick: tick(5)}, outcry.CodeConflict},
		{"a step from a tick not judged is a conflict", store.Judged{Prev: tick(6), Tick: tick(7)}, outcry.CodeConflict},
		{"a step back is misuse", store.Judged{Prev: tick(5), Tick: tick(4)}, outcry.CodeInvalid},
		{"no step and no snapshot is misuse", store.Judged{Prev: tick(5), Tick: tick(5)}, outcry.CodeInvalid},
		{"the next step is taken", store.Judged{Prev: tick(5), Tick: tick(6)}, ""},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				ok(t, s.Apply(t.Context(), store.Judged{Tick: tick(5)}, nil))
				change := store.IncidentChange{Incident: incident("a", 0), Notices: []outcry.Notice{notice("n", 0)}}
				wantCode(t, s.Apply(t.Context(), c.j, []store.IncidentChange{change}), c.want)
				list, err := s.Incidents(t.Context(), store.IncidentQuery{})
				ok(t, err)
				claimed, err := s.ClaimNotices(t.Context(), noon, 1, 9)
				ok(t, err)
				wrote := c.want == ""
				if (len(list) == 1) != wrote || (len(claimed) == 1) != wrote {
					t.Errorf("%d incidents and %d notices were written", len(list), len(claimed))
				}
			})
		})
	}
}

// Two judges go through the same ticks and each opens an incident at every
// tenth: every one must be opened once, whoever did it.
func TestTwoJudges(t *testing.T) {
	const ticks = 60
	onEach(t, func(t *testing.T, s *store.Store) {
		var opened, conflicts atomic.Int64
		judge := func(name string) error {
			for n := 1; n <= ticks; n++ {
				var changes []store.IncidentChange
				if n%10 == 0 {
					id := fmt.Sprintf("%s-%d", name, n)
					changes = append(changes, store.IncidentChange{Incident: incident(id, n), Notices: []outcry.Notice{notice(id, n)}})
				}
				switch err := s.Apply(t.Context(), store.Judged{Prev: prevTick(n), Tick: tick(n)}, changes); outcry.CodeOf(err) {
				case "":
					opened.Add(int64(len(changes)))
				case outcry.CodeConflict:
					conflicts.Add(1)
				default:
					return err
				}
			}
			return nil
		}
		race(t, func() error { return judge("a") }, func() error { return judge("b") })
		list, err := s.Incidents(t.Context(), store.IncidentQuery{})
		ok(t, err)
		if len(list) != ticks/10 || opened.Load() != ticks/10 || conflicts.Load() != ticks {
			t.Errorf("%d incidents, %d opened, %d conflicts", len(list), opened.Load(), conflicts.Load())
		}
	})
}

func prevTick(n int) outcry.Tick {
	if n == 1 {
		return 0
	}
	return tick(n - 1)
}

// race runs all at once and fails the test with what they return.
func race(t *testing.T, all ...func() error) {
	t.Helper()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, f := range all {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	for _, err := range errs {
		ok(t, err)
	}
}
