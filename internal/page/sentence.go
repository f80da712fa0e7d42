package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Hero is the answer that a page opens with.
type Hero struct {
	Status   Status
	Sentence string   // "FaceTime is failing."
	More     []string // what stands behind it, a sentence each
}

// overall answers for all the services of a page.
func (b *builder) overall(services []*standing) Hero {
	by := make(map[Status][]string)
	worst := Operational
	if len(services) == 0 {
		worst = Unknown
	}
	for _, s := range services {
		by[s.status] = append(by[s.status], s.name)
		worst = worse(worst, s.status)
	}
	return Hero{Status: worst, Sentence: b.say(worst, by[worst], len(services))}
}

// phrases of one status: of all services, of the named ones, of so many, and
// of one. They are whole sentences, because languages build them differently.
type phrases struct{ all, some, many, one string }

func phrasesOf(s Status) phrases {
	switch s {
	case Outage:
		return phrases{"All services are failing.", "%s are failing.", "%[1]d of %[2]d services are failing.", "%s is failing."}
	case Degraded:
		return phrases{"All services work only in part.", "%s work only in part.", "%[1]d of %[2]d services work only in part.", "%s works only in part."}
	case Unconfirmed:
		return phrases{"People report problems with all services.", "People report problems with %s.", "People report problems with %[1]d of %[2]d services.", "People report problems with %s."}
	case Recovering:
		return phrases{"All services are coming back.", "%s are coming back.", "%[1]d of %[2]d services are coming back.", "%s is coming back."}
	case Maintained:
		return phrases{"All services are under planned maintenance.", "%s are under planned maintenance.", "%[1]d of %[2]d services are under planned maintenance.", "%s is under planned maintenance."}
	case Operational:
		return phrases{"All services are working.", "%s are working.", "%[1]d of %[2]d services are working.", "%s is working."}
	default:
		return phrases{"We cannot tell how things are.", "We cannot tell how %s are.", "We cannot tell how %[1]d of %[2]d services are.", "We cannot tell how %s is."}
	}
}

// say makes the sentence about those of all services that have a status.
func (b *builder) say(s Status, names []string, all int) string {
	p := phrasesOf(s)
	switch n := len(names); {
	case n == all && (all > 1 || s == Unknown):
		return b.t(p.all)
	case n == 1:
		return b.t(p.one, names[0])
	case n <= 3:
		return b.t(p.some, b.list(names))
	default:
		return b.t(p.many, n, all)
	}
}

// answer is the one sentence to "is it down?", and what stands behind it.
func (b *builder) answer(s *standing) Hero {
	h := Hero{Status: s.status}
	in := s.incident
	switch s.status {
	case Unknown:
		h.Sentence = b.t("We cannot tell whether %s is working.", s.name)
		h.More = append(h.More, b.blindness(s))
	case Unconfirmed:
		h.Sentence = b.t("%s may be failing.", s.name)
		h.More = append(h.More, b.unconfirmed(in))
	default:
		h.Sentence = b.t(phrasesOf(s.status).one, s.name)
	}
	switch {
	case s.planned != nil && in == nil:
		h.More = append(h.More, b.t("%[1]s, until %[2]s.", clean(s.planned.Title, maxLine), b.moment(s.planned.To).Words))
	case in == nil && s.collateral != nil && s.status == Operational:
		h.More = append(h.More, b.t("People report it because of another fault: %s.", clean(s.collateral.Title, maxLine)))
	}
	if s.status == Operational && slices.ContainsFunc(s.words(), func(n Bulletin) bool { return n.Outcome == outcry.Bad }) {
		h.More = append(h.More, b.t("The vendor reports a problem."))
	}
	if in != nil {
		h.More = append(h.More, b.course(in))
	}
	if in == nil {
		h.More = append(h.More, b.lately(s)...)
	}
	h.More = append(h.More, b.level(s)...)
	if in != nil {
		h.More = append(h.More, b.fails(s, in)...)
	}
	return h
}

