package incident

import (
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// lend notes the neighbours that a fault raises. One that was taken for a part
// of it, or for a fault of its own, moves.
func (l *Ledger) lend(at time.Time, verdicts []outcry.Verdict) {
	for i := range verdicts {
		v := &verdicts[i]
		if ownFault(v) || !alarming(v) {
			continue
		}
		e := l.by[v.Cause]
		if e == nil || !e.doc.Open() || e.member(v.Service) != nil && len(e.members) == 1 {
			continue
		}
		if l.services[v.Service].Private != l.services[v.Cause].Private {
			continue // a public incident does not name a private service
		}
		if _, known := l.services[v.Service]; known && l.lasting(v, at) {
			l.lower(e, v.Service, v.Cause, at)
		}
	}
}

// lasting reports whether a verdict's word that another fault raises the
// service can be acted on: a member is not moved for what one tick says.
func (l *Ledger) lasting(v *outcry.Verdict, at time.Time) bool {
	was := l.by[v.Service]
	if was == nil {
		return true
	}
	m := was.member(v.Service)
	return !m.lent.IsZero() && at.Sub(m.lent) >= l.w.Steady
}

// lower makes a service collateral of an incident.
func (l *Ledger) lower(e *entry, service, cause string, at time.Time) {
	was := l.by[service]
	if was != nil && was != e && (was.doc.Manual || was.touched || was.reopened(at)) {
		return // people have spoken for it, or it has only just come back
	}
	if i, found := slices.BinarySearch(e.doc.Collateral, service); !found {
		e.doc.Collateral, e.dirty = slices.Insert(slices.Clone(e.doc.Collateral), i, service), true
	}
	if was == nil {
		return
	}
	was.remove(service)
	delete(l.by, service)
	text := l.name(service) + " itself has nothing wrong: the reports about it are raised by the fault of " + l.name(cause) + "."
	if was == e || len(was.members) > 0 {
		was.say(text, outcry.NoticeUpdated)
		return
	}
	was.add(&member{service: service, joined: at, settled: true}) // history says what it was about
	l.finish(was, outcry.StateDismissed, at)
	was.merged = true
	was.say(text+" It is told there.", outcry.NoticeResolved)
}

// regroup revises what belongs together, as long as it is young: scopes and
// onsets sharpen in the first minutes.
func (l *Ledger) regroup(at time.Time) {
	for _, e := range slices.Clone(l.open) {
		l.split(e, at)
	}
	for i := 0; i < len(l.open); i++ {
		for j := i + 1; j < len(l.open); j++ {
			l.unite(l.open[i], l.open[j], at)
		}
	}
}

// split lets a young member go whose onset, and whose scope or symptoms, turned
// out to be others than those of all others, once they have been so for a while.
func (l *Ledger) split(e *entry, at time.Time) {
	if !e.doc.Open() || len(e.members) < 2 {
		return
	}
	for _, m := range slices.Clone(e.members) {
		if m.settled || m.told == nil || at.Sub(later(m.joined, m.moved)) > l.w.Young || m.health != failing {
			continue
		}
		f := e.facts(m)
		if l.related(&f, e, m.service) || !confined(&f.affected) && !confined(&e.doc.Affected) && !e.unlike(&f) {
			m.alien = time.Time{}
			continue
		}
		if m.alien.IsZero() {
			m.alien = at
		}
		if at.Sub(m.alien) < l.w.Steady/2 { // sooner than others' opinions: a fault of its own waits to be told
			continue
		}
		e.remove(m.service)
		e.say(l.name(m.service)+" is a fault of its own, and is told apart from here on.", outcry.NoticeUpdated)
		own := l.begin(m.told, at)
		own.apart, own.doc.DetectedAt = true, m.joined
		own.members[0].ledger, own.members[0].nats = m.ledger, m.nats
	}
}

// unlike reports whether other things are told of a member than of one at least
// of the rest: where few have told anything, nothing follows.
func (e *entry) unlike(f *facts) bool {
	return e.any(func(m *member) bool {
		g := e.facts(m)
		return m.service != f.service && unlike(f, &g)
	})
}

// unite carries a young incident on in an older one when they turn out to be
// one fault. One that nobody was told of may be of any age.
func (l *Ledger) unite(a, b *entry, at time.Time) {
	into, from := a, b
	if b.doc.Public && !a.doc.Public || b.doc.Public == a.doc.Public && b.doc.DetectedAt.Before(a.doc.DetectedAt) {
		into, from = b, a
	}
	if from.reopened(at) || !into.doc.Open() || !from.doc.Open() || from.doc.Manual || from.touched {
		return
	}
	if (into.apart || from.apart) && (into.carrier == "" || into.carrier != from.carrier) {
		return
	}
	if from.doc.DetectedAt.IsZero() || from.doc.Public && at.Sub(from.doc.DetectedAt) > l.w.Young || !l.oneClass(into, from) {
		return
	}
	if from.any(func(m *member) bool { f := from.facts(m); return !l.related(&f, into, "") }) {
		return
	}
	l.absorb(into, from, at)
}

func (l *Ledger) oneClass(into, from *entry) bool {
	return !from.any(func(m *member) bool { return !l.takes(into, m.service) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// absorb makes the members of one incident young ones of another, which may be
// told apart again.
func (l *Ledger) absorb(into, from *entry, at time.Time) {
	for _, m := range from.members {
		c := *m
		c.settled, c.moved = false, at
		into.add(&c)
		l.by[m.service] = into
	}
	for _, s := range from.doc.Collateral {
		if i, found := slices.BinarySearch(into.doc.Collateral, s); !found && into.member(s) == nil {
			into.doc.Collateral = slices.Insert(slices.Clone(into.doc.Collateral), i, s)
		}
	}
	if from.doc.Confirmed && !into.doc.Confirmed {
		l.confirm(into, at)
	}
	if into.doc.Public {
		into.say(l.list(from.names())+" fails by the same fault and is told here.", outcry.NoticeUpdated)
	}
	from.merged = true
	l.finish(from, outcry.StateDismissed, at)
	from.say("This is part of another fault, and is continued there: "+into.heading()+".", outcry.NoticeResolved)
}

// heading names an incident in another one's timeline.
func (e *entry) heading() string {
	if e.doc.Title == "" {
		return "incident " + e.doc.ID
	}
	return "“" + e.doc.Title + "” (" + e.doc.ID + ")"
}
