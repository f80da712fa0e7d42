package incident

import (
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// openByPerson opens an incident that verdicts have not, or not yet.
func (l *Ledger) openByPerson(at time.Time, c *Command) (Change, error) {
	if c.Title == "" {
		return Change{}, outcry.FieldErrorf("title", "must say in one line what fails")
	}
	if len(c.Services) == 0 {
		return Change{}, outcry.FieldErrorf("services", "must name at least one service")
	}
	for _, s := range c.Services {
		if _, known := l.services[s]; !known {
			return Change{}, outcry.FieldErrorf("services", "there is no service %q", s)
		}
		if e := l.by[s]; e != nil {
			return Change{}, outcry.Errorf(outcry.CodeConflict, "%s is in the open incident %s already: publish or update that one", l.name(s), e.doc.ID)
		}
	}
	state, err := chosenState(c.State)
	if err != nil {
		return Change{}, err
	}
	switch {
	case c.Onset.After(at):
		return Change{}, outcry.FieldErrorf("onset", "is ahead of our clock")
	case !c.Onset.IsZero() && at.Sub(c.Onset) > longAgo:
		return Change{}, outcry.FieldErrorf("onset", "is more than a year ago")
	}
	e := &entry{titled: true, graded: true, held: true, dirty: true, doc: outcry.Incident{
		ID: l.cfg.NewID(), Title: c.Title, Cause: c.Cause, Manual: true, Public: true, Confirmed: true, State: state,
		Impact: outcry.ImpactMinor, Affected: copiedAffected(c.Affected), PublishedAt: at, ConfirmedAt: at,
	}}
	if c.Impact != "" {
		e.doc.Impact = c.Impact
	}
	if !c.Onset.IsZero() {
		e.begun, e.doc.Onset = true, outcry.Onset{At: c.Onset.UTC(), From: c.Onset.UTC(), To: c.Onset.UTC()}
	}
	if state == outcry.StateMonitoring {
		e.doc.MonitoringAt = at
	}
	for _, s := range slices.Compact(slices.Sorted(slices.Values(c.Services))) {
		e.add(&member{service: s, joined: at, since: at, settled: true, honest: true})
		l.by[s] = e
	}
	l.unhush(c.Services)
	l.open = append(l.open, e)
	e.speak(c.Author, c.Body, outcry.NoticeOpened)
	return l.emit(e, at), nil
}

// chosenState checks a state that a person gives to an incident that goes on.
func chosenState(s outcry.IncidentState) (outcry.IncidentState, error) {
	switch s {
	case "":
		return outcry.StateInvestigating, nil
	case outcry.StateInvestigating, outcry.StateIdentified, outcry.StateMonitoring:
		return s, nil
	default:
		return "", outcry.FieldErrorf("state", "%q is not among investigating, identified, monitoring, resolved", s)
	}
}

// say is a person's public update, with or without a new state.
func (l *Ledger) say(e *entry, at time.Time, c *Command) error {
	if !e.doc.Public {
		return conflict(e, "is not public: publish it first, or write a note")
	}
	if c.State == outcry.StateResolved && e.doc.State != outcry.StateResolved {
		return l.resolve(e, at, c)
	}
	if c.State != "" && c.State != e.doc.State {
		state, err := chosenState(c.State)
		if err != nil {
			return err
		}
		if !e.doc.Open() {
			return conflict(e, "is over: reopen it before it can be "+string(state))
		}
		e.doc.State, e.held = state, true
		e.doc.MonitoringAt = time.Time{}
		if state == outcry.StateMonitoring {
			e.doc.MonitoringAt = at
		}
	}
	if c.Cause != "" {
		e.doc.Cause = c.Cause
	}
	e.speak(c.Author, c.Body, outcry.NoticeUpdated)
	return nil
}

func (l *Ledger) note(e *entry, _ time.Time, c *Command) error {
	e.remark(c.Author, c.Body)
	return nil
}

func (l *Ledger) publishByPerson(e *entry, at time.Time, c *Command) error {
	switch {
	case !e.doc.Open():
		return conflict(e, "is over: reopen it first")
	case e.doc.State != outcry.StatePossible:
		return conflict(e, "is public already")
	}
	word := c.Body
	if word == "" {
		word = l.openingWords(e)
	}
	l.publish(e, at, word, c.Author)
	e.held = true
	return nil
}

// vouch is a person's word that a fault is real; it publishes.
func (l *Ledger) vouch(e *entry, at time.Time, c *Command) error {
	switch {
	case !e.doc.Open():
		return conflict(e, "is over: reopen it first")
	case e.doc.Confirmed && e.doc.Public:
		return conflict(e, "is confirmed already")
	}
	e.doc.Confirmed, e.dirty = true, true
	if e.doc.ConfirmedAt.IsZero() {
		e.doc.ConfirmedAt = at
	}
	if !e.titled {
		e.doc.Title = l.title(e)
	}
	if e.doc.State == outcry.StatePossible {
		return l.publishByPerson(e, at, c)
	}
	body := c.Body
	if body == "" {
		body = "We have confirmed this."
	}
	e.speak(c.Author, body, outcry.NoticeUpdated)
	return nil
}

func (l *Ledger) resolve(e *entry, at time.Time, c *Command) error {
	if !e.doc.Open() {
		return conflict(e, "is over already")
	}
	return l.end(e, at, c, outcry.StateResolved, "This is over.")
}

func (l *Ledger) dismiss(e *entry, at time.Time, c *Command) error {
	if !e.doc.Open() {
		return conflict(e, "is over already")
	}
	return l.end(e, at, c, outcry.StateDismissed, "We have looked into this: it was not an outage.")
}

func (l *Ledger) end(e *entry, at time.Time, c *Command, state outcry.IncidentState, otherwise string) error {
	body := c.Body
	if body == "" {
		body = otherwise
	}
	l.finish(e, state, at)
	l.hush(e, false)
	e.held = true
	e.speak(c.Author, body, outcry.NoticeResolved)
	return nil
}

func (l *Ledger) reopenByPerson(e *entry, _ time.Time, c *Command) error {
	if e.doc.Open() {
		return conflict(e, "is not over")
	}
	for _, m := range e.members {
		if o := l.by[m.service]; o != nil {
			return conflict(e, "cannot be reopened: "+l.name(m.service)+" is in the open incident "+o.doc.ID+" now")
		}
	}
	l.revert(e)
	l.unhush(e.names())
	e.held, e.merged = true, false
	body := c.Body
	if body == "" {
		body = "This is not over."
	}
	e.speak(c.Author, body, outcry.NoticeUpdated)
	return nil
}

// edit sets what people know better; the timeline keeps who did it.
func (l *Ledger) edit(e *entry, _ time.Time, c *Command) error {
	if c.Title == "" && c.Cause == "" && c.Impact == "" {
		return outcry.FieldErrorf("title", "nothing to edit: give a title, a cause or an impact")
	}
	if c.Title != "" {
		e.doc.Title, e.titled = c.Title, true
		e.remark(c.Author, titleNote+c.Title)
	}
	if c.Cause != "" {
		e.doc.Cause = c.Cause
		e.remark(c.Author, "Cause set to "+c.Cause)
	}
	if c.Impact != "" {
		e.doc.Impact, e.graded = c.Impact, true
		e.remark(c.Author, impactNote+string(c.Impact))
	}
	return nil
}

func conflict(e *entry, why string) error {
	return outcry.Errorf(outcry.CodeConflict, "the incident %s %s", e.doc.ID, why)
}
