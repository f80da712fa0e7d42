package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// day0 is a Monday.
func day0() outcry.Tick { return outcry.TickOf(time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC)) }

// reports of n people in one tick, each of a network of their own.
func reports(service string, t outcry.Tick, n uint32, key outcry.CellKey) outcry.Tally {
	c := outcry.Counts{Total: n, Bad: n, Distinct: n, Fresh: n}
	return outcry.Tally{Service: service, Kind: outcry.KindReport, Tick: t, Counts: c, Networks: n, Cells: []outcry.Cell{{CellKey: key, Counts: c}}}
}

// checks are one run of a service's check at each vantage; bad ones fail.
func checks(service string, t outcry.Tick, bad map[string]bool, vantages ...string) outcry.Tally {
	y := outcry.Tally{Service: service, Kind: outcry.KindProbe, Tick: t}
	for _, v := range vantages {
		c := outcry.Counts{Total: 1}
		if bad[v] {
			c.Bad = 1
		}
		y.Counts.Add(c)
		y.Cells = append(y.Cells, outcry.Cell{CellKey: outcry.CellKey{Vantage: v}, Counts: c})
	}
	return y
}

func newJudge(t *testing.T, services ...string) *Judge {
	t.Helper()
	cfg := Config{}
	for _, id := range services {
		cfg.Services = append(cfg.Services, outcry.Service{ID: id})
	}
	j, err := New(cfg, day0())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// quietWeeks plays ordinary traffic of 30 reports an hour, and gives the tick
// after it.
func quietWeeks(t *testing.T, j *Judge, weeks int, service string) outcry.Tick {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	end := j.Next() + outcry.Tick(weeks*7*8640)
	regions := []string{"DE", "FR", "GB", ""}
	for tick := j.Next(); tick < end; tick++ {
		if r.Float64() < 30.0/360 {
			key := outcry.CellKey{Symptom: "slow", Scope: outcry.Scope{Region: regions[r.IntN(4)]}}
			step(t, j, tick, reports(service, tick, 1, key))
		}
	}
	return end
}

func step(t *testing.T, j *Judge, tick outcry.Tick, tallies ...outcry.Tally) []outcry.Verdict {
	t.Helper()
	v, err := j.Step(tick, 1, tallies)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// failingAfter steps until the service fails, and gives how many ticks it took;
// −1: it did not.
func failingAfter(t *testing.T, j *Judge, from outcry.Tick, ticks int, what func(outcry.Tick) []outcry.Tally) int {
	t.Helper()
	for i := range ticks {
		for _, v := range step(t, j, from+outcry.Tick(i), what(from+outcry.Tick(i))...) {
			if v.Condition == outcry.CondFailing {
				return i + 1
			}
		}
	}
	return -1
}

func TestTheJudgeDoesNotGoBack(t *testing.T) {
	j := newJudge(t, "shop")
	step(t, j, day0()+5)
	if _, err := j.Step(day0()+5, 1, nil); outcry.CodeOf(err) != outcry.CodeConflict {
		t.Errorf("got %v", err)
	}
}

func TestATickThatNobodyWatchedIsUnknown(t *testing.T) {
	j := newJudge(t, "shop", "mail")
	v, err := j.Step(day0(), 0, nil)
	if err != nil || len(v) != 2 || v[0].Condition != outcry.CondUnknown {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestCrowdsAreFailures(t *testing.T) {
	usual := outcry.CellKey{Symptom: "slow"}
	for _, x := range []struct {
		why   string
		what  func(outcry.Tick) []outcry.Tally
		fails bool
		most  int // ticks
	}{
		{"a crowd of three a tick is an outage within two minutes", func(k outcry.Tick) []outcry.Tally {
			return []outcry.Tally{reports("shop", k, 3, usual)}
		}, true, 12},
		{"the same from one network is no crowd", func(k outcry.Tick) []outcry.Tally {
			y := reports("shop", k, 3, usual)
			y.Networks = 0
			return []outcry.Tally{y}
		}, false, 0},
		{"the same from an agent that nobody has is suspicious and no more", func(k outcry.Tick) []outcry.Tally {
			y := reports("shop", k, 3, usual)
			y.Strange = 3
			return []outcry.Tally{y}
		}, false, 0},
		{"two vantages that fail are an outage without any report", func(k outcry.Tick) []outcry.Tally {
			if k%3 != 0 {
				return nil
			}
			return []outcry.Tally{checks("shop", k, map[string]bool{"a": true, "b": true}, "a", "b")}
		}, true, 18},
		{"one vantage of two that fails its only service is not", func(k outcry.Tick) []outcry.Tally {
			if k%3 != 0 {
				return nil
			}
			return []outcry.Tally{checks("shop", k, map[string]bool{"a": true}, "a", "b")}
		}, false, 0},
	} {
		j := newJudge(t, "shop")
		from := quietWeeks(t, j, 2, "shop")
		for k := from - 30; k < from; k += 3 {
			step(t, j, max(k, j.Next()), checks("shop", k, nil, "a", "b"))
		}
		got := failingAfter(t, j, j.Next(), 60, x.what)
		if x.fails != (got > 0) || got > x.most {
			t.Errorf("%s: failing after %d ticks", x.why, got)
		}
	}
}

func TestAVantageThatFailsEverythingIsCutOff(t *testing.T) {
	j := newJudge(t, "shop", "mail")
	bad := map[string]bool{"a": true}
	for k := day0(); k < day0()+720; k += 3 {
		fails := map[string]bool{}
		if k > day0()+360 && k < day0()+540 {
			fails = bad
		}
		for _, v := range step(t, j, k, checks("shop", k, fails, "a", "b", "c"), checks("mail", k, fails, "a", "b", "c")) {
			if v.Condition == outcry.CondFailing {
				t.Fatalf("tick %d: %+v", k-day0(), v)
			}
		}
	}
}

func TestANovelSymptomIsHeardSooner(t *testing.T) {
	trickle := func(symptom string) int {
		j := newJudge(t, "shop")
		from := quietWeeks(t, j, 3, "shop")
		return failingAfter(t, j, from, 1000, func(k outcry.Tick) []outcry.Tally {
			if k%6 != 0 { // twice the usual rate
				return nil
			}
			return []outcry.Tally{reports("shop", k, 1, outcry.CellKey{Symptom: symptom})}
		})
	}
	novel, usual := trickle("payment-fails"), trickle("slow")
	if novel < 0 || (usual > 0 && usual <= novel) {
		t.Errorf("novel after %d ticks, usual after %d", novel, usual)
	}
}

func TestOneCountryIsNamedAndAllAreNot(t *testing.T) {
	for _, x := range []struct {
		regions []string
		want    []string
	}{{[]string{"DE"}, []string{"DE"}}, {[]string{"DE", "FR", "GB", ""}, []string{}}} {
		j := newJudge(t, "shop")
		from := quietWeeks(t, j, 3, "shop")
		var last outcry.Verdict
		for k := from; k < from+60; k++ {
			key := outcry.CellKey{Symptom: "slow", Scope: outcry.Scope{Region: x.regions[int(k)%len(x.regions)]}}
			for _, v := range step(t, j, k, reports("shop", k, 2, key)) {
				last = v
			}
		}
		if d := cmp.Diff(x.want, last.Affected.Regions); d != "" {
			t.Errorf("reports from %q: %s", x.regions, d)
		}
	}
}

func TestOrderWithinATickChangesNothing(t *testing.T) {
	a, b := newJudge(t, "shop", "mail"), newJudge(t, "shop", "mail")
	for k := day0(); k < day0()+200; k++ {
		x := []outcry.Tally{reports("shop", k, 2, outcry.CellKey{Symptom: "slow"}), reports("mail", k, 1, outcry.CellKey{}), checks("shop", k, map[string]bool{"v": true}, "v", "w")}
		va := step(t, a, k, x...)
		vb := step(t, b, k, x[2], x[1], x[0])
		if d := cmp.Diff(va, vb); d != "" {
			t.Fatalf("tick %d: %s", k-day0(), d)
		}
	}
}

func TestARestoredJudgeGoesOnAsIfNothingHadHappened(t *testing.T) {
	whole, first := newJudge(t, "shop"), newJudge(t, "shop")
	feed := func(j *Judge, from, to outcry.Tick) (out [][]outcry.Verdict) {
		for k := from; k < to; k++ {
			out = append(out, step(t, j, k, reports("shop", k, 1+uint32(k%3), outcry.CellKey{Symptom: "slow"})))
		}
		return out
	}
	mid := day0() + 9000
	feed(whole, day0(), mid)
	feed(first, day0(), mid)
	blobs, err := first.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	second := newJudge(t, "shop")
	if err := second.Restore(blobs); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(feed(whole, mid, mid+500), feed(second, mid, mid+500)); d != "" {
		t.Error(d)
	}
}

func TestAnEndIsSeen(t *testing.T) {
	j := newJudge(t, "shop")
	from := quietWeeks(t, j, 2, "shop")
	if got := failingAfter(t, j, from, 60, func(k outcry.Tick) []outcry.Tally {
		return []outcry.Tally{reports("shop", k, 4, outcry.CellKey{Symptom: "slow"})}
	}); got < 0 {
		t.Fatal("did not fail")
	}
	for k := j.Next(); k < from+60+180; k++ {
		for _, v := range step(t, j, k) {
			if v.Condition == outcry.CondNormal {
				if k-from < greenTicks {
					t.Errorf("well after %d ticks: too soon to know", k-from)
				}
				return
			}
		}
	}
	t.Error("half an hour of silence did not make it well")
}
