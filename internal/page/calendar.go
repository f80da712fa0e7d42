package page

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// calendar gives planned work and past incidents as iCalendar (RFC 5545).
func (b *builder) calendar(incidents []outcry.Incident) View {
	var c calendarText
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Outcry//Status//EN")
	c.line("METHOD", "PUBLISH")
	c.text("X-WR-CALNAME", b.opt.Name)
	for i := range b.world.Maintenances {
		m := &b.world.Maintenances[i]
		c.event(event{
			id: "maintenance-" + m.ID, stamp: m.UpdatedAt, from: m.From, to: m.To, status: "CONFIRMED",
			title: clean(m.Title, maxLine), body: prose(m.Body), url: b.opt.URL + "/",
		})
	}
	for i := range incidents {
		in := &incidents[i]
		if in.Open() || in.State == outcry.StateDismissed {
			continue // a calendar says when something is, and this is not known yet, or was not
		}
		c.event(event{
			id: "incident-" + in.ID, stamp: in.UpdatedAt, from: began(in), to: b.ended(in), status: "CONFIRMED",
			title: clean(in.Title, maxLine), body: b.story(in), url: b.opt.URL + incidentPath(in.ID),
		})
	}
	c.line("END", "VCALENDAR")
	return View{Path: "/calendar.ics", mediaType: typeCalendar, data: c.String()}
}

type event struct {
	id, title, body, url, status string
	stamp, from, to              time.Time
}

// calendarText writes content lines: folded at 75 octets, with CRLF (RFC 5545,
// 3.1), so that no text from outside can begin a line of its own.
type calendarText struct{ strings.Builder }

const icalTime = "20060102T150405Z"

func (c *calendarText) event(e event) {
	c.line("BEGIN", "VEVENT")
	c.text("UID", e.id+"@outcry")
	c.line("DTSTAMP", e.stamp.UTC().Format(icalTime))
	c.line("DTSTART", e.from.UTC().Format(icalTime))
	c.line("DTEND", e.to.UTC().Format(icalTime))
	c.text("SUMMARY", e.title)
	c.text("DESCRIPTION", e.body)
	c.line("STATUS", e.status)
	if strings.HasPrefix(e.url, "http") {
		c.line("URL", e.url)
	}
	c.line("TRANSP", "TRANSPARENT")
	c.line("END", "VEVENT")
}

// text writes a property whose value is TEXT (RFC 5545, 3.3.11).
func (c *calendarText) text(name, value string) {
	c.line(name, strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(value))
}

func (c *calendarText) line(name, value string) {
	const fold = 75
	l, room := name+":"+value, fold
	for len(l) > room {
		cut := room
		for !utf8.RuneStart(l[cut]) {
			cut--
		}
		c.WriteString(l[:cut] + "\r\n ")
		l, room = l[cut:], fold-1
	}
	c.WriteString(l + "\r\n")
}
