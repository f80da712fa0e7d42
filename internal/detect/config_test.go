package detect

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

func TestBudgetsAreThresholds(t *testing.T) {
	for _, x := range []struct {
		why                       string
		cfg                       Config
		watch, suspected, outages float64 // a year
	}{
		{"by default one a week, a month and a year", Config{}, 365.25 / 7, 12, 1},
		{"each tier has a budget of its own", Config{FalseAlarms: 0.5, Suspected: 4, Watch: 100}, 100, 4, 0.5},
		{"a lower tier asks no more than a higher one", Config{FalseAlarms: 200, Suspected: 4, Watch: 1}, 200, 200, 200},
	} {
		year := math.Log(ticksPerYear)
		want := [4]float64{0, year - math.Log(x.watch), year - math.Log(x.suspected), year - math.Log(x.outages)}
		for i, got := range x.cfg.thresholds() {
			if !near(got, want[i], 1e-9) {
				t.Errorf("%s: tier %d is ln A = %v, want %v", x.why, i, got, want[i])
			}
		}
	}
}

func TestHolidaysAreSundaysOfTheirServices(t *testing.T) {
	cfg := Config{Holidays: []Holiday{
		{Month: time.December, Day: 25},
		{Year: 2025, Month: time.March, Day: 5, Services: []string{"shop"}},
	}}
	for _, x := range []struct {
		service, at string
		sunday      bool
	}{
		{"shop", "2025-12-25", true}, {"mail", "2031-12-25", true},
		{"shop", "2025-03-05", true}, {"shop", "2024-03-05", false}, {"mail", "2025-03-05", false},
	} {
		at, err := time.Parse(time.DateOnly, x.at)
		if err != nil {
			t.Fatal(err)
		}
		c := calendarOf(at.Add(12*time.Hour), time.UTC, cfg.holidaysOf(x.service))
		if got := c.kind == 1 && c.day == 0 && c.how == 12; got != x.sunday {
			t.Errorf("%s on %s: a Sunday is %v", x.service, x.at, got)
		}
	}
}

func TestAQuorumOfVantagesMustFail(t *testing.T) {
	for _, x := range []struct {
		why    string
		quorum int
		bad    map[string]bool
		fails  bool
	}{
		{"two of three are enough for any one", 0, map[string]bool{"a": true, "b": true}, true},
		{"two of three make a quorum of two", 2, map[string]bool{"a": true, "b": true}, true},
		{"two of three make no quorum of three", 3, map[string]bool{"a": true, "b": true}, false},
	} {
		j, err := New(Config{Services: []outcry.Service{{ID: "shop"}}, Quorum: map[string]int{"shop": x.quorum}}, day0())
		if err != nil {
			t.Fatal(err)
		}
		for k := day0(); k < day0()+360; k += 3 {
			step(t, j, k, checks("shop", k, nil, "a", "b", "c"))
		}
		if err := j.Restore(kept(t, j)); err != nil { // a restart keeps it
			t.Fatal(err)
		}
		var got history
		for k := j.Next(); k < day0()+3*360; k++ {
			var tallies []outcry.Tally
			if k%3 == 0 {
				bad := x.bad
				if k > day0()+2*360 { // one goes on failing for reasons of its own
					bad = map[string]bool{"a": true}
				}
				tallies = append(tallies, checks("shop", k, bad, "a", "b", "c"))
			}
			got.add(step(t, j, k, tallies...))
		}
		want := history{outcry.CondFailing}
		switch {
		case x.fails && x.quorum == 2: // one is no quorum to keep it up either
			want = history{outcry.CondFailing, outcry.CondRecovering, outcry.CondNormal}
		case !x.fails:
			want = nil
		}
		if len(got) > 0 && got[0] == outcry.CondNormal {
			got = got[1:]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", x.why, d)
		}
	}
}

// A service that is new expects what others of its category have.
func TestAYoungServiceExpectsWhatItsCategoryHas(t *testing.T) {
	old := newJudge(t, "a", "b", "c")
	for k := day0(); k < day0()+3*8640; k += 6 { // 60 an hour each
		step(t, old, k, reports("a", k, 1, outcry.CellKey{}), reports("b", k, 1, outcry.CellKey{}), reports("c", k, 1, outcry.CellKey{}))
	}
	services := []outcry.Service{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "young"}, {ID: "lone"}}
	categories := map[string]string{"a": "game", "b": "game", "c": "game", "young": "game", "lone": "bank"}
	j, err := New(Config{Services: services, Category: categories}, old.Next())
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Restore(kept(t, old)); err != nil {
		t.Fatal(err)
	}
	k := j.Next()
	step(t, j, k, reports("young", k, 1, outcry.CellKey{}), reports("lone", k, 1, outcry.CellKey{}))
	noon := k.Start().Add(24 * time.Hour).Truncate(24 * time.Hour).Add(12 * time.Hour)
	young, learned := j.Usual("young", noon)
	lone, _ := j.Usual("lone", noon)
	if learned || young < 30 || young > 200 || lone > 15 {
		t.Errorf("the young one expects %.1f an hour (learned: %v), the lone one %.1f", young, learned, lone)
	}
}
