package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

// totals gives the bins' totals alone.
func totals(bins []store.Bin) []uint32 {
	var out []uint32
	for _, b := range bins {
		out = append(out, b.Total)
	}
	return out
}

func TestSeries(t *testing.T) {
	one := func(service string, n int) outcry.Tally { return reports(service, tick(n), cell("calls", "GB", 1)) }
	cases := []struct {
		says     string
		service  string
		kind     outcry.Kind
		from, to time.Duration
		step     time.Duration
		want     []uint32
	}{
		{"every bin is there, empty or not", "mail", outcry.KindReport, 0, 40 * time.Second, 10 * time.Second, []uint32{1, 2, 0, 1}},
		{"the last bin may be cut short", "mail", outcry.KindReport, 0, 40 * time.Second, 30 * time.Second, []uint32{3, 1}},
		{"an end within a tick takes the tick in", "mail", outcry.KindReport, 0, 11 * time.Second, 10 * time.Second, []uint32{1, 2}},
		{"bins start where the range does", "mail", outcry.KindReport, 10 * time.Second, 40 * time.Second, 20 * time.Second, []uint32{2, 1}},
		{"no service is all of them", "", outcry.KindReport, 0, 40 * time.Second, 40 * time.Second, []uint32{5}},
		{"a kind that never came is empty", "mail", outcry.KindProbe, 0, 20 * time.Second, 10 * time.Second, []uint32{0, 0}},
		{"an empty range has no bins", "mail", 0, 0, 0, time.Minute, nil},
	}
	onEach(t, func(t *testing.T, s *store.Store) {
		commit(t, s, 0, 0, 1, one("mail", 0), one("mail", 1), one("mail", 3), one("chat", 2))
		commit(t, s, 1, 0, 1, one("mail", 1))
		for _, c := range cases {
			got, err := s.Series(t.Context(), c.service, c.kind, noon.Add(c.from), noon.Add(c.to), c.step)
			ok(t, err)
			if d := cmp.Diff(c.want, totals(got)); d != "" {
				t.Errorf("%s: %s", c.says, d)
			}
			if len(got) > 0 && !got[0].At.Equal(noon.Add(c.from)) {
				t.Errorf("%s: the first bin is at %v", c.says, got[0].At)
			}
		}
	})
}

func TestSeriesRefuses(t *testing.T) {
	cases := []struct {
		says string
		to   time.Duration
		step time.Duration
	}{
		{"a step of nothing", time.Hour, 0},
		{"a step that is no multiple of a tick", time.Hour, 15 * time.Second},
		{"a range that ends before it begins", -time.Hour, time.Minute},
		{"more bins than anybody can look at", 100 * 365 * 24 * time.Hour, 10 * time.Second},
	}
	s := open(t, "sqlite::memory:")
	for _, c := range cases {
		if _, err := s.Series(t.Context(), "mail", 0, noon, noon.Add(c.to), c.step); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}

func TestScopes(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		commit(t, s, 0, 0, 1,
			reports("mail", tick(0), cell("calls", "GB", 1), cell("calls", "US-TX", 4)),
			reports("mail", tick(9), cell("calls", "GB", 2)),
			reports("mail", tick(10), cell("calls", "GB", 100)),
			reports("chat", tick(0), cell("calls", "GB", 100)))
		got, err := s.Scopes(t.Context(), "mail", outcry.KindReport, noon, noon.Add(100*time.Second))
		ok(t, err)
		if d := cmp.Diff([]outcry.Cell{cell("calls", "GB", 3), cell("calls", "US-TX", 4)}, got); d != "" {
			t.Error(d)
		}
	})
}
