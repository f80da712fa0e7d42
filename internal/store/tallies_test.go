package store_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

func TestCommitTallies(t *testing.T) {
	gb, us := cell("calls", "GB", 2), cell("sign-in", "US-TX", 3)
	cases := []struct {
		says    string
		commits [][]outcry.Tally
		want    []outcry.Tally
	}{
		{"an empty commit leaves no row", [][]outcry.Tally{{}}, nil},
		{"a tally comes back as it was",
			[][]outcry.Tally{{reports("mail", tick(0), gb, us)}},
			[]outcry.Tally{reports("mail", tick(0), gb, us)}},
		{"later deltas add, cell by cell",
			[][]outcry.Tally{{reports("mail", tick(0), gb)}, {reports("mail", tick(0), gb, us)}},
			[]outcry.Tally{reports("mail", tick(0), cell("calls", "GB", 4), us)}},
		{"two deltas of one tick in one commit add",
			[][]outcry.Tally{{reports("mail", tick(0), us), reports("mail", tick(0), gb)}},
			[]outcry.Tally{reports("mail", tick(0), gb, us)}},
		{"cells that come unsorted are sorted",
			[][]outcry.Tally{{reports("mail", tick(0), us, gb)}, {reports("mail", tick(0), gb)}},
			[]outcry.Tally{reports("mail", tick(0), cell("calls", "GB", 4), us)}},
		{"the order is tick, service, kind",
			[][]outcry.Tally{{reports("mail", tick(1), gb), reports("chat", tick(1), us), reports("mail", tick(0), us)}},
			[]outcry.Tally{reports("mail", tick(0), us), reports("chat", tick(1), us), reports("mail", tick(1), gb)}},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				for i, deltas := range c.commits {
					commit(t, s, 0, uint64(i), uint64(i+1), deltas...)
				}
				got, err := s.Tallies(t.Context(), store.TallyQuery{From: tick(0), To: tick(10), Cells: true})
				ok(t, err)
				if d := cmp.Diff(c.want, got); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestPartitionsMerge(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		commit(t, s, 0, 0, 7, reports("mail", tick(0), cell("calls", "GB", 1)))
		commit(t, s, 1, 0, 3, reports("mail", tick(0), cell("calls", "GB", 2)))
		got, err := s.Tallies(t.Context(), store.TallyQuery{Service: "mail", Kind: outcry.KindReport, From: tick(0), To: tick(1), Cells: true})
		ok(t, err)
		if d := cmp.Diff([]outcry.Tally{reports("mail", tick(0), cell("calls", "GB", 3))}, got); d != "" {
			t.Error(d)
		}
		for part, want := range []uint64{7, 3} {
			seq, _, _, err := s.Position(t.Context(), part)
			ok(t, err)
			if seq != want {
				t.Errorf("partition %d is at %d, want %d", part, seq, want)
			}
		}
	})
}

