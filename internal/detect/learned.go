package detect

import (
	"math"
	"time"

	"github.com/outcry/outcry"
)

// Learned is what a judge knows of the reports of one service: for people who
// want to see why it decides as it does.
type Learned struct {
	Week        [168]float64  // reports an hour, by local hour of the week from Sunday midnight
	Spread      [168]float64  // relative variance of these as estimates
	Dispersion  float64       // variance of the slow multiplier of the rate
	Correlation time.Duration // its correlation time
	History     float64       // hours of quiet history, older ones decayed
	Threshold   float64       // what the log of the statistic must reach, in nats
}

// Learned gives what is known of a service; false when it is not judged.
func (j *Judge) Learned(id string) (l Learned, ok bool) {
	s := j.byID[id]
	if s == nil {
		return Learned{}, false
	}
	n := s.Reports.Noise
	for h := range l.Week {
		c := calendar{day: h / 24, how: h, hour: float64(h%24) + 0.5}
		if c.day == 0 || c.day == 6 {
			c.kind = 1
		}
		l.Week[h], l.Spread[h] = s.Reports.Base.rate(c, n.V)
	}
	l.Dispersion, l.Correlation = n.V, time.Duration(n.Tau*float64(time.Hour))
	l.History = s.Reports.Base.AllHours
	l.Threshold = j.lnA[outcry.TierOutage] + s.margin() - math.Log(wholeBudget)
	return l, true
}

// Expected is how many distinct reporters an hour the baseline expects at an
// instant, and by what relative variance a stretch of that length may differ
// for other reasons than chance: the rate wanders, and it is an estimate.
func (j *Judge) Expected(id string, at time.Time, stretch time.Duration) (perHour, variance float64) {
	s := j.byID[id]
	if s == nil {
		return 0, 0
	}
	l := s.at
	n := s.Reports.Noise
	perHour, spread := s.Reports.Base.rate(calendarOf(at, l.zone, l.holidays), n.V)
	f := n.unknown()
	_, wander := n.window(stretch.Hours(), f.Mu, f.Q)
	return perHour, wander + spread
}
