package incident

import (
	"time"

	"github.com/outcry/outcry"
)

// advance lets verdicts, deadlines and quiet move one incident on.
func (l *Ledger) advance(e *entry, at time.Time) {
	if !e.doc.Open() {
		return
	}
	at = e.clamp(at)
	if !e.fed() {
		return
	}
	blind := l.watch(e, at)
	mood := l.moodOf(e, at)
	if mood != well || blind {
		e.quiet = time.Time{}
	} else if e.quiet.IsZero() {
		e.quiet = at
	}
	l.refresh(e, at, mood)
	l.publishByPolicy(e, at)
	if !e.holds(mood) {
		l.move(e, at, mood)
	}
	e.mood, e.moodSet = mood, true
}

// holds reports whether a person's choice of state still stands: until the
// verdicts change.
func (e *entry) holds(mood health) bool {
	if e.held && e.moodSet && mood != e.mood {
		e.held = false
	}
	return e.held
}

// moodOf is how the worst member does. While the public has been told that
// things recover, a member that fails again must do so for a while.
func (l *Ledger) moodOf(e *entry, at time.Time) health {
	worst := well
	for _, m := range e.members {
		h := m.health
		if h == failing && e.doc.State == outcry.StateMonitoring && m.was == recovering && (at.Sub(m.since) < l.w.Relapse || !m.seen) {
			h = recovering
		}
		if h == recovering && l.calm(m, at) {
			h = well
		}
		worst = max(worst, h)
	}
	return worst
}

// calm reports whether a member that the judge still calls recovering is as good
// as well. A small service's handful of reports leaves the judge undecided for
// long after the last of them.
func (l *Ledger) calm(m *member, at time.Time) bool {
	if m.health != recovering || m.told == nil || at.Sub(m.since) < l.w.Linger {
		return false
	}
	return m.told.Size.Rate <= 2*m.told.Size.Usual+0.3
}

// watch notes members that are not seen, and says so when it lasts.
func (l *Ledger) watch(e *entry, at time.Time) (blind bool) {
	long := false
	for _, m := range e.members {
		if m.seen {
			m.blind = time.Time{}
			continue
		}
		blind = true
		if m.blind.IsZero() {
			m.blind = at
		}
		long = long || at.Sub(m.blind) >= l.w.Blind
	}
	switch {
	case long && !e.told:
		e.told = true
		e.say("Our own view of this is interrupted: until it is back we cannot tell whether it goes on.", outcry.NoticeUpdated)
	case !blind && e.told:
		e.told = false
		e.say("Our view of this is back.", outcry.NoticeUpdated)
	}
	return blind
}

// move makes the transitions that follow from how the members do.
func (l *Ledger) move(e *entry, at time.Time, mood health) {
	switch e.doc.State {
	case outcry.StatePossible:
		if l.settled(e, at) {
			l.lapse(e, at)
		}
	case outcry.StateInvestigating, outcry.StateIdentified:
		if mood != failing && (e.relapsed.IsZero() || at.Sub(e.relapsed) >= l.w.Flap) {
			e.doc.State, e.doc.MonitoringAt = outcry.StateMonitoring, at
			e.say(l.recoveringWords(e, mood), outcry.NoticeUpdated)
		}
	case outcry.StateMonitoring:
		if mood == failing {
			e.doc.State, e.doc.MonitoringAt, e.relapsed = outcry.StateInvestigating, time.Time{}, at
			e.say("It is failing again.", outcry.NoticeUpdated)
		} else if l.settled(e, at) {
			l.finish(e, outcry.StateResolved, at)
			e.say(l.resolvedWords(e), outcry.NoticeResolved)
		}
	}
}

// settled reports whether all has been well for long enough; for longer where
// it has come back before.
func (l *Ledger) settled(e *entry, at time.Time) bool {
	quiet := l.w.Quiet
	if !e.relapsed.IsZero() {
		quiet = max(quiet, l.w.Flap)
	}
	return !e.quiet.IsZero() && at.Sub(e.quiet) >= quiet
}

// lapse ends what the public never heard of.
func (l *Ledger) lapse(e *entry, at time.Time) {
	if e.doc.DetectedAt.IsZero() {
		l.finish(e, outcry.StateDismissed, at)
		e.note("It has died down. Nothing was published.")
		return
	}
	l.finish(e, outcry.StateResolved, at)
	e.note("It was over before anybody published it.")
}

// finish ends an incident; the caller says why.
func (l *Ledger) finish(e *entry, state outcry.IncidentState, at time.Time) {
	e.doc.State, e.doc.ClosedAt, e.doc.AnswerBy, e.dirty = state, e.clamp(at), time.Time{}, true
	for _, m := range e.members {
		if l.by[m.service] == e {
			delete(l.by, m.service)
		}
	}
}
