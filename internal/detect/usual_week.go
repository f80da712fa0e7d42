package detect

import (
	"math"
	"time"
)

// UsualWeek is what the judge has learned of a service's reports, for people to
// look at.
type UsualWeek struct {
	Hours   float64     // of history that taught it, older ones faded
	Wander  float64     // variance of the slow multiplier of the rate, of mean 1 …
	Tau     float64     // … and its correlation time, in hours
	Expects []UsualHour // of the next 168 hours
}

// UsualHour is what is expected in one hour: PerHour reports, and the standard
// deviation of the rate, that of the estimate and of the wandering together, as
// a share of it.
type UsualHour struct {
	At      time.Time
	PerHour float64
	Spread  float64
}

// UsualWeek gives the expectations for the week from an instant on; false when
// there is no such service.
func (j *Judge) UsualWeek(id string, from time.Time) (UsualWeek, bool) {
	s := j.byID[id]
	if s == nil {
		return UsualWeek{}, false
	}
	l, n := s.at, s.Reports.Noise
	w := UsualWeek{Hours: s.Reports.Base.AllHours, Wander: n.V, Tau: n.Tau}
	at := from.In(l.zone).Truncate(time.Hour)
	for range 7 * 24 {
		perHour, variance := s.Reports.Base.rate(calendarOf(at.Add(30*time.Minute), l.zone, l.holidays), n.V)
		w.Expects = append(w.Expects, UsualHour{At: at, PerHour: perHour, Spread: math.Sqrt(variance + n.V)})
		at = at.Add(time.Hour)
	}
	return w, true
}
