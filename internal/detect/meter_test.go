package detect

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/outcry/outcry"
)

// readings are what metrics count up to a tick.
func readings(service string, t outcry.Tick, counts map[string]uint32) outcry.Tally {
	y := outcry.Tally{Service: service, Kind: outcry.KindMetric, Tick: t}
	for _, name := range []string{"errors", "copy"} {
		n, said := counts[name]
		if !said {
			continue
		}
		c := outcry.Counts{Total: 1, Bad: min(n, 1), Fresh: n}
		y.Counts.Add(c)
		y.Cells = append(y.Cells, outcry.Cell{CellKey: outcry.CellKey{Vantage: name}, Counts: c})
	}
	return y
}

// machine is a metric of so many errors in half a minute, which wanders over an
// hour, and in which clients repeat what fails: each event is a burst.
type machine struct {
	r     *rand.Rand
	level float64
	sd    float64
	burst float64 // errors of one event, on average, geometrically distributed
	z     float64
}

func (m *machine) next() uint32 {
	rho := math.Exp(-1.0 / 120)
	m.z = rho*m.z + math.Sqrt(1-rho*rho)*m.r.NormFloat64()
	n, events := 0.0, drawPoisson(m.r, m.level/m.burst*math.Exp(m.sd*m.z-m.sd*m.sd/2))
	for range int(events) {
		n += 1 + math.Floor(m.r.ExpFloat64()*(m.burst-1))
	}
	return uint32(n)
}

// play gives a judge so many days of a metric with a reading every half minute,
// beside 30 reports an hour, and how often anything was raised.
func (m *machine) play(t *testing.T, j *Judge, days int) (raised, most int) {
	t.Helper()
	people := rand.New(rand.NewPCG(7, 7))
	for k, end := j.Next(), j.Next()+outcry.Tick(days*8640); k < end; k++ {
		var tallies []outcry.Tally
		if people.Float64() < 30.0/360 {
			tallies = append(tallies, reports("shop", k, 1, outcry.CellKey{Symptom: "slow"}))
		}
		if k%3 == 0 {
			tallies = append(tallies, readings("shop", k, map[string]uint32{"errors": m.next()}))
		}
		if tallies == nil && j.Idle() {
			continue
		}
		for _, v := range step(t, j, k, tallies...) {
			if v.Condition != outcry.CondNormal {
				raised++
			}
			most = max(most, int(v.Tier))
		}
	}
	return raised, most
}

func TestAFlatNoisyMetricRaisesNothing(t *testing.T) {
	for _, c := range []struct {
		why              string
		level, sd, burst float64
	}{
		{"a handful of errors, one by one", 4, 0, 1},
		{"thousands, one by one", 3000, 0, 1},
		{"hundreds, that wander by a third, in bursts of twenty", 400, 0.33, 20},
		{"tens, in bursts of thirty: mostly nothing, and then many", 20, 0.2, 30},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, "shop")
			m := machine{r: rand.New(rand.NewPCG(3, 5)), level: c.level, sd: c.sd, burst: c.burst}
			raised, most := m.play(t, j, 21)
			if raised > 0 || most >= int(outcry.TierSuspected) {
				t.Errorf("raised in %d ticks, tier %d: %+v", raised, most, j.byID["shop"].Meters[0].Errors.Burst)
			}
		})
	}
}

// settled is a judge that has known a metric of 100 errors each half minute, in
// bursts, for four days.
func settled(t *testing.T) (*Judge, *machine) {
	t.Helper()
	j := newJudge(t, "shop")
	m := &machine{r: rand.New(rand.NewPCG(9, 9)), level: 100, sd: 0.2, burst: 5}
	if raised, _ := m.play(t, j, 4); raised > 0 {
		t.Fatal("raised something while all was well")
	}
	return j, m
}

func TestATenfoldMetricSpeaks(t *testing.T) {
	j, m := settled(t)
	s, from := j.byID["shop"], j.Next()
	before := s.anchor()
	m.level *= 10
	var nats float64
	for k := from; k < from+6; k++ {
		if k%3 == 0 {
			step(t, j, k, readings("shop", k, map[string]uint32{"errors": m.next()}))
		}
		_, nats = s.metered(&j.grid, &before)
	}
	if nats < 5 {
		t.Errorf("%.1f nats after a minute", nats)
	}
	for k := from + 6; k < from+8640; k++ {
		var y []outcry.Tally
		if k%3 == 0 {
			y = append(y, readings("shop", k, map[string]uint32{"errors": m.next()}))
		}
		for _, v := range step(t, j, k, y...) {
			if v.Condition != outcry.CondNormal {
				t.Fatalf("a metric alone raised %v after %d ticks: %+v", v.Condition, k-from, v.Evidence)
			}
		}
	}
}

