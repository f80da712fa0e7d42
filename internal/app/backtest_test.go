package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/store"
)

// kept fills a store with so many days of one report every ten minutes and a
// check a minute, an hour of two reports a tick, and three hours in which nobody
// was there, and lets it age. It gives the data folder and the hour.
func kept(t *testing.T, days int, now time.Time) (dir string, bad time.Time) {
	t.Helper()
	dir = t.TempDir()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "outcry.db"), quietLog())
	if err != nil {
		t.Fatal(err)
	}
	first, end := outcry.TickOf(now.Add(-time.Duration(days)*24*time.Hour)), outcry.TickOf(now)
	bad = now.Add(-30 * 24 * time.Hour).Truncate(time.Hour)
	from, away := outcry.TickOf(bad), outcry.TickOf(now.Add(-24*time.Hour))
	var all []outcry.Tally
	for i := first; i < end; i++ {
		if i >= away && i < away+1080 {
			continue
		}
		switch {
		case i >= from && i < from+360:
			all = append(all, reports("shop", i, 2))
		case i%60 == 7:
			all = append(all, reports("shop", i, 1))
		}
		if i%6 == 0 {
			all = append(all, outcry.Tally{Service: "shop", Kind: outcry.KindProbe, Tick: i, Counts: outcry.Counts{Total: 1}})
		}
	}
	err = s.CommitTallies(t.Context(), 0, 0, 1, end-1, all)
	if err == nil {
		err = s.Apply(t.Context(), store.Judged{Tick: end - 1}, nil)
	}
	if err == nil {
		err = s.Retain(t.Context(), now, store.DefaultRetention())
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, bad
}

// The product's own history, partly in hours, partly in five minutes, partly in
// ticks, is judged as one series; what nobody watched is left out.
func TestBacktestOfStoredHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("work of one goroutine, and long under the race detector")
	}
	now := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	dir, bad := kept(t, 70, now)
	cfg := parse(t, twoServices)
	cfg.Data, cfg.Retention = dir, config.Default().Retention
	o := BacktestOptions{Config: cfg, Service: "shop", FalseAlarms: []float64{1, 52}, Now: now, Seed: 1, Log: quietLog()}
	r, err := Backtest(t.Context(), &o)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(70*144 + 720 - 6 - 18); r.Events != want {
		t.Errorf("%d events, want %d", r.Events, want)
	}
	if r.MissingBins < 1000 || r.MissingBins > 1100 {
		t.Errorf("%d bins missing, want the 1080 in which nobody was there", r.MissingBins)
	}
	scored := r.Alerts[:0]
	for _, a := range r.Alerts {
		if !a.Learning {
			scored = append(scored, a)
		}
	}
	if len(scored) != 1 || scored[0].DetectedAt.Sub(bad) > 15*time.Minute || !scored[0].DetectedAt.After(bad) || len(r.Budgets) != 2 {
		t.Errorf("alerts %+v at %d budgets; want one, just after %s, at two", scored, len(r.Budgets), bad)
	}
	o.To = bad.Format(time.RFC3339)
	if r, err = Backtest(t.Context(), &o); err != nil || r.To.After(bad) {
		t.Errorf("until %s: ends at %s, %v", bad, r.To, err)
	}
}

func TestBacktestRefuses(t *testing.T) {
	dir := t.TempDir()
	one := filepath.Join(dir, "one.csv")
	if err := os.WriteFile(one, []byte("0,1\n60,2\n120,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := parse(t, twoServices)
	empty.Data = dir
	if s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "outcry.db"), quietLog()); err != nil || s.Close() != nil {
		t.Fatal(err)
	}
	cases := []struct {
		says string
		o    BacktestOptions
		want string
	}{
		{"a file that is not there", BacktestOptions{File: filepath.Join(dir, "none.csv")}, "none.csv"},
		{"labels that are not there", BacktestOptions{File: one, Labels: filepath.Join(dir, "none.csv")}, "none.csv"},
		{"a time that is none", BacktestOptions{File: one, To: "later"}, `to: "later"`},
		{"a zone that is none", BacktestOptions{File: one, Timezone: "Mars/Base"}, "timezone"},
		{"a service that there is not", BacktestOptions{Config: empty, Service: "x"}, "shop"},
		{"a store without reports", BacktestOptions{Config: empty, Service: "shop", Now: time.Now(), Log: quietLog()}, "has no reports of shop"},
	}
	for _, c := range cases {
		if _, err := Backtest(t.Context(), &c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.says, err, c.want)
		}
	}
}
