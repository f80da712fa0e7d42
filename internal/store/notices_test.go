package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

const lease = time.Minute

// notice makes one that was queued n seconds after noon.
func notice(id string, n int) outcry.Notice {
	return outcry.Notice{
		ID: id, Kind: outcry.NoticeOpened, Channel: "ops", Incident: incident("a", 0),
		Update: incident("a", 0).Updates[0], CreatedAt: noon.Add(time.Duration(n) * time.Second),
	}
}

func claim(t *testing.T, s *store.Store, now time.Time, limit int) []outcry.Notice {
	t.Helper()
	got, err := s.ClaimNotices(t.Context(), now, lease, limit)
	ok(t, err)
	return got
}

func ids(notices []outcry.Notice) []string {
	var out []string
	for _, n := range notices {
		out = append(out, n.ID)
	}
	return out
}

func TestClaimNotices(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		later := notice("later", 0)
		later.NextAttempt = noon.Add(time.Hour)
		ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), notice("n3", 3), notice("n1", 1), notice("n2", 2), later)))
		steps := []struct {
			says  string
			at    time.Duration
			limit int
			want  []string
		}{
			{"nothing is due before it was queued", 0, 9, nil},
			{"the oldest come first, up to the limit", 5 * time.Second, 2, []string{"n1", "n2"}},
			{"what is taken is not given again", 5 * time.Second, 9, []string{"n3"}},
			{"nothing is left", 6 * time.Second, 9, nil},
			{"after the lease they are due again", 5*time.Second + lease, 9, []string{"n1", "n2", "n3"}},
			{"and one for later is, later", time.Hour, 9, []string{"n1", "n2", "n3", "later"}},
		}
		for _, st := range steps {
			got := ids(claim(t, s, noon.Add(st.at), st.limit))
			slices.Sort(got)
			slices.Sort(st.want)
			if !slices.Equal(got, st.want) {
				t.Fatalf("%s: got %v, want %v", st.says, got, st.want)
			}
		}
	})
}

func TestReclaimNotices(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		waits, told := notice("waits", 0), notice("told", 0)
		waits.NextAttempt = noon.Add(time.Hour)
		ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), notice("held", 0), notice("retried", 0), told, waits)))
		for _, n := range claim(t, s, noon, 9) {
			switch n.ID {
			case "retried":
				n.NextAttempt = noon.Add(time.Hour)
				ok(t, s.FinishNotice(t.Context(), n))
			case "told":
				n.DeliveredAt = noon
				ok(t, s.FinishNotice(t.Context(), n))
			}
		}
		soon := noon.Add(time.Second)
		for _, step := range []struct {
			says string
			want int64
		}{{"what was being sent is taken back", 1}, {"and only once", 0}} {
			if n, err := s.ReclaimNotices(t.Context(), soon); err != nil || n != step.want {
				t.Errorf("%s: %d, %v; want %d", step.says, n, err, step.want)
			}
		}
		got := claim(t, s, soon, 9)
		if len(got) != 1 || got[0].ID != "held" || got[0].Attempts != 1 {
			t.Errorf("due at once: %+v; want the one that was held, in its first attempt that counts", got)
		}
		if got := ids(claim(t, s, noon.Add(time.Hour), 9)); len(got) != 3 {
			t.Errorf("an hour later %v are due; want all but the one that is told", got)
		}
	})
}

func TestNoticeComesBackAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		want := notice("n", 0)
		ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), want)))
		got := claim(t, s, noon, 1)
		want.Attempts = 1
		if d := cmp.Diff([]outcry.Notice{want}, got, cmpopts.EquateApproxTime(0)); d != "" {
			t.Error(d)
		}
		want.Channel = "another"
		in := incident("a", 0)
		in.Version = 1
		ok(t, s.Apply(t.Context(), store.Judged{}, change(in, want))) // its ID is known
		if again := claim(t, s, noon, 1); len(again) != 0 {
			t.Errorf("a notice under a known ID was queued: %v", ids(again))
		}
	})
}

