package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// feed gives the members their verdicts. It returns those that call for an
// incident and have none, in the order in which their faults began.
func (l *Ledger) feed(at time.Time, verdicts []outcry.Verdict) []*outcry.Verdict {
	var fresh []*outcry.Verdict
	for i := range verdicts {
		v := &verdicts[i]
		if e := l.by[v.Service]; e != nil {
			l.tell(e, e.member(v.Service), v, at)
			continue
		}
		if _, known := l.services[v.Service]; known && (alarming(v) || v.Condition == outcry.CondSuspicious) {
			fresh = append(fresh, v)
		}
	}
	for _, e := range l.open {
		for _, m := range e.members {
			if m.turn != l.turn {
				l.tell(e, m, &outcry.Verdict{Service: m.service, Condition: outcry.CondNormal, Own: true}, at)
			}
		}
	}
	slices.SortStableFunc(fresh, func(a, b *outcry.Verdict) int {
		return cmp.Or(a.Onset.At.Compare(b.Onset.At), strings.Compare(a.Service, b.Service))
	})
	return fresh
}

// alarming reports whether a verdict by itself calls for an incident.
func alarming(v *outcry.Verdict) bool {
	return v.Condition == outcry.CondFailing && v.Tier >= outcry.TierOutage
}

// ownFault reports whether the service's own trouble explains the verdict.
func ownFault(v *outcry.Verdict) bool { return v.Own || v.Cause == "" || v.Cause == v.Service }

// tell gives one member its verdict.
func (l *Ledger) tell(e *entry, m *member, v *outcry.Verdict, at time.Time) {
	m.turn, m.seen = l.turn, v.Condition != outcry.CondUnknown
	if !m.seen {
		return
	}
	m.honest = v.Condition != outcry.CondSuspicious
	if ownFault(v) {
		m.lent = time.Time{}
	} else if m.lent.IsZero() {
		m.lent = at
	}
	switch v.Condition {
	case outcry.CondNormal:
		m.set(well, at)
		return
	case outcry.CondRecovering:
		m.set(recovering, at)
	case outcry.CondFailing, outcry.CondSuspicious:
		m.returns()
		m.set(failing, at)
	}
	if m.honest || m.told == nil || !e.doc.Public {
		m.hear(v)
	}
	if alarming(v) && e.doc.DetectedAt.IsZero() {
		e.doc.DetectedAt, e.dirty = e.clamp(at), true
	}
	if v.Confirmed && m.honest && !e.doc.Confirmed {
		l.confirm(e, at)
	}
}

// returns adds up what a member was that fails anew: the judge counts each time
// from its own onset, the incident is all of them.
func (m *member) returns() {
	if m.health != well || m.told == nil {
		return
	}
	if m.first.At.IsZero() {
		m.first = m.told.Onset
	}
	z := m.told.Size
	m.before.Reporters += z.Reporters
	m.before.Expected += z.Expected
	m.before.Peak = max(m.before.Peak, z.Peak)
	m.told = nil
}

// onset is that of the first time, when it has failed more than once.
func (m *member) onset() outcry.Onset {
	if !m.first.At.IsZero() {
		return sound(m.first, m.joined)
	}
	return sound(m.told.Onset, m.joined)
}

// size is of all times that it failed.
func (m *member) size() outcry.Size {
	z := m.told.Size
	z.Reporters += m.before.Reporters
	z.Expected += m.before.Expected
	z.Peak = max(z.Peak, m.before.Peak)
	return z
}

// hear keeps a verdict for the figures, and the evidence of the strongest one.
func (m *member) hear(v *outcry.Verdict) {
	c := *v
	c.Affected = copiedAffected(v.Affected)
	m.told = &c
	if len(v.Evidence) > 0 && v.Nats >= m.nats {
		m.ledger, m.nats = slices.Clone(v.Evidence), v.Nats
	}
	m.told.Evidence = nil
}

// confirm notes that the evidence now suffices; the public is told once it has
// heard of the incident at all.
func (l *Ledger) confirm(e *entry, at time.Time) {
	e.doc.Confirmed, e.doc.ConfirmedAt, e.dirty = true, e.clamp(at), true
	if e.doc.Public {
		e.say("This is now confirmed.", outcry.NoticeUpdated)
	}
}

// place finds or opens an incident for each verdict that has none.
func (l *Ledger) place(at time.Time, fresh []*outcry.Verdict) {
	for _, v := range fresh {
		if l.muted(v) || !ownFault(v) || l.by[v.Service] != nil {
			continue
		}
		if v.Condition == outcry.CondSuspicious {
			l.suspect(v, at)
			continue
		}
		if l.join(v, at) {
			continue
		}
		if e := l.recurring(v, at); e != nil {
			l.reopen(e, at)
			l.tell(e, e.member(v.Service), v, at)
		} else {
			e = l.begin(v, at)
			l.anew(e.member(v.Service), v, at)
			if l.policy(v.Service).Mode == Manual {
				e.note("The judge is sure enough to publish this; by the service's policy a person decides.")
			}
		}
	}
}