// crowdOf is so many people every half minute, and what the metric says.
func crowdOf(people uint32, m *machine) func(outcry.Tick) []outcry.Tally {
	return func(k outcry.Tick) []outcry.Tally {
		if k%3 != 0 {
			return nil
		}
		y := []outcry.Tally{reports("shop", k, people, outcry.CellKey{Symptom: "slow"})}
		if m != nil {
			y = append(y, readings("shop", k, map[string]uint32{"errors": m.next()}))
		}
		return y
	}
}

func TestAMetricAddsToReports(t *testing.T) {
	j, _ := settled(t)
	without := failingAfter(t, j, j.Next(), 60, crowdOf(2, nil))
	j, m := settled(t)
	m.level *= 10
	with := failingAfter(t, j, j.Next(), 60, crowdOf(2, m))
	if with < 0 || without < 0 || with >= without {
		t.Errorf("raised after %d ticks with the metric, %d without", with, without)
	}
	s := j.byID["shop"]
	if !s.State.Confirmed {
		t.Errorf("people and errors agree, and it is not confirmed: %+v", s.State.Evidence)
	}
	for _, e := range s.State.Evidence {
		if e.Stream == "metric" && e.Nats > 0 {
			if !strings.Contains(e.Words, "errors in errors where") {
				t.Errorf("its words do not name the metric: %q", e.Words)
			}
			return
		}
	}
	t.Errorf("no word of the metric: %+v", s.State.Evidence)
}

func TestAUsualMetricDoesNotConfirmACrowd(t *testing.T) {
	j, m := settled(t)
	if failingAfter(t, j, j.Next(), 60, crowdOf(3, m)) < 0 {
		t.Fatal("the crowd was not seen")
	}
	if s := j.byID["shop"]; s.State.Confirmed {
		t.Errorf("confirmed by nothing: %+v", s.State.Evidence)
	}
}

func TestWhatAMetricDoesNotSay(t *testing.T) {
	for _, c := range []struct {
		why  string
		play func(j *Judge, s *service, m *machine)
		most float64
	}{
		{"two metrics of the same failures count once", func(j *Judge, s *service, m *machine) {
			s.Meters = append(s.Meters, s.Meters[0])
			s.Meters[1].Name = "copy"
			twin := *s.Meters[0].Errors
			s.Meters[1].Errors = &twin
			for range 6 {
				n := m.next() * 10
				at := j.Next() + 2 - (j.Next()+2)%3
				step(t, j, at, readings("shop", at, map[string]uint32{"errors": n, "copy": n}))
			}
		}, meterCap},
		{"an alert that fires is a rule on the same metric", func(j *Judge, s *service, m *machine) {
			s.Fixed.Alerts = 1
			for range 6 {
				at := j.Next() + 2 - (j.Next()+2)%3
				step(t, j, at, readings("shop", at, map[string]uint32{"errors": m.next() * 10}))
			}
		}, meterCap - alertNats},
		{"what piled up while nobody asked is no burst", func(j *Judge, _ *service, m *machine) {
			at := j.Next() + 360
			step(t, j, at, readings("shop", at, map[string]uint32{"errors": m.next() * 120}))
		}, 0},
		{"a metric that stays away is not at zero, and what comes then is as usual", func(j *Judge, _ *service, m *machine) {
			at := j.Next() + 3*8640
			for i := range outcry.Tick(20) {
				step(t, j, at+3*i, readings("shop", at+3*i, map[string]uint32{"errors": m.next()}))
			}
		}, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			j, m := settled(t)
			s := j.byID["shop"]
			before := s.anchor()
			before.Meters = append(before.Meters, before.Meters...)
			c.play(j, s, m)
			if _, nats := s.metered(&j.grid, &before); nats > c.most {
				t.Errorf("%.2f nats, at most %.2f", nats, c.most)
			}
		})
	}
}

func TestAMetricIsKeptInASnapshot(t *testing.T) {
	j, m := settled(t)
	kept, err := j.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := newJudge(t, "shop")
	if err := again.Restore(kept); err != nil {
		t.Fatal(err)
	}
	m.level *= 10
	for i := range 12 {
		for _, y := range [][]outcry.Tally{crowdOf(2, m)(j.Next())} {
			k := j.Next()
			a, b := step(t, j, k, y...), step(t, again, k, y...)
			if len(a) != len(b) || len(a) > 0 && (a[0].Nats != b[0].Nats || a[0].Condition != b[0].Condition) {
				t.Fatalf("step %d: %+v and %+v", i, a, b)
			}
		}
	}
}
