package incident

import (
	"time"

	"github.com/outcry/outcry"
)

// publishByPolicy gives the first public word when the services' policy says
// so. Where members' policies differ, the most careful one counts.
func (l *Ledger) publishByPolicy(e *entry, at time.Time) {
	if e.doc.State != outcry.StatePossible || e.doc.DetectedAt.IsZero() {
		return
	}
	if !e.any(func(m *member) bool { return m.honest && m.health == failing && m.told != nil }) {
		return
	}
	if l.expected(e, at) {
		return
	}
	mode, deadline := l.strictest(e)
	switch {
	case mode == Auto:
		l.publish(e, at, l.openingWords(e), outcry.AuthorAutomatic)
	case mode == Confirm && e.doc.AnswerBy.IsZero():
		e.doc.AnswerBy, e.dirty = at.Add(deadline), true
		e.note("Waiting for somebody to publish or dismiss it until " + l.clock(e.doc.AnswerBy) + "; then it is published.")
	case mode == Confirm && !at.Before(e.doc.AnswerBy):
		e.note("Nobody has answered in time: published.")
		l.publish(e, at, l.openingWords(e), outcry.AuthorAutomatic)
	}
}

// expected reports whether planned work is under way on every member that fails:
// visitors have been told of it, and what a service does meanwhile is no news. When
// the work is over and the fault is not, the policy has its say.
func (l *Ledger) expected(e *entry, at time.Time) bool {
	if l.cfg.Working == nil || e.any(func(m *member) bool { return m.health == failing && !l.cfg.Working(m.service, at) }) {
		return false
	}
	if !e.awaited {
		e.awaited = true
		e.note("Planned maintenance is under way: not published by itself while it lasts.")
	}
	return true
}

func (l *Ledger) strictest(e *entry) (Mode, time.Duration) {
	mode, deadline := Auto, time.Duration(0)
	for _, m := range e.members {
		p := l.policy(m.service)
		switch p.Mode {
		case Manual:
			mode = Manual
		case Confirm:
			if mode == Auto {
				mode = Confirm
			}
			if deadline == 0 || p.Deadline < deadline {
				deadline = p.Deadline
			}
		}
	}
	return mode, deadline
}

// publish makes an incident public with its first word.
func (l *Ledger) publish(e *entry, at time.Time, word, author string) {
	at = e.clamp(at)
	e.doc.Public, e.doc.State, e.doc.PublishedAt = true, outcry.StateInvestigating, at
	e.doc.OnsetAtPublication, e.doc.AnswerBy, e.dirty = e.doc.Onset.At, time.Time{}, true
	l.grade(e)
	if author == outcry.AuthorAutomatic {
		e.say(word, outcry.NoticeOpened)
		return
	}
	e.speak(author, word, outcry.NoticeOpened)
}

// speak puts a person's words on the timeline.
func (e *entry) speak(author, body string, kind outcry.NoticeKind) {
	e.dirty, e.touched = true, true
	e.announce(kind)
	e.pending = append(e.pending, outcry.Update{Body: body, Author: author, Public: e.doc.Public})
}

// remark puts a person's words on the timeline for the team only.
func (e *entry) remark(author, body string) {
	e.dirty, e.touched = true, true
	e.pending = append(e.pending, outcry.Update{Body: body, Author: author})
}
