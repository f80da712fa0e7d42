package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// barDays is how many days a service's bars show.
const barDays = 90

// Geometry of the bars, in the SVG's own units. Height tells the state as well
// as colour does: a quiet day is low, an outage fills the strip.
const (
	barStep   = 4
	barHeight = 24
)

var barRise = [...]int{Unknown: 6, Operational: 8, Recovering: 12, Unconfirmed: 14, Degraded: 19, Outage: 24}

// Bars are the last 90 days of a service.
type Bars struct {
	Paths   []BarPath // one per status that occurs
	Marks   []BarMark // days with trouble, each with its words
	Summary string    // the same in one sentence, for those who do not see it
	Trouble string    // "56 min of trouble" or "no incident"
}

// BarPath draws every day of one status.
type BarPath struct {
	Status Status
	D      string // SVG path data
}

// BarMark is the place of a day whose words are worth pointing at.
type BarMark struct {
	X     int
	Words string
}

// day is one calendar day of one service.
type day struct {
	from, to  time.Time
	status    Status
	incidents int
	trouble   time.Duration
}

// bars draws the days of a service from the incidents that are about it.
func (c clock) bars(s *Service, incidents []*outcry.Incident) Bars {
	days := c.days(s, incidents)
	paths := make([]strings.Builder, len(statusText))
	var out Bars
	for i, d := range days {
		x := i*barStep + barStep/2
		fmt.Fprintf(&paths[d.status], "M%d %dV%d", x, barHeight, barHeight-barRise[d.status])
		if d.incidents > 0 {
			out.Marks = append(out.Marks, BarMark{X: i * barStep, Words: d.words(c.loc)})
		}
	}
	for st := range paths {
		if paths[st].Len() > 0 {
			out.Paths = append(out.Paths, BarPath{Status(st), paths[st].String()})
		}
	}
	out.Trouble, out.Summary = summarize(days, c.loc)
	return out
}

// days are the calendar days of the page's own zone, oldest first, today last.
func (c clock) days(s *Service, incidents []*outcry.Incident) []day {
	n := c.now.In(c.loc)
	out := make([]day, barDays)
	for i := range out {
		d := &out[i]
		d.from = time.Date(n.Year(), n.Month(), n.Day()-barDays+1+i, 0, 0, 0, 0, c.loc)
		d.to = time.Date(n.Year(), n.Month(), n.Day()-barDays+2+i, 0, 0, 0, 0, c.loc)
		d.status = Operational
		if s.Since.IsZero() || !d.to.After(s.Since) || blindAllDay(d, s.Blind, c.now) {
			d.status = Unknown
		}
		for _, in := range incidents {
			d.add(in, c.now)
		}
	}
	return out
}

func (d *day) add(in *outcry.Incident, now time.Time) {
	if in.State == outcry.StateDismissed {
		return
	}
	from, to := later(began(in), d.from), earlier(ended(in, now), d.to)
	if !from.Before(to) {
		return
	}
	d.incidents++
	d.trouble += to.Sub(from)
	d.status = worse(d.status, gravity(in))
}

// blindAllDay reports whether the collector heard nothing for most of the day.
func blindAllDay(d *day, blind []Span, now time.Time) bool {
	var sum time.Duration
	for _, b := range blind {
		to := b.To
		if to.IsZero() {
			to = now
		}
		if from, to := later(b.From, d.from), earlier(to, d.to); from.Before(to) {
			sum += to.Sub(from)
		}
	}
	return sum > earlier(now, d.to).Sub(d.from)/2
}

func (d *day) words(loc *time.Location) string {
	return fmt.Sprintf("%s: %s, %s", d.from.In(loc).Format("2 January"), strings.ToLower(d.status.Word()), lasting(d.trouble))
}

// summarize says the days in words: the trouble in all, and the sentence that
// stands for the picture.
func summarize(days []day, loc *time.Location) (trouble, summary string) {
	var sum time.Duration
	var said []string
	quiet, blind := 0, 0
	for i := range days {
		switch d := &days[i]; {
		case d.incidents > 0:
			sum += d.trouble
			said = append(said, d.words(loc))
		case d.status == Unknown:
			blind++
		default:
			quiet++
		}
	}
	trouble = "no incident"
	if sum > 0 {
		trouble = lasting(sum) + " of trouble"
	}
	summary = fmt.Sprintf("Last %d days: %s without trouble", barDays, plural(uint64(quiet), "day"))
	if blind > 0 {
		summary += ", " + plural(uint64(blind), "day") + " not watched"
	}
	if len(said) > 0 {
		summary += ". " + strings.Join(said, "; ")
	}
	return trouble, summary + "."
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
