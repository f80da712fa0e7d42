package page

import (
	"slices"
	"time"

	"golang.org/x/text/number"

	"github.com/outcry/outcry"
)

// How much of a service's time counts as down while an incident lasts, in
// thousandths: an outage wholly, a degradation by three tenths (the weights
// that hosted status pages use). What nobody confirmed counts nothing, nor
// does planned maintenance.
const (
	downOutage   = 1000
	downDegraded = 300
)

// leastWatched is what a share of must be given: of some minutes it would say
// "100%" of a service that nobody knows yet.
const leastWatched = time.Hour

// uptime is the share of the watched time of the last so many days, ending
// now, in which a service was up. It is not known when that is next to nothing.
//
// Time counts as watched from the first evidence about the service on, except
// where the collector was away. Where incidents overlap, the gravest counts.
func (c clock) uptime(s *Service, incidents []*outcry.Incident, days int) (share float64, known bool) {
	now := c.now.exact()
	from := later(now.AddDate(0, 0, -days), s.Since)
	if s.Since.IsZero() || !from.Before(now) {
		return 0, false
	}
	cuts := c.cuts(s, incidents, from)
	var watched, down float64
	for i := range cuts[:len(cuts)-1] {
		at, length := cuts[i], cuts[i+1].Sub(cuts[i]).Seconds()
		if c.blindAt(s, at) {
			continue
		}
		watched += length
		down += length * float64(c.downAt(incidents, at)) / 1000
	}
	if watched < leastWatched.Seconds() {
		return 0, false
	}
	return 1 - down/watched, true
}

// cuts are the instants between which nothing changes, in order, without
// repeats: the ends of everything that counts.
func (c clock) cuts(s *Service, incidents []*outcry.Incident, from time.Time) []time.Time {
	now := c.now.exact()
	cuts := []time.Time{from, now}
	add := func(t time.Time) {
		if t.After(from) && t.Before(now) {
			cuts = append(cuts, t)
		}
	}
	for _, in := range incidents {
		add(began(in))
		add(ended(in, now))
	}
	for _, b := range s.Blind {
		add(b.From)
		add(b.To)
	}
	slices.SortFunc(cuts, time.Time.Compare)
	return slices.CompactFunc(cuts, time.Time.Equal)
}

func (c clock) blindAt(s *Service, at time.Time) bool {
	return slices.ContainsFunc(s.Blind, func(b Span) bool {
		return !at.Before(b.From) && (b.To.IsZero() || at.Before(b.To))
	})
}

func (c clock) downAt(incidents []*outcry.Incident, at time.Time) int {
	worst := 0
	for _, in := range incidents {
		if in.State == outcry.StateDismissed || at.Before(began(in)) || !at.Before(c.ended(in)) {
			continue
		}
		switch gravity(in) {
		case Outage:
			worst = max(worst, downOutage)
		case Degraded:
			worst = max(worst, downDegraded)
		default: // not confirmed
		}
	}
	return worst
}

// uptimeWords is "99.98% uptime".
func (w *tongue) uptimeWords(share float64, known bool) string {
	if !known {
		return ""
	}
	return w.t("%s uptime", w.percent(share))
}

// percent never rounds a failing up to a hundred.
func (w *tongue) percent(share float64) string {
	if share < 1 {
		share = min(share, 0.99999)
	}
	return w.printer.Sprint(number.Percent(share, number.MaxFractionDigits(3)))
}
