package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Maintenance is planned work on services: once, with From and To, or every week,
// with Days, At and For.
type Maintenance struct {
	ID       string   `yaml:"id,required"`
	Title    string   `yaml:"title,required"`
	Text     string   `yaml:"text"` // Markdown
	Services []string `yaml:"services"`
	Pages    []string `yaml:"pages"`    // all services of these, too
	Timezone string   `yaml:"timezone"` // IANA name, of From, To and At; default: that of the first page

	From WallTime `yaml:"from"`
	To   WallTime `yaml:"to"`

	Days []Weekday     `yaml:"days"`
	At   TimeOfDay     `yaml:"at"`
	For  time.Duration `yaml:"for"`
}

// Window is one time in which planned work is under way.
type Window struct {
	ID       string // unique among all windows; the maintenance's, with the day where it comes every week
	From, To time.Time
}

// Weekly reports whether the work comes again every week.
func (m *Maintenance) Weekly() bool { return len(m.Days) > 0 }

// Windows are those that have a moment within [from, to), in order. They go by
// the clocks of the zone: one at 02:00 stays at 02:00 when summer begins, and lasts
// as long as ever. A time that the clocks skip that night is what [time.Date]
// makes of it.
func (m *Maintenance) Windows(from, to time.Time) []Window {
	zone, err := time.LoadLocation(m.Timezone)
	if err != nil {
		return nil // Parse has refused it
	}
	if !m.Weekly() {
		w := Window{m.ID, m.From.In(zone), m.To.In(zone)}
		if w.To.After(from) && w.From.Before(to) {
			return []Window{w}
		}
		return nil
	}
	var out []Window
	first := from.Add(-m.For).In(zone)
	for i := -1; ; i++ {
		at := time.Date(first.Year(), first.Month(), first.Day()+i, 0, int(m.At), 0, 0, zone)
		w := Window{m.ID + at.Format("-20060102"), at, at.Add(m.For)}
		switch {
		case !w.From.Before(to):
			return out
		case w.To.After(from) && slices.Contains(m.Days, Weekday(at.Weekday())):
			out = append(out, w)
		}
	}
}

// WallTime is a time by the clocks of a zone that is named elsewhere, or with an
// offset of its own.
type WallTime struct {
	at    time.Time
	fixed bool
}

// IsZero reports whether no time was given.
func (t WallTime) IsZero() bool { return t.at.IsZero() }

// In is the instant, by the clocks of a zone.
func (t WallTime) In(zone *time.Location) time.Time {
	if t.fixed {
		return t.at.In(zone)
	}
	y, m, d := t.at.Date()
	return time.Date(y, m, d, t.at.Hour(), t.at.Minute(), 0, 0, zone)
}

// UnmarshalText reads "2026-12-01T22:00", or RFC 3339 with an offset.
func (t *WallTime) UnmarshalText(b []byte) error {
	text := strings.Replace(string(b), " ", "T", 1)
	if at, err := time.Parse("2006-01-02T15:04", text); err == nil && at.Year() > 0 {
		*t = WallTime{at: at}
		return nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil && at.Year() > 0 {
		*t = WallTime{at: at, fixed: true}
		return nil
	}
	return fmt.Errorf("%q is not a time: write 2026-12-01T22:00, or with an offset 2026-12-01T22:00:00+01:00", b)
}

// TimeOfDay is a time of every day, in minutes after midnight.
type TimeOfDay int

// UnmarshalText reads "02:00".
func (t *TimeOfDay) UnmarshalText(b []byte) error {
	at, err := time.Parse("15:04", string(b))
	if err != nil {
		return fmt.Errorf("%q is not a time of the day: write '02:00'", b)
	}
	*t = TimeOfDay(at.Hour()*60 + at.Minute())
	return nil
}

// Weekday is [time.Weekday], read strictly.
type Weekday time.Weekday

// UnmarshalText reads "mon" to "sun".
func (d *Weekday) UnmarshalText(b []byte) error {
	var word dayWord
	if err := oneOf(&word, b, dayWords()...); err != nil {
		return err
	}
	*d = Weekday((slices.Index(dayWords(), word) + 1) % 7)
	return nil
}

type dayWord string

func dayWords() []dayWord { return []dayWord{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }
