package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// history are the conditions of a service in the order in which they came.
type history []outcry.Condition

func (h *history) add(vs []outcry.Verdict) {
	for _, v := range vs {
		if n := len(*h); n == 0 || (*h)[n-1] != v.Condition {
			*h = append(*h, v.Condition)
		}
	}
}

// smallService has seen two weeks of two reports an hour. It takes minutes of
// silence to tell that such a service is well, which a busy one need not wait
// for.
func smallService(t *testing.T) (*Judge, outcry.Tick) {
	t.Helper()
	j := newJudge(t, "shop")
	r := rand.New(rand.NewPCG(9, 9))
	for k := j.Next(); k < day0()+14*8640; k++ {
		if r.Float64() < 2.0/360 {
			step(t, j, k, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"}))
		}
	}
	return j, day0() + 14*8640
}

func TestAFaultFailsThenRecoversThenIsOver(t *testing.T) {
	j, from := smallService(t)
	var got history
	for k := from; k < from+2*360; k++ {
		var tallies []outcry.Tally
		fault := k < from+120
		if fault {
			tallies = append(tallies, reports("shop", k, 4, outcry.CellKey{Symptom: "slow"}))
		} else if k < from+150 && k%12 == 0 { // stragglers
			tallies = append(tallies, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"}))
		}
		if k%3 == 0 {
			tallies = append(tallies, checks("shop", k, map[string]bool{"a": fault, "b": fault}, "a", "b"))
		}
		got.add(step(t, j, k, tallies...))
	}
	if d := cmp.Diff(history{outcry.CondFailing, outcry.CondRecovering, outcry.CondNormal}, got); d != "" {
		t.Error(d)
	}
	if !j.Idle() {
		t.Error("it is over, and the judge is not idle")
	}
}

func TestARelapseWhileRecoveringIsTheSameFault(t *testing.T) {
	j, from := smallService(t)
	var got history
	var onset time.Time
	for k := from; k < from+200; k++ {
		var tallies []outcry.Tally
		if k < from+60 || k >= from+85 {
			tallies = append(tallies, reports("shop", k, 5, outcry.CellKey{Symptom: "slow"}))
		}
		vs := step(t, j, k, tallies...)
		got.add(vs)
		for _, v := range vs {
			onset = v.Onset.At
		}
	}
	if d := cmp.Diff(history{outcry.CondFailing, outcry.CondRecovering, outcry.CondFailing}, got); d != "" {
		t.Error(d)
	}
	if off := onset.Sub(from.Start()).Abs(); off > 30*time.Second {
		t.Errorf("its onset moved by %v", off)
	}
}

func TestStrangeAgentsAreSuspicious(t *testing.T) {
	j := newJudge(t, "shop")
	from := quietWeeks(t, j, 2, "shop")
	var got history
	for k := from; k < from+60; k++ {
		y := reports("shop", k, 3, outcry.CellKey{Symptom: "slow"})
		y.Strange = 2
		got.add(step(t, j, k, y))
	}
	if got[0] == outcry.CondNormal { // a lower tier may come first
		got = got[1:]
	}
	if d := cmp.Diff(history{outcry.CondSuspicious}, got); d != "" {
		t.Error(d)
	}
	// people join in, and checks fail: it is a fault after all
	bad := map[string]bool{"a": true, "b": true}
	if failingAfter(t, j, j.Next(), 120, func(k outcry.Tick) []outcry.Tally {
		return []outcry.Tally{reports("shop", k, 6, outcry.CellKey{Symptom: "slow"}), checks("shop", k, bad, "a", "b")}
	}) < 0 {
		t.Error("what looked strange hides a fault that checks confirm")
	}
}

// Three networks may bring nine people in ten minutes; more are not counted.
// They come at once, again and again.
func TestThreeNetworksAreNoCrowd(t *testing.T) {
	for _, start := range []func(*testing.T) (*Judge, outcry.Tick){smallService, func(t *testing.T) (*Judge, outcry.Tick) {
		j := newJudge(t, "shop")
		return j, quietWeeks(t, j, 2, "shop")
	}} {
		j, from := start(t)
		for k := from; k < from+3*360; k++ {
			var tallies []outcry.Tally
			if k%60 == 0 {
				tallies = []outcry.Tally{reports("shop", k, 9, outcry.CellKey{Symptom: "slow"})}
				tallies[0].Networks = 3
			}
			for _, v := range step(t, j, k, tallies...) {
				if v.Condition == outcry.CondFailing {
					t.Fatalf("failing after %d ticks: %+v", k-from, v)
				}
			}
		}
	}
}

// Three networks that count anew every ten minutes, as long as they like: they
// are never more than three. Five are a crowd, and so the case says something.
func TestNetworksAreThoseOfTenMinutes(t *testing.T) {
	for _, c := range []struct {
		networks uint32
		fails    bool
	}{{3, false}, {5, true}} {
		j, from := smallService(t)
		from += 60 - from%60
		failed := false
		for k := j.Next(); k < from+3*360; k++ {
			var tallies []outcry.Tally
			if at := uint32(k % 60); k >= from && at < 2*c.networks {
				y := reports("shop", k, 1, outcry.CellKey{Symptom: "slow"})
				if at >= c.networks { // a second person of the network
					y.Networks = 0
				}
				tallies = []outcry.Tally{y}
			}
			for _, v := range step(t, j, k, tallies...) {
				failed = failed || v.Condition == outcry.CondFailing
			}
		}
		if failed != c.fails {
			t.Errorf("%d networks: failing is %v", c.networks, failed)
		}
	}
}

// One person every five minutes for hours, of a service that has two an hour:
// no ten minutes hold five networks. Where each is a network of its own it is a
// crowd; where three networks take turns it is none, though they count anew
// every ten minutes.
func TestACrowdComesTogetherInAnHour(t *testing.T) {
	for _, c := range []struct {
		says  string
		turns outcry.Tick // networks that take turns; 0: each is another
		fails bool
	}{
		{"twelve networks an hour are a crowd", 0, true},
		{"three networks are none, however long they go on", 3, false},
		{"four neither", 4, false},
	} {
		j, from := smallService(t)
		from += 360 - from%360
		failed := false
		for k := j.Next(); k < from+8*360; k++ {
			var tallies []outcry.Tally
			if k >= from && k%30 == 0 {
				y := reports("shop", k, 1, outcry.CellKey{Symptom: "slow"})
				y.Hourly = 1
				if c.turns > 0 && k%360/30 >= c.turns {
					y.Hourly = 0
				}
				tallies = []outcry.Tally{y}
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

func TestAZoneThatIsNoneIsInvalid(t *testing.T) {
	_, err := New(Config{Services: []outcry.Service{{ID: "shop", Timezone: "Mars/Olympus"}}}, day0())
	if outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("got %v", err)
	}
}

// Ticks without coverage are no quiet ones: nothing is learned from them.
func TestBlindTicksTeachNothing(t *testing.T) {
	j, blind := newJudge(t, "shop"), newJudge(t, "shop")
	from := quietWeeks(t, j, 1, "shop")
	quietWeeks(t, blind, 1, "shop")
	for k := from; k < from+8640; k++ {
		if _, err := blind.Step(k, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	step(t, blind, from+8640, reports("shop", from+8640, 1, outcry.CellKey{}))
	noon := from.Start().Add(36 * time.Hour)
	was, _ := j.Usual("shop", noon)
	if is, _ := blind.Usual("shop", noon); is < 0.9*was {
		t.Errorf("%v an hour were usual, %v after a day that nobody watched", was, is)
	}
}

// At every rate a fault is told to recover before it is told to be over.
func TestRecoveringComesBeforeNormal(t *testing.T) {
	j := newJudge(t, "shop")
	from := quietWeeks(t, j, 2, "shop") // 30 an hour
	r := rand.New(rand.NewPCG(4, 4))
	var got history
	first := outcry.TierNone
	for k := from; k < from+3*360; k++ {
		n := uint32(0)
		if r.Float64() < 30.0/360 {
			n = 1
		}
		if k < from+120 {
			n += 2
		}
		var tallies []outcry.Tally
		if n > 0 {
			tallies = append(tallies, reports("shop", k, n, outcry.CellKey{Symptom: "slow"}))
		}
		vs := step(t, j, k, tallies...)
		if len(vs) > 0 && vs[0].Condition == outcry.CondFailing && first == outcry.TierNone {
			first = vs[0].Tier
			if first != outcry.TierOutage {
				t.Errorf("its first verdict is of tier %d", first)
			}
		}
		got.add(vs)
	}
	if len(got) > 0 && got[0] == outcry.CondNormal { // below the tier
		got = got[1:]
	}
	if d := cmp.Diff(history{outcry.CondFailing, outcry.CondRecovering, outcry.CondNormal}, got); d != "" {
		t.Error(d)
	}
}
