package detect

import (
	"math/rand/v2"
	"testing"

	"github.com/outcry/outcry"
)

// A service with thousands of reports an hour from the first tick on is not
// taken for failing, neither while its level is unknown nor when it is known.
func TestABusyServiceWithoutHistoryIsLearned(t *testing.T) {
	j := newJudge(t, "shop")
	o := ordinaryLife{r: rand.New(rand.NewPCG(12, 12)), perHour: 2000}
	failing := 0
	for k := day0(); k < day0()+2*8640; k++ {
		for _, v := range step(t, j, k, o.reports(k)...) {
			if v.Condition == outcry.CondFailing || v.Condition == outcry.CondRecovering {
				failing++
			}
		}
	}
	if failing > 180 { // half an hour
		t.Errorf("it fails for %d ticks of its first two days, want hardly any", failing)
	}
	if perHour, _ := j.Usual("shop", (day0() + 2*8640).Start()); perHour < 500 || perHour > 4000 {
		t.Errorf("%.0f an hour are usual; want what 2000 on average are at midnight", perHour)
	}
}

// Of a service that nobody knows, a crowd is a change from what was before.
func TestACrowdWithoutHistoryMustBeAChange(t *testing.T) {
	for _, c := range []struct {
		says         string
		quiet, crowd outcry.Tick // ticks without anybody, then with nine each
		busy         bool        // somebody has come all the time, as many
		fails        bool
	}{
		{"a crowd from the first tick on is the usual, for all that is known", 0, 60, false, false},
		{"after an hour without anybody it is a fault", 360, 12, false, true},
		{"after a quarter of an hour too", 90, 12, false, true},
		{"not where as many have come all the time", 360, 60, true, false},
	} {
		j := newJudge(t, "shop")
		failed := false
		for k := day0(); k < day0()+c.quiet+c.crowd; k++ {
			var tallies []outcry.Tally
			if c.busy || k >= day0()+c.quiet {
				tallies = []outcry.Tally{reports("shop", k, 9, outcry.CellKey{Symptom: "slow"})}
			}
			for _, v := range step(t, j, k, tallies...) {
				failed = failed || v.Condition == outcry.CondFailing
			}
		}
		if failed != c.fails {
			t.Errorf("%s: failing is %v", c.says, failed)
		}
	}
}

// A fault that checks see is none, however long it lasts.
func TestAnOutageWithoutHistoryStays(t *testing.T) {
	s := &service{Reports: &stream{}, State: condition{Is: outcry.CondFailing, Alarm: 100, Probed: true, Size: outcry.Size{Rate: 10, Peak: 10}}}
	for _, c := range []struct {
		says   string
		change func()
		want   bool
	}{
		{"checks fail too", func() {}, false},
		{"only people say so, for hours, as many as ever", func() { s.State.Probed = false }, true},
		{"they die down", func() { s.State.Size.Rate = 1 }, false},
		{"the vendor admits it", func() { s.State.Size.Rate, s.Fixed.Admits = 10, []string{"vendor"} }, false},
		{"there is a history", func() { s.Fixed.Admits, s.Reports.Base.AllHours = nil, 30 }, false},
	} {
		c.change()
		if got := s.mistaken(100 + coldTicks); got != c.want {
			t.Errorf("%s: %v", c.says, got)
		}
		if s.mistaken(100 + coldTicks - 1) {
			t.Errorf("%s: too early", c.says)
		}
	}
}

// Three people a minute come, day and night, since a few days ago. What is known
// of the hour is little, but what the last hour brought is known well.
func TestAYoungServiceSeesASixfoldRise(t *testing.T) {
	for _, c := range []struct {
		says string
		days outcry.Tick // since Monday 3 March
	}{
		{"after half a day", 4320},
		{"on the second day", 8640 + 3000},
		{"on the first day of a weekend", 5*8640 + 3000},
	} {
		const seeds, within = 5, 60
		seen := 0
		for seed := range uint64(seeds) {
			j, r := newJudge(t, "shop"), rand.New(rand.NewPCG(seed, 5))
			from := day0() + c.days
			draw := func(perMinute float64) func(outcry.Tick) []outcry.Tally {
				return func(k outcry.Tick) []outcry.Tally { return drawnOf(r, k, perMinute, []outcry.CellKey{{}}) }
			}
			if at := failingAfter(t, j, j.Next(), int(from-j.Next()), draw(3)); at >= 0 {
				t.Errorf("%s, seed %d: failing after %d ticks of what is usual", c.says, seed, at)
			}
			if failingAfter(t, j, j.Next(), within, draw(18)) >= 0 {
				seen++
			}
		}
		if seen < seeds-1 {
			t.Errorf("%s: %d of %d are seen within %d ticks", c.says, seen, seeds, within)
		}
	}
}
