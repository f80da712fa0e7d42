package page

import (
	"fmt"
	"strings"

	"github.com/outcry/outcry"
)

// Hero is the answer that a page opens with.
type Hero struct {
	Status   Status
	Sentence string   // "FaceTime is failing."
	More     []string // what stands behind it, a sentence each
}

// overall answers for all the services of a page.
func overall(services []*standing) Hero {
	by := make(map[Status][]string)
	worst := Operational
	if len(services) == 0 {
		worst = Unknown
	}
	for _, s := range services {
		by[s.status] = append(by[s.status], s.name)
		worst = worse(worst, s.status)
	}
	c := cast{names: by[worst], all: len(services)}
	return Hero{Status: worst, Sentence: c.sentence(worst)}
}

// cast is those of a page's services that a sentence is about.
type cast struct {
	names []string
	all   int
}

func (c cast) sentence(worst Status) string {
	switch worst {
	case Outage:
		return c.who("All") + c.verb(" is failing.", " are failing.")
	case Degraded:
		return c.who("All") + c.verb(" works only in part.", " work only in part.")
	case Unconfirmed:
		return "People report problems with " + c.who("all") + "."
	case Recovering:
		return c.who("All") + c.verb(" is coming back.", " are coming back.")
	case Operational:
		return c.who("All") + c.verb(" is working.", " are working.")
	}
	if len(c.names) == c.all {
		return "We cannot tell how things are."
	}
	return "We cannot tell how " + c.who("all") + c.verb(" is.", " are.")
}

// who names the services; many are counted.
func (c cast) who(all string) string {
	switch {
	case len(c.names) == c.all && c.all > 1:
		return all + " services"
	case len(c.names) <= 3:
		return list(c.names)
	default:
		return fmt.Sprintf("%d of %d services", len(c.names), c.all)
	}
}

func (c cast) verb(one, many string) string {
	if len(c.names) == 1 {
		return one
	}
	return many
}

// answer is the one sentence to "is it down?", and what stands behind it.
func (b *builder) answer(s *standing) Hero {
	h := Hero{Status: s.status}
	in := s.incident
	switch s.status {
	case Unknown:
		h.Sentence = "We cannot tell whether " + s.name + " is working."
		h.More = append(h.More, b.blindness(s))
	case Operational:
		h.Sentence = s.name + " is working."
		if s.collateral != nil {
			h.More = append(h.More, "People report it because of another fault: "+clean(s.collateral.Title, maxLine)+".")
		}
	case Unconfirmed:
		h.Sentence = s.name + " may be failing."
		h.More = append(h.More, b.unconfirmed(in))
	case Degraded:
		h.Sentence = s.name + " works only in part."
	case Outage:
		h.Sentence = s.name + " is failing."
	case Recovering:
		h.Sentence = s.name + " is coming back."
	}
	if in != nil {
		h.More = append(h.More, b.course(in))
	}
	h.More = append(h.More, b.level(s)...)
	return h
}

// course says since when, how far it reaches and what fails.
func (b *builder) course(in *outcry.Incident) string {
	words := "Trouble since about " + b.moment(began(in)).Words
	if in.State == outcry.StateMonitoring {
		words += ", getting better since " + b.moment(in.MonitoringAt).Words
	}
	if r := reach(in.Affected); r != "" {
		words += "; seen in " + r
	}
	return words + "."
}

// unconfirmed tells what an incident without confirmation rests on.
func (b *builder) unconfirmed(in *outcry.Incident) string {
	checks := "there are no checks of our own to confirm it"
	for _, e := range in.Evidence {
		if e.Stream != outcry.KindProbe.String() {
			continue
		}
		if checks = "our checks see it too"; e.Nats <= 0 {
			checks = "our checks pass"
		}
	}
	return "Unconfirmed: people report problems; " + checks + "."
}

func (b *builder) blindness(s *standing) string {
	switch {
	case b.world.Heard.IsZero():
		return "Nothing has been heard yet; the first word takes a minute or two."
	case b.stale:
		return "Last heard " + age(b.world.Now.Sub(b.world.Heard)) + " ago, at " + b.moment(b.world.Heard).Words + "."
	case s.Since.IsZero():
		return "Nobody has reported on it and nothing checks it yet."
	default:
		return "What we listen with is itself cut off, so silence means nothing now."
	}
}

// level compares the last hour with what is usual.
func (b *builder) level(s *standing) []string {
	if b.stale || len(s.Series) == 0 || s.status == Unknown {
		return nil
	}
	reports, usual := sumBins(s.lastHour())
	words := plural(reports, "report") + " in the last hour"
	if usual >= 0 {
		words += ", where " + about(usual) + " would be usual"
	}
	return []string{words + "."}
}

// reach lists where a fault is felt; nothing when it is not confined.
func reach(a outcry.Affected) string {
	var parts []string
	for _, l := range [][]string{a.Regions, a.Carriers, a.Platforms, a.Versions, a.Segments} {
		for _, v := range l {
			parts = append(parts, place(v))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	if len(parts) > 6 {
		return strings.Join(parts[:6], ", ") + fmt.Sprintf(" and %d more", len(parts)-6)
	}
	return list(parts)
}
