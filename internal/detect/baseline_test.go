package detect

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func zoneOf(t *testing.T, name string) local {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return local{zone: zone}
}

// humdrum is a rate an hour that sleeps at night and rests on weekends.
func humdrum(c calendar) float64 {
	r := 60 * math.Exp(0.6*math.Cos(2*math.Pi*(c.hour-15)/24))
	if c.kind == 1 {
		r *= 0.6
	}
	return r
}

// play feeds a stream segments of events whose rate an hour is given, as a
// quiet service's: none is masked.
func play(s *stream, r *rand.Rand, l local, until outcry.Tick, perHour func(calendar) float64) {
	for s.Next < until {
		at := s.Seg.Start + segmentTicks/2
		s.take(drawPoisson(r, perHour(l.at(at))*segmentHours), nil, nil, l)
		s.advance(s.Seg.Start+segmentTicks, l)
		s.learn(l, nil)
	}
}

const week = outcry.Tick(7 * 8640)

func TestFourWeeksTeachTheRhythm(t *testing.T) {
	l := zoneOf(t, "UTC")
	s := newStream(defaultPrior(), day0())
	play(s, rand.New(rand.NewPCG(1, 1)), l, day0()+4*week, humdrum)
	var worst, squares float64
	for hour := range 168 {
		c := l.at(day0() + 4*week + outcry.Tick(hour*360+180))
		got, variance := s.Base.rate(c, s.Noise.V)
		off := got/humdrum(c) - 1
		worst, squares = max(worst, math.Abs(off)), squares+off*off
		if variance <= 0 || variance > 0.1 {
			t.Errorf("hour %d of the week is known with a relative variance of %v", hour, variance)
		}
	}
	if rms := math.Sqrt(squares / 168); worst > 0.3 || rms > 0.15 {
		t.Errorf("off by %.0f %%, at worst %.0f %%", 100*rms, 100*worst)
	}
}

func TestAYoungBaselineIsItsPriorAndKnowsHowLittleItKnows(t *testing.T) {
	l := zoneOf(t, "UTC")
	b := Baseline{Prior: Prior{PerHour: 12, Size: 2}}
	var day float64
	for hour := range 24 {
		perHour, variance := b.rate(l.at(day0()+outcry.Tick(hour*360+180)), priorV)
		day += perHour / 24
		if variance < 0.5 {
			t.Errorf("without any history hour %d is known with a variance of %v", hour, variance)
		}
	}
	if !near(day, 12, 0.02) {
		t.Errorf("a mean of %v an hour, the prior says 12", day)
	}
}

func TestDaylightSavingMovesTheRhythmWithTheZone(t *testing.T) {
	l := zoneOf(t, "America/New_York")
	peak := func(c calendar) float64 {
		if c.hour >= 9 && c.hour < 12 {
			return 120
		}
		return 20
	}
	start := outcry.TickOf(time.Date(2025, 1, 27, 5, 0, 0, 0, time.UTC))
	change := outcry.TickOf(time.Date(2025, 3, 9, 7, 0, 0, 0, time.UTC))
	s := newStream(defaultPrior(), start)
	play(s, rand.New(rand.NewPCG(2, 2)), l, change, peak)
	at := func(day, hour int) float64 {
		r, _ := s.Base.rate(l.at(outcry.TickOf(time.Date(2025, 3, day, hour, 30, 0, 0, time.UTC))), s.Noise.V)
		return r
	}
	// half past ten in New York is 15:30 UTC before the change, 14:30 after
	if before, after := at(6, 15), at(13, 14); !near(before, after, 1e-9) || before < 100 {
		t.Errorf("half past ten has %v an hour, and %v after the change", before, after)
	}
	// half past eight is before the peak still
	if early := at(13, 12); early > 60 {
		t.Errorf("half past eight has %v an hour", early)
	}
}

func TestAHolidayIsASunday(t *testing.T) {
	noon := time.Date(2025, 12, 25, 12, 0, 0, 0, time.UTC) // a Thursday
	holidays := []Holiday{{Month: time.December, Day: 25}}
	if c := calendarOf(noon, time.UTC, holidays); c.kind != 1 || c.day != 0 || c.how != 12 {
		t.Errorf("a holiday is %+v", c)
	}
	if c := calendarOf(noon, time.UTC, nil); c.kind != 0 || c.how != 4*24+12 || c.hour != 12 {
		t.Errorf("a working day is %+v", c)
	}
}

// An outage that nobody noticed is not masked; robust keeps it from becoming
// what is normal.
func TestAContaminatedWeekWeighsLittle(t *testing.T) {
	l := zoneOf(t, "UTC")
	steady := func(calendar) float64 { return 60 }
	storm := func(c calendar) float64 {
		if c.hour >= 12 && c.hour < 15 {
			return 600
		}
		return 60
	}
	learned := func(last func(calendar) float64) float64 {
		s := newStream(defaultPrior(), day0())
		r := rand.New(rand.NewPCG(3, 3))
		play(s, r, l, day0()+3*week, steady)
		play(s, r, l, day0()+4*week, last)
		play(s, r, l, day0()+4*week+8640/2, steady)
		perHour, _ := s.Base.rate(l.at(day0()+4*week+13*360), s.Noise.V)
		return perHour
	}
	clean, dirty := learned(steady), learned(storm)
	// the plain mean of four weeks, one of them ten times as loud, is 3.25 times the usual
	if dirty > 1.4*clean || !near(clean, 60, 0.15) {
		t.Errorf("%.1f an hour after four quiet weeks, %.1f after three and a loud one", clean, dirty)
	}
}

func TestRobustTrustsWhatIsOrdinary(t *testing.T) {
	s := newStream(defaultPrior(), day0())
	if y := s.robust(segment{Y: 500, E: 10}); y != 500 {
		t.Errorf("without a week of history %v is taken for 500", y)
	}
	s.Base.AllHours, s.Noise.V = 1000, 0.01
	for _, y := range []float64{0, 5, 10, 15} {
		if got := s.robust(segment{Y: y, E: 10}); got != y {
			t.Errorf("%v where 10 are usual is taken for %v", y, got)
		}
	}
	last := 1.0
	for _, y := range []float64{100, 1000, 10000} {
		share := (s.robust(segment{Y: y, E: 10}) - 10) / (y - 10)
		if share <= 0 || share >= last/2 {
			t.Errorf("%v counts for %v of its excess, a lesser crowd for %v", y, share, last)
		}
		last = share
	}
}
