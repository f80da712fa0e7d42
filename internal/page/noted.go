package page

import "time"

// notedTime is the present, for what is made to be shown. It is not read but
// asked, and notes until when its answers stay the same: what was made with
// them is as good as new until then, and need not be made again.
type notedTime struct {
	at    time.Time
	until *time.Time // the first instant at which one of the answers is another; nil: nobody wants to know
}

// endless is later than everything that a page can tell of.
func endless() time.Time { return time.Unix(1<<40, 0) }

// noted gives the same present with a note of its own.
func (n notedTime) noted() notedTime { return notedTime{at: n.at, until: new(endless())} }

// limit notes that from an instant on something is another.
func (n notedTime) limit(t time.Time) {
	if n.until != nil && t.Before(*n.until) {
		*n.until = t
	}
}

// exact is the present itself: what is made with it is good for no other.
func (n notedTime) exact() time.Time {
	n.limit(n.at)
	return n.at
}

// before reports whether the present is before an instant.
func (n notedTime) before(t time.Time) bool {
	if !n.at.Before(t) {
		return false
	}
	n.limit(t)
	return true
}

// earlier gives the present, or an instant that is past.
func (n notedTime) earlier(t time.Time) time.Time {
	if n.before(t) {
		return n.exact()
	}
	return t
}

// minutesSince gives the whole minutes since an instant.
func (n notedTime) minutesSince(t time.Time) int {
	whole := n.at.Sub(t).Truncate(time.Minute)
	if n.at.Before(t) {
		n.limit(t.Add(whole)) // less than a minute before it is less than one after it, too
	} else {
		n.limit(t.Add(whole + time.Minute))
	}
	return int(whole / time.Minute)
}

// today is the present in a place, of which only the date is good.
func (n notedTime) today(loc *time.Location) time.Time {
	day := n.at.In(loc)
	next := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, loc)
	if first := next.Add(-time.Hour); first.After(day) && first.Day() != day.Day() {
		next = first // midnight comes twice, when clocks are put back
	}
	n.limit(next)
	return day
}