func TestCommitIsCompareAndSet(t *testing.T) {
	one := reports("mail", tick(0), cell("calls", "GB", 1))
	cases := []struct {
		says     string
		part     int
		from, to uint64
		deltas   []outcry.Tally
		want     outcry.Code
	}{
		{"the same commit again is a conflict", 0, 0, 5, []outcry.Tally{one}, outcry.CodeConflict},
		{"a commit from ahead is a conflict", 0, 9, 10, []outcry.Tally{one}, outcry.CodeConflict},
		{"a commit from nowhere on a new partition is a conflict", 4, 9, 10, []outcry.Tally{one}, outcry.CodeConflict},
		{"deltas without a step are refused", 0, 5, 5, []outcry.Tally{one}, outcry.CodeInvalid},
		{"a step back is refused", 0, 5, 4, nil, outcry.CodeInvalid},
		{"a position beyond the database's range is refused", 0, 5, math.MaxUint64, nil, outcry.CodeInvalid},
		{"a negative partition is refused", -1, 0, 1, nil, outcry.CodeInvalid},
		{"the watermark alone may move", 0, 5, 5, nil, ""},
		{"the next step is taken", 0, 5, 6, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				commit(t, s, 0, 0, 5, one)
				wantCode(t, s.CommitTallies(t.Context(), c.part, c.from, c.to, 0, c.deltas), c.want)
				got, err := s.Tallies(t.Context(), store.TallyQuery{From: tick(0), To: tick(1), Cells: true})
				ok(t, err)
				if d := cmp.Diff([]outcry.Tally{one}, got); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestPosition(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		seq, complete, at, err := s.Position(t.Context(), 0)
		ok(t, err)
		if seq != 0 || complete != 0 || !at.IsZero() {
			t.Errorf("a new partition is at %d, %d, %v", seq, complete, at)
		}
		ok(t, s.CommitTallies(t.Context(), 0, 0, 9, tick(3), nil))
		ok(t, s.CommitTallies(t.Context(), 0, 9, 12, tick(1), nil))
		seq, complete, at, err = s.Position(t.Context(), 0)
		ok(t, err)
		if seq != 12 || complete != tick(3) || !at.Equal(noon.Add(40*time.Second)) {
			t.Errorf("got %d, %d, %v: the watermark must not move back", seq, complete, at)
		}
	})
}

// A position goes back only from where it is, and takes the watermark's word as
// it is: what was counted stays counted.
func TestRewind(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ok(t, s.CommitTallies(t.Context(), 0, 0, 9, tick(3), nil))
		for _, c := range []struct {
			says     string
			from, to uint64
			code     outcry.Code
		}{
			{"forward", 9, 10, outcry.CodeInvalid},
			{"from where it is not", 8, 2, outcry.CodeConflict},
			{"back", 9, 2, ""},
		} {
			if err := s.Rewind(t.Context(), 0, c.from, c.to); outcry.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %q", c.says, err, c.code)
			}
		}
		seq, complete, _, err := s.Position(t.Context(), 0)
		ok(t, err)
		if seq != 2 || complete != tick(3) {
			t.Errorf("it is at %d, %d", seq, complete)
		}
		ok(t, s.CommitTallies(t.Context(), 0, 2, 3, tick(4), nil))
	})
}

func TestTallyQuery(t *testing.T) {
	probe := outcry.Tally{Service: "mail", Kind: outcry.KindProbe, Tick: tick(2), Counts: outcry.Counts{Total: 3, Unknown: 1}}
	coverage := outcry.Tally{Kind: outcry.KindCoverage, Tick: tick(2), Counts: outcry.Counts{Total: 1, Bad: 1}}
	mail, chat := reports("mail", tick(1), cell("calls", "GB", 1)), reports("chat", tick(3), cell("calls", "GB", 1))
	bare := func(t outcry.Tally) outcry.Tally { t.Cells = nil; return t }
	cases := []struct {
		says string
		q    store.TallyQuery
		want []outcry.Tally
	}{
		{"everything", store.TallyQuery{From: 0, To: tick(9)}, []outcry.Tally{bare(mail), coverage, probe, bare(chat)}},
		{"one service", store.TallyQuery{Service: "mail", To: tick(9)}, []outcry.Tally{bare(mail), probe}},
		{"one kind", store.TallyQuery{Kind: outcry.KindReport, To: tick(9), Cells: true}, []outcry.Tally{mail, chat}},
		{"the end is not in the range", store.TallyQuery{From: tick(1), To: tick(2)}, []outcry.Tally{bare(mail)}},
		{"a service that is not known", store.TallyQuery{Service: "' OR 1=1 --", To: tick(9)}, nil},
		{"an empty range", store.TallyQuery{From: tick(9), To: tick(0)}, nil},
	}
	onEach(t, func(t *testing.T, s *store.Store) {
		commit(t, s, 0, 0, 1, mail, chat, probe, coverage)
		for _, c := range cases {
			got, err := s.Tallies(t.Context(), c.q)
			ok(t, err)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s: %s", c.says, d)
			}
		}
	})
}

func TestAnotherProcessesStreams(t *testing.T) {
	for _, e := range engines() {
		if e.name == "sqlite memory" {
			continue // has no other process
		}
		t.Run(e.name, func(t *testing.T) {
			dsn := e.dsn(t)
			a, b := open(t, dsn), open(t, dsn)
			commit(t, a, 0, 0, 1, reports("mail", tick(0), cell("calls", "GB", 1)))
			commit(t, b, 1, 0, 1, reports("chat", tick(0), cell("calls", "GB", 1)), reports("mail", tick(0), cell("calls", "GB", 1)))
			got, err := a.Tallies(t.Context(), store.TallyQuery{To: tick(1)})
			ok(t, err)
			if len(got) != 2 || got[0].Service != "chat" || got[1].Service != "mail" || got[1].Total != 2 {
				t.Errorf("got %+v", got)
			}
		})
	}
}
