package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/outcry/outcry"
)

// The steps of a stream.
const (
	SegmentTicks = 90 // a segment is a quarter of an hour
	Segments     = 672
	PerDay       = 96
	perMinute    = 6
	minutes      = SegmentTicks / perMinute
	// Year is how many segments a year has (365.25 days).
	Year = 35064
)

// Null is a service's ordinary life.
type Null struct {
	Rate  float64       // reports per quarter hour, mean over a weekday
	SD    float64       // of the multiplier's logarithm
	Tau   time.Duration // its correlation time
	Ratio float64       // the day's top to its bottom; 0: 3
	Zone  string        // IANA name; its clock sets the season. Empty: UTC
	// Double is the time in which the level doubles; 0: it stays.
	Double time.Duration
	// Gaps is how many times a day the collector is away, for about an hour.
	Gaps float64
	// Outages is how many times a week the service really fails, for an hour,
	// ten times over: what contaminates a history.
	Outages float64
}

// String names the null in tables.
func (n Null) String() string {
	if n.SD == 0 {
		return fmt.Sprintf("%g per 15 min, clean", n.Rate)
	}
	return fmt.Sprintf("%g per 15 min, sd %g over %s", n.Rate, n.SD, short(n.Tau))
}

func short(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%g h", d.Hours())
}

// Segment is a quarter of an hour.
type Segment struct {
	Start  outcry.Tick
	Week   int     // the quarter of the local week, Sunday midnight 0
	E      float64 // what the season expects per tick, without the slow multiplier
	Counts [SegmentTicks]int32
	Total  int
	Blind  bool // the collector was away: nothing was counted
	Fails  bool // the service really fails
}

// Outage multiplies the rate from a tick on.
type Outage struct {
	Onset outcry.Tick
	Theta float64
	Ramp  outcry.Tick // linear, from 1 to Theta; 0: a step
	End   outcry.Tick // 0: it does not
}

// factor at a tick.
func (o *Outage) factor(t outcry.Tick) float64 {
	switch {
	case t < o.Onset || (o.End > 0 && t >= o.End):
		return 1
	case t >= o.Onset+o.Ramp:
		return o.Theta
	default:
		return 1 + (o.Theta-1)*(float64(t-o.Onset)+0.5)/float64(o.Ramp)
	}
}

// Stream draws one service's segments, in order.
type Stream struct {
	null  Null
	zone  *time.Location
	rng   *rand.Rand
	next  outcry.Tick
	first outcry.Tick
	a     float64 // half the logarithm of the day's ratio
	mean  float64
	rho   float64
	z     float64
	away  int // segments for which the collector stays away
	bad   int // segments for which the service fails
	out   Outage
}

// New begins a stream on a Monday at midnight UTC. A zone that cannot be loaded
// is an error.
func New(n Null, seed uint64) (*Stream, error) {
	zone, err := time.LoadLocation(n.Zone)
	if err != nil {
		return nil, fmt.Errorf("load the time zone of a null: %w", err)
	}
	ratio := n.Ratio
	if ratio == 0 {
		ratio = 3
	}
	first := outcry.TickOf(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	s := &Stream{null: n, zone: zone, rng: rand.New(rand.NewPCG(seed, 0x6f757463)), next: first, first: first, a: math.Log(ratio) / 2}
	for h := range 24 {
		s.mean += math.Exp(s.a*math.Cos(2*math.Pi*float64(h)/24)) / 24
	}
	if n.Tau > 0 {
		s.rho = math.Exp(-1 / n.Tau.Minutes())
	}
	s.z = s.rng.NormFloat64()
	return s, nil
}

// Fork is the same service from here on, with another future: o happens in it.
func (s *Stream) Fork(seed uint64, o Outage) *Stream {
	f := *s
	f.rng = rand.New(rand.NewPCG(seed, 0x666f726b))
	f.out = o
	return &f
}

// Next is the tick at which the next segment starts.
func (s *Stream) Next() outcry.Tick { return s.next }

// weekend is the reports of a Saturday or Sunday against a weekday's.
const weekend = 0.8

// season is what is expected per tick at an instant.
func (s *Stream) season(t time.Time) (perTick float64, week int) {
	l := t.In(s.zone)
	hour := float64(l.Hour()) + float64(l.Minute())/60
	r := s.null.Rate / SegmentTicks * math.Exp(s.a*math.Cos(2*math.Pi*(hour-17)/24)) / s.mean
	if l.Weekday() == time.Saturday || l.Weekday() == time.Sunday {
		r *= weekend
	}
	if s.null.Double > 0 {
		age := time.Duration(s.next-s.first) * outcry.TickLength
		r *= math.Exp2(age.Hours() / s.null.Double.Hours())
	}
	return r, int(l.Weekday())*PerDay + l.Hour()*4 + l.Minute()/15
}

// Draw fills in the next segment.
func (s *Stream) Draw(seg *Segment) {
	*seg = Segment{Start: s.next}
	seg.E, seg.Week = s.season(s.next.Start().Add(outcry.TickLength * SegmentTicks / 2))
	s.chance(seg)
	sd := s.null.SD
	for m := range minutes {
		rate := seg.E
		if sd > 0 {
			s.z = s.rho*s.z + math.Sqrt(1-s.rho*s.rho)*s.rng.NormFloat64()
			rate *= math.Exp(sd*s.z - sd*sd/2)
		}
		if s.bad > 0 {
			rate *= 10
		}
		s.minute(seg, m, rate)
	}
	s.next += SegmentTicks
	if seg.Blind {
		seg.Counts, seg.Total = [SegmentTicks]int32{}, 0
	}
}

// chance decides whether the collector is away and whether the service fails.
func (s *Stream) chance(seg *Segment) {
	if s.null.Gaps > 0 {
		s.away = s.run(s.away, s.null.Gaps/PerDay)
		seg.Blind = s.away > 0
	}
	if s.null.Outages > 0 {
		s.bad = s.run(s.bad, s.null.Outages/Segments)
		seg.Fails = s.bad > 0
	}
}

// run counts an episode of about an hour down, or begins one by chance.
func (s *Stream) run(left int, p float64) int {
	if left > 0 {
		return left - 1
	}
	if s.rng.Float64() < p {
		return 4
	}
	return 0
}

// minute draws six ticks of one rate.
func (s *Stream) minute(seg *Segment, m int, rate float64) {
	t := s.next + outcry.Tick(m*perMinute)
	if s.out.Theta == 0 || t+perMinute <= s.out.Onset || (s.out.End > 0 && t >= s.out.End) {
		s.level(seg, m*perMinute, rate)
		return
	}
	for i := range perMinute {
		mean := rate * s.out.factor(t+outcry.Tick(i))
		seg.add(m*perMinute+i, poisson(s.rng, mean, math.Exp(-mean)))
	}
}

// level draws six ticks of one rate: when it is low, their sum first.
func (s *Stream) level(seg *Segment, at int, rate float64) {
	if rate < 0.5 {
		mean := rate * perMinute
		for range poisson(s.rng, mean, math.Exp(-mean)) {
			seg.add(at+s.rng.IntN(perMinute), 1)
		}
		return
	}
	expm := math.Exp(-rate)
	for i := range perMinute {
		seg.add(at+i, poisson(s.rng, rate, expm))
	}
}

func (g *Segment) add(i, n int) {
	g.Counts[i] += int32(n) //nolint:gosec // under a few thousand
	g.Total += n
}
