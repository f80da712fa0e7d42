package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// A person's choice of title or impact is noted in these words, by which it is
// known again after a restart.
const (
	titleNote  = "Title set to "
	impactNote = "Impact set to "
)

func (l *Ledger) restore(stored []outcry.Incident) error {
	known := slices.Clone(stored)
	slices.SortStableFunc(known, func(a, b outcry.Incident) int {
		return firstWord(&a).Compare(firstWord(&b))
	})
	for i := range known {
		e := l.revive(known[i])
		if !known[i].Open() {
			l.closed = append(l.closed, e)
			if e.held {
				l.hush(e, true)
			}
			continue
		}
		for _, m := range e.members {
			if o := l.by[m.service]; o != nil {
				return outcry.Errorf(outcry.CodeConflict, "two open incidents, %s and %s, hold the service %s", o.doc.ID, e.doc.ID, m.service)
			}
			l.by[m.service] = e
		}
		l.open = append(l.open, e)
	}
	slices.SortStableFunc(l.closed, func(a, b *entry) int { return a.doc.ClosedAt.Compare(b.doc.ClosedAt) })
	return nil
}

func firstWord(in *outcry.Incident) time.Time {
	if len(in.Updates) > 0 {
		return in.Updates[0].At
	}
	return in.UpdatedAt
}

// revive makes an entry of a stored incident: what its fields and timeline say,
// and safe assumptions for the rest.
func (l *Ledger) revive(in outcry.Incident) *entry {
	e := &entry{doc: copied(&in), fresh: in.UpdatedAt}
	e.readTimeline()
	e.mood = e.assumed()
	for _, s := range in.Services {
		if _, ok := l.services[s]; !ok {
			e.gone = append(e.gone, s) // nothing can be heard of it any more
			continue
		}
		m := &member{service: s, health: e.mood, joined: in.DetectedAt, since: in.UpdatedAt, settled: true, honest: true}
		m.was = m.health
		e.members = append(e.members, m)
	}
	slices.SortFunc(e.members, func(a, b *member) int { return strings.Compare(a.service, b.service) })
	if c := in.Affected.Carriers; len(c) == 1 && l.carrierTitle(&in, c[0]) == in.Title {
		e.carrier = c[0]
	}
	return e
}

// assumed is how the members of an incident do until they are heard: as its
// state says, where that is the verdicts' and not a person's.
func (e *entry) assumed() health {
	switch {
	case !e.fed():
		return well
	case e.doc.State == outcry.StateMonitoring && !e.held:
		return recovering
	default:
		return failing
	}
}

// readTimeline finds what people have decided; held is whether the last change
// of state was a person's.
func (e *entry) readTimeline() {
	state := outcry.IncidentState("")
	for _, u := range e.doc.Updates {
		byPerson := u.Author != outcry.AuthorAutomatic
		e.touched = e.touched || byPerson
		e.titled = e.titled || byPerson && strings.HasPrefix(u.Body, titleNote)
		e.graded = e.graded || byPerson && strings.HasPrefix(u.Body, impactNote)
		if u.State == state {
			continue
		}
		if state == outcry.StateMonitoring && u.State == outcry.StateInvestigating {
			e.relapsed = u.At
		}
		state, e.held = u.State, byPerson
	}
	e.titled = e.titled || e.doc.Manual
	e.graded = e.graded || e.doc.Manual
	on := e.doc.Onset // the judge's is an interval
	e.begun = e.doc.Manual && !on.At.IsZero() && on.From.Equal(on.At) && on.To.Equal(on.At)
}

// hush keeps the run of verdicts behind a closed incident from opening another.
type hush struct {
	services []string // of the incident
	waiting  []string // of them: not seen well since
	closed   time.Time
	restored bool // there was a time since in which they were not looked at
}

func (l *Ledger) hush(e *entry, restored bool) {
	h := hush{services: e.names(), closed: e.doc.ClosedAt, restored: restored}
	for _, m := range e.members {
		if restored || m.health != well {
			h.waiting = append(h.waiting, m.service)
		}
	}
	if len(h.waiting) > 0 {
		l.hushed = append(l.hushed, h)
	}
}

// unhush lets verdicts about the services speak again.
func (l *Ledger) unhush(services []string) {
	l.hushed = slices.DeleteFunc(l.hushed, func(h hush) bool {
		return slices.ContainsFunc(h.services, func(s string) bool { return slices.Contains(services, s) })
	})
}

// muted reports whether a person has spoken on the run of verdicts that v
// belongs to. Where they were not looked at for a while, as after a restart, a
// fault that began after the word is another one.
func (l *Ledger) muted(v *outcry.Verdict) bool {
	return slices.ContainsFunc(l.hushed, func(h hush) bool {
		return slices.Contains(h.services, v.Service) && !(h.restored && v.Onset.From.After(h.closed))
	})
}

// forget drops what time or the verdicts have made irrelevant.
func (l *Ledger) forget(at time.Time, verdicts []outcry.Verdict) {
	skipped := at.Sub(l.judged) > time.Minute
	for i := range l.hushed {
		h := &l.hushed[i]
		h.restored = h.restored || skipped
		h.waiting = slices.DeleteFunc(h.waiting, func(s string) bool {
			return !slices.ContainsFunc(verdicts, func(v outcry.Verdict) bool {
				return v.Service == s && v.Condition != outcry.CondNormal
			})
		})
	}
	l.hushed = slices.DeleteFunc(l.hushed, func(h hush) bool { return len(h.waiting) == 0 })
	old := 0
	for old < len(l.closed) && (len(l.closed)-old > rememberMost || at.Sub(l.closed[old].doc.UpdatedAt) > rememberFor) {
		old++
	}
	l.closed = slices.Delete(l.closed, 0, old)
}
