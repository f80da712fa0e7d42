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

var barRise = [...]int{Unknown: 6, Operational: 8, Maintained: 10, Recovering: 12, Unconfirmed: 14, Degraded: 19, Outage: 24}

// Bars are the last 90 days of a service.
type Bars struct {
	Paths   []BarPath // one per status that occurs
	Marks   []BarMark // days with trouble, each with its words
	Summary string    // the same in one sentence, for those who do not see it
	Trouble string    // "56 min of trouble" or "no incident"
	Uptime  string    // "99.98% uptime"; empty when nobody watched
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

// bars are the days of a service, kept.
func (b *builder) bars(s *standing) Bars {
	inputs := b.of(s.Since, s.Blind, s.prints.past, s.uptime)
	return keep(b, "bars", s.ID, inputs, func(b *builder) Bars {
		out := b.draw(s.Service, s.incidents)
		out.Uptime = s.uptime
		return out
	})
}

// draw draws the days of a service from the incidents that are about it.
func (c clock) draw(s *Service, incidents []*outcry.Incident) Bars {
	days := c.days(s, incidents)
	paths := make([]strings.Builder, len(statusText))
	var out Bars
	for i, d := range days {
		x := i*barStep + barStep/2
		fmt.Fprintf(&paths[d.status], "M%d %dV%d", x, barHeight, barHeight-barRise[d.status])
		if d.incidents > 0 {
			out.Marks = append(out.Marks, BarMark{X: i * barStep, Words: c.dayWords(&d)})
		}
	}
	for st := range paths {
		if paths[st].Len() > 0 {
			out.Paths = append(out.Paths, BarPath{Status(st), paths[st].String()})
		}
	}
	out.Trouble, out.Summary = c.summarize(days)
	return out
}

// days are the calendar days of the page's own zone, oldest first, today last.
func (c clock) days(s *Service, incidents []*outcry.Incident) []day {
	n := c.now.today(c.loc)
	out := make([]day, barDays)
	for i := range out {
		d := &out[i]
		d.from = time.Date(n.Year(), n.Month(), n.Day()-barDays+1+i, 0, 0, 0, 0, c.loc)
		d.to = time.Date(n.Year(), n.Month(), n.Day()-barDays+2+i, 0, 0, 0, 0, c.loc)
		d.status = Operational
		if s.Since.IsZero() || !d.to.After(s.Since) || c.blindAllDay(d, s) {
			d.status = Unknown
		}
		for _, in := range incidents {
			c.add(d, in)
		}
	}
	return out
}

// add counts an incident to a day.
func (c clock) add(d *day, in *outcry.Incident) {
	if in.State == outcry.StateDismissed || !began(in).Before(d.to) {
		return
	}
	from, to := later(began(in), d.from), c.within(in.ClosedAt, !closed(in), d.to)
	if !from.Before(to) {
		return
	}
	d.incidents++
	d.trouble += to.Sub(from)
	d.status = worse(d.status, gravity(in))
}

// within gives an end, or the present where there is none yet, but no later
// than the end of a day.
func (c clock) within(end time.Time, open bool, day time.Time) time.Time {
	if open {
		return c.now.earlier(day)
	}
	return earlier(end, day)
}

// blindAllDay reports whether the collector heard nothing for most of the day, or
// of as much of it as the service has been watched.
func (c clock) blindAllDay(d *day, s *Service) bool {
	var sum time.Duration
	for _, b := range s.Blind {
		if !b.From.Before(d.to) {
			continue
		}
		to := c.within(b.To, b.To.IsZero(), d.to)
		if from := later(b.From, d.from); from.Before(to) {
			sum += to.Sub(from)
		}
	}
	return sum > 0 && sum > c.now.earlier(d.to).Sub(later(d.from, s.Since))/2
}

func (c clock) dayWords(d *day) string {
	return c.t("%[1]s: %[2]s, %[3]s", c.dayOf(d.from.In(c.loc), false), c.t(d.status.Word()), c.lasting(d.trouble))
}

// summarize says the days in words: the trouble in all, and the sentence that
// stands for the picture.
func (c clock) summarize(days []day) (trouble, summary string) {
	var sum time.Duration
	var said []string
	quiet, blind := 0, 0
	for i := range days {
		switch d := &days[i]; {
		case d.incidents > 0:
			sum += d.trouble
			said = append(said, c.dayWords(d))
		case d.status == Unknown:
			blind++
		default:
			quiet++
		}
	}
	trouble = c.t("no incident")
	if sum > 0 {
		trouble = c.t("%s of trouble", c.lasting(sum))
	}
	parts := []string{c.n(uint64(quiet), "%s day without trouble", "%s days without trouble")}
	if blind > 0 {
		parts = append(parts, c.n(uint64(blind), "%s day not watched", "%s days not watched"))
	}
	summary = c.t("Last %[1]d days: %[2]s.", barDays, strings.Join(parts, c.comma))
	if len(said) > 0 {
		summary += " " + strings.Join(said, "; ") + "."
	}
	return trouble, summary
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