func TestFinishNotice(t *testing.T) {
	now := noon.Add(time.Second)
	cases := []struct {
		says   string
		expire bool // the lease runs out and another takes it before
		finish func(*outcry.Notice)
		want   outcry.Code
		dueAt  time.Time // zero: never again
	}{
		{"delivered is the end", false, func(n *outcry.Notice) { n.DeliveredAt = now }, "", time.Time{}},
		{"given up is the end", false, func(n *outcry.Notice) { n.FailedAt = now }, "", time.Time{}},
		{"a retry is due at its time", false, func(n *outcry.Notice) { n.NextAttempt = now.Add(5 * time.Second) }, "", now.Add(5 * time.Second)},
		{"a retry after the lease leaves it to the other", true, func(n *outcry.Notice) { n.NextAttempt = now.Add(lease + 1) }, outcry.CodeConflict, now.Add(2 * lease)},
		{"giving up after the lease leaves it to the other", true, func(n *outcry.Notice) { n.FailedAt = now }, outcry.CodeConflict, now.Add(2 * lease)},
		{"a delivery after the lease counts", true, func(n *outcry.Notice) { n.DeliveredAt = now }, "", time.Time{}},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), notice("n", 0))))
				n := claim(t, s, now, 1)[0]
				if c.expire {
					claim(t, s, now.Add(lease), 1)
				}
				n.LastError = "503"
				c.finish(&n)
				wantCode(t, s.FinishNotice(t.Context(), n), c.want)
				due := claim(t, s, now.Add(24*time.Hour), 1)
				if (len(due) == 0) != c.dueAt.IsZero() {
					t.Fatalf("claimed %v a day later", ids(due))
				}
				if c.want == "" && len(due) == 1 && (due[0].LastError != "503" || due[0].Attempts != 2) {
					t.Errorf("the retry does not remember: %+v", due[0])
				}
			})
		})
	}
}

// What is given back untried waits as before, and the claim was no attempt.
func TestReturnNotice(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), notice("n", 0))))
		for i := range 3 {
			at := noon.Add(time.Duration(i) * time.Minute)
			n := claim(t, s, at, 1)[0]
			if n.Attempts != 1 {
				t.Fatalf("claimed after %d returns, it has %d attempts", i, n.Attempts)
			}
			n.NextAttempt = at.Add(time.Minute)
			ok(t, s.ReturnNotice(t.Context(), n))
			wantCode(t, s.ReturnNotice(t.Context(), n), outcry.CodeConflict) // it is nobody's
			if early := claim(t, s, at.Add(59*time.Second), 1); len(early) != 0 {
				t.Fatal("claimed before its time")
			}
		}
		mine := claim(t, s, noon.Add(3*time.Minute), 1)[0]
		theirs := claim(t, s, noon.Add(3*time.Minute+lease), 1)[0] // the lease has run out
		wantCode(t, s.ReturnNotice(t.Context(), mine), outcry.CodeConflict)
		theirs.NextAttempt = noon
		ok(t, s.ReturnNotice(t.Context(), theirs))
	})
}

func TestRetryIsNotDueEarly(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), notice("n", 0))))
		n := claim(t, s, noon, 1)[0]
		n.NextAttempt = noon.Add(10 * time.Second)
		ok(t, s.FinishNotice(t.Context(), n))
		if got := claim(t, s, noon.Add(9*time.Second), 1); len(got) != 0 {
			t.Error("claimed before its time")
		}
		if got := claim(t, s, noon.Add(10*time.Second), 1); len(got) != 1 {
			t.Error("not claimed at its time")
		}
		n.DeliveredAt = noon
		ok(t, s.FinishNotice(t.Context(), n))
		wantCode(t, s.FinishNotice(t.Context(), n), outcry.CodeConflict)
	})
}

// Several workers drain one queue: every notice goes to exactly one of them.
func TestWorkersShareNotices(t *testing.T) {
	const total = 200
	onEach(t, func(t *testing.T, s *store.Store) {
		var all []outcry.Notice
		for i := range total {
			all = append(all, notice(fmt.Sprintf("n%03d", i), 0))
		}
		ok(t, s.Apply(t.Context(), store.Judged{}, change(incident("a", 0), all...)))
		var mu sync.Mutex
		taken := map[string]int{}
		worker := func() error {
			for {
				got, err := s.ClaimNotices(t.Context(), noon, lease, 7)
				if err != nil || len(got) == 0 {
					return err
				}
				mu.Lock()
				for _, n := range got {
					taken[n.ID]++
				}
				mu.Unlock()
			}
		}
		race(t, worker, worker, worker, worker)
		for id, n := range taken {
			if n != 1 {
				t.Errorf("%s was taken %d times", id, n)
			}
		}
		if len(taken) != total {
			t.Errorf("%d of %d were taken", len(taken), total)
		}
	})
}