// anew lets a member's fault begin when it came back, where the judge counts it
// from an onset that an incident had which closed too long ago to be opened again:
// the public was told that that one was over.
func (l *Ledger) anew(m *member, v *outcry.Verdict, at time.Time) {
	for _, e := range l.closed {
		if e.doc.Public && e.member(v.Service) != nil && v.Onset.At.Before(e.doc.ClosedAt) && m.first.From.Before(e.doc.ClosedAt) {
			m.first = outcry.Onset{At: at, From: e.doc.ClosedAt, To: at}
		}
	}
}

// begin opens an incident for a verdict.
func (l *Ledger) begin(v *outcry.Verdict, at time.Time) *entry {
	e := &entry{doc: outcry.Incident{ID: l.cfg.NewID(), State: outcry.StatePossible, Impact: outcry.ImpactNone}, dirty: true}
	l.open = append(l.open, e)
	l.enlist(e, v, at)
	return e
}

// enlist makes a service a member of an incident by its verdict.
func (l *Ledger) enlist(e *entry, v *outcry.Verdict, at time.Time) {
	m := &member{service: v.Service, joined: at, since: at, settled: len(e.members) == 0}
	e.add(m)
	l.by[v.Service] = e
	l.tell(e, m, v, at)
}

// join adds a failing service to the open incident that it belongs to.
func (l *Ledger) join(v *outcry.Verdict, at time.Time) bool {
	f := factsOf(v, at)
	for _, e := range l.open {
		if !e.doc.Open() || !l.takes(e, v.Service) || !l.related(&f, e, "") {
			continue
		}
		l.enlist(e, v, at)
		if e.doc.Public {
			e.say(l.name(v.Service)+" is affected too.", outcry.NoticeUpdated)
		}
		return true
	}
	return false
}

// suspect keeps a verdict that its reporters give away, for the team only.
func (l *Ledger) suspect(v *outcry.Verdict, at time.Time) {
	if e := l.recurring(v, at); e != nil && !e.doc.Public {
		l.reopen(e, at)
		l.tell(e, e.member(v.Service), v, at)
		return
	}
	e := l.begin(v, at)
	e.note("Many reports about " + l.name(v.Service) + ", but their networks, agents or timing give them away. Nothing is published unless a person does.")
}

// recurring finds the incident that a failing service was in when it closed a
// short while ago: resolved, or noise that nobody was told of.
func (l *Ledger) recurring(v *outcry.Verdict, at time.Time) *entry {
	for i := len(l.closed) - 1; i >= 0; i-- {
		e := l.closed[i]
		noise := e.doc.State == outcry.StateDismissed && !e.doc.Public && e.doc.DetectedAt.IsZero() && !e.touched
		if e.member(v.Service) == nil || e.merged || e.doc.State != outcry.StateResolved && !noise {
			continue
		}
		// one that the judge never took for over is the same fault, if the word
		// that it was came from its lingering near the usual rate
		same := v.Onset.At.Before(e.doc.ClosedAt) && at.Sub(e.doc.ClosedAt) <= l.w.Linger+l.w.Reopen*3
		if (same || at.Sub(e.doc.ClosedAt) <= l.w.Reopen) && l.free(e) {
			return e
		}
	}
	return nil
}

// free reports whether none of an incident's services is in another one.
func (l *Ledger) free(e *entry) bool {
	return !e.any(func(m *member) bool { return l.by[m.service] != nil })
}

// reopen takes a closed incident back: a fault that comes and goes is one.
func (l *Ledger) reopen(e *entry, at time.Time) {
	l.revert(e)
	e.relapsed = at
	e.say("It is failing again.", outcry.NoticeUpdated)
}

// revert makes a closed incident an open one.
func (l *Ledger) revert(e *entry) {
	l.closed = slices.DeleteFunc(l.closed, func(o *entry) bool { return o == e })
	l.open = append(l.open, e)
	for _, m := range e.members {
		l.by[m.service] = e
	}
	e.doc.State = outcry.StatePossible
	if e.doc.Public {
		e.doc.State = outcry.StateInvestigating
	}
	e.doc.ClosedAt, e.doc.MonitoringAt = time.Time{}, time.Time{}
	e.quiet, e.held, e.moodSet, e.dirty = time.Time{}, false, false, true
}