// lately says what is over: the last hour's reports are still of that.
func (b *builder) lately(s *standing) []string {
	for _, in := range s.incidents {
		end := cmp.Or(in.MonitoringAt, in.ClosedAt)
		if in.State == outcry.StateResolved && b.now.before(end.Add(time.Hour)) {
			return []string{b.t("It was failing from about %[1]s until %[2]s.", b.moment(began(in)).Words, b.moment(end).Words)}
		}
	}
	return nil
}

// course says since when and how far it reaches.
func (b *builder) course(in *outcry.Incident) string {
	since := b.moment(began(in)).Words
	where := b.reach(in)
	if in.State == outcry.StateMonitoring {
		return b.t("Since about %[1]s, %[2]s; getting better since %[3]s.", since, where, b.moment(in.MonitoringAt).Words)
	}
	return b.t("Since about %[1]s, %[2]s.", since, where)
}

// fails names what most people say that fails.
func (b *builder) fails(s *standing, in *outcry.Incident) []string {
	top := slices.Clone(s.Service.Symptoms)
	slices.SortFunc(top, func(x, y Share) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Key, y.Key)) })
	var out []string
	for _, y := range top[:min(len(top), 2)] {
		if y.Count > 0 && y.Key != "" && y.Key != outcry.SymptomOther {
			out = append(out, "“"+b.symptomName(s.Service, y.Key)+"”")
		}
	}
	if len(out) == 0 || in.State == outcry.StateMonitoring {
		return nil
	}
	return []string{b.t("What most people say: %s.", b.list(out))}
}

// unconfirmed tells what an incident without confirmation rests on.
func (b *builder) unconfirmed(in *outcry.Incident) string {
	for _, e := range in.Evidence {
		switch {
		case e.Stream != outcry.KindProbe.String():
		case e.Nats <= 0:
			return b.t("Unconfirmed: people report problems; our checks pass.")
		case !reported(in.Evidence):
			return b.t("Unconfirmed: our own checks fail; hardly anybody has reported it yet.")
		default:
			return b.t("Unconfirmed: people report problems; our checks see it too.")
		}
	}
	return b.t("Unconfirmed: people report problems; there are no checks of our own to confirm it.")
}

// reported tells whether what people say speaks for a fault.
func reported(evidence []outcry.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e outcry.Evidence) bool { return e.Stream == outcry.KindReport.String() && e.Nats > 0 })
}

func (b *builder) blindness(s *standing) string {
	switch {
	case b.world.Heard.IsZero():
		return b.t("Nothing has been heard yet. The first word takes a minute or two.")
	case b.stale:
		return b.t("Last heard %[1]s ago, at %[2]s.", b.age(b.world.Heard), b.moment(b.world.Heard).Words)
	case s.Since.IsZero():
		return b.t("Nobody has reported on it and nothing checks it yet.")
	default:
		return b.t("What we listen with is itself cut off, so silence means nothing now.")
	}
}

// level compares the last hour with what is usual.
func (b *builder) level(s *standing) []string {
	if b.stale || len(s.Series) == 0 || s.status == Unknown {
		return nil
	}
	reports, usual := sumBins(s.lastHour())
	out := b.n(reports, "%s report in the last hour.", "%s reports in the last hour.")
	if usual >= 0 {
		out = b.n(reports, "%[1]s report in the last hour, where %[2]s would be usual.", "%[1]s reports in the last hour, where %[2]s would be usual.", b.tongue.about(usual))
	}
	if s.Works > 0 {
		return []string{out, b.n(uint64(s.Works), "%s person says that it works for them.", "%s people say that it works for them.")}
	}
	return []string{out}
}

// reach says where a fault is felt.
func (b *builder) reach(in *outcry.Incident) string {
	a := in.Affected
	var parts []string
	for _, v := range a.Regions {
		parts = append(parts, b.place(v))
	}
	for _, l := range [][]string{a.Carriers, a.Platforms, a.Versions, a.Segments} {
		for _, v := range l {
			parts = append(parts, named(v))
		}
	}
	switch n := len(parts); {
	case n == 0:
		return b.t("everywhere and on every carrier")
	case n > 6:
		return b.t("in %s", b.list(append(parts[:6:6], b.n(uint64(n-6), "%s more", "%s more"))))
	default:
		return b.t("in %s", b.list(parts))
	}
}
