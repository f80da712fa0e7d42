package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/replay"
)

// At the peak of an outage an hour's signals are several messages. They must
// reach the counter in the order in which people sent them, or two runs differ.
func TestReplayOfManyIsTheSameBytesTwice(t *testing.T) {
	sc, err := OpenScenario("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sc.Outages[0].Reports = 25_000
	var docs [2]*Result
	for i := range docs {
		if docs[i], err = Replay(t.Context(), ReplayOptions{Scenario: sc, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		docs[i].WallS = 0
	}
	if diff := cmp.Diff(docs[0], docs[1]); diff != "" {
		t.Errorf("two runs (-first +second):\n%s", diff)
	}
}

// Signals from a file go the way of a draw, and a bad one is named.
func TestReplayOfSignals(t *testing.T) {
	sc, err := OpenScenario("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	at := sc.Start.UTC().Format("2006-01-02T15:04")
	for _, c := range []struct {
		name, lines, fails string
		counted            int64
	}{
		{
			name: "two reports and a check",
			lines: `{"at":"` + at + `:00Z","kind":"report","service":"shop","address":"198.51.100.7","reporter":"a"}
{"at":"` + at + `:01Z","kind":"report","service":"shop","address":"198.51.100.8","reporter":"b"}
{"at":"` + at + `:02Z","kind":"probe","service":"shop","vantage":"fra","ok":true}
`,
			counted: 2,
		},
		{name: "no signals"},
		{name: "no JSON", lines: "report\n", fails: "line 1"},
		{name: "no address", lines: `{"at":"` + at + `:00Z","kind":"report","service":"shop","address":"home","reporter":"a"}`, fails: `"home"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Replay(t.Context(), ReplayOptions{Scenario: sc, Seed: 1, Signals: strings.NewReader(c.lines)})
			switch {
			case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
				t.Errorf("error %v, want one that names %q", err, c.fails)
			case c.fails == "" && err != nil:
				t.Error(err)
			case c.fails == "" && (r.ReportsCounted != c.counted || r.ReportsIn != c.counted):
				t.Errorf("%d taken, %d counted; want %d", r.ReportsIn, r.ReportsCounted, c.counted)
			}
		})
	}
}

func TestPlayerHearsOfTheCollectorsAbsence(t *testing.T) {
	p := &player{clock: &virtualClock{}}
	for i, up := range []bool{false, true, false} {
		r := replay.Record{Kind: outcry.KindCoverage, At: (t0 + outcry.Tick(10*i)).Start(), Up: up}
		if err := p.feed(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
	}
	for tick, want := range map[outcry.Tick]float64{t0 - 1: 1, t0: 0, t0 + 9: 0, t0 + 10: 1, t0 + 20: 0, t0 + 999: 0} {
		if got := p.coverage(tick); got != want {
			t.Errorf("%d ticks on: coverage %v, want %v", tick-t0, got, want)
		}
	}
}

// Salts and ids of a replay follow from its seed, and from nothing else.
func TestSeeded(t *testing.T) {
	salt := func(seed uint64, period string) string {
		b, err := seeded{seed}.Salt(t.Context(), period)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first, again := salt(1, "a"), salt(1, "a")
	if first != again || first == salt(1, "b") || first == salt(2, "a") {
		t.Error("a salt does not follow from seed and period")
	}
	one, same, other := seeded{1}.ids(), seeded{1}.ids(), seeded{2}.ids()
	seen := map[string]bool{}
	for range 1000 {
		id := one()
		if id != same() || id == other() || seen[id] {
			t.Fatalf("id %s", id)
		}
		seen[id] = true
	}
}
