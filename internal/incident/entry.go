package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// health is how a member does, as last seen.
type health uint8

const (
	well health = iota
	recovering
	failing
)

// member is a service in an open incident.
type member struct {
	service string
	health  health
	was     health    // before that
	since   time.Time // of health
	joined  time.Time
	moved   time.Time // when another incident was carried on with it; zero: never
	blind   time.Time // since when it is not seen; zero: it is
	turn    uint64    // the call of Judge in which it was last heard
	seen    bool      // and could then be judged
	lent    time.Time // since when its verdicts say that another fault raises it
	alien   time.Time // since when its fault seems to be another than the others'; zero: it does not
	settled bool      // not split off any more
	honest  bool      // its latest verdict is not a suspicious one
	told    *outcry.Verdict
	before  outcry.Size       // of the times that it failed and was well again since, in this incident
	first   outcry.Onset      // of the first of them; zero: there was none
	ledger  []outcry.Evidence // of its strongest verdict
	nats    float64           // of that
}

func (m *member) set(h health, at time.Time) {
	if m.health != h {
		m.was, m.health, m.since = m.health, h, at
	}
}

// entry is an incident with what the ledger knows beyond it.
type entry struct {
	doc      outcry.Incident
	members  []*member // sorted by service
	gone     []string  // services that are configured no more
	carrier  string    // whose fault it is, if a carrier's
	blamed   time.Time // since when that is thought; zero once it was told
	titled   bool      // the title is a person's
	graded   bool      // the impact is a person's
	begun    bool      // the onset is a person's
	touched  bool      // a person has spoken in it
	held     bool      // the state is a person's, and holds until the mood changes
	mood     health    // at the last look; of a held state: what it holds for
	moodSet  bool
	quiet    time.Time // since when all members are well and seen
	relapsed time.Time // when it last failed again
	told     bool      // that we are blind
	fresh    time.Time // when the figures were last brought up to date
	apart    bool      // split off: merged back only as one carrier's fault
	awaited  bool      // the team was told that it waits for the end of planned work
	merged   bool      // its members went on elsewhere: never reopened

	dirty   bool
	pending []outcry.Update // said in the present call
	notice  outcry.NoticeKind
}

// clamp keeps an incident's time from going back when the clock does.
func (e *entry) clamp(at time.Time) time.Time {
	if at.Before(e.doc.UpdatedAt) {
		return e.doc.UpdatedAt
	}
	return at
}

func (e *entry) member(service string) *member {
	if i, ok := e.index(service); ok {
		return e.members[i]
	}
	return nil
}

func (e *entry) index(service string) (int, bool) {
	return slices.BinarySearchFunc(e.members, service, func(m *member, s string) int { return strings.Compare(m.service, s) })
}

func (e *entry) add(m *member) {
	if i, ok := e.index(m.service); !ok {
		e.members = slices.Insert(e.members, i, m)
	}
	e.doc.Collateral = slices.DeleteFunc(e.doc.Collateral, func(s string) bool { return s == m.service })
	e.dirty = true
}

func (e *entry) remove(service string) {
	if i, ok := e.index(service); ok {
		e.members = slices.Delete(e.members, i, i+1)
	}
	e.dirty = true
}

func (e *entry) names() []string {
	out := slices.Clone(e.gone)
	for _, m := range e.members {
		out = append(out, m.service)
	}
	slices.Sort(out)
	return out
}

// fed reports whether verdicts, and not only people, speak for the incident.
func (e *entry) fed() bool { return !e.doc.Manual || !e.doc.DetectedAt.IsZero() }

// ended is when the last member's checks say that it ended. What was known
// before a restart stays.
func (e *entry) ended() time.Time {
	if e.doc.MonitoringAt.IsZero() {
		return time.Time{}
	}
	last := e.doc.EndedAt
	for _, m := range e.members {
		if m.told != nil && m.told.Ended.After(last) {
			last = m.told.Ended
		}
	}
	if last.After(e.doc.MonitoringAt) || last.Before(e.doc.Onset.At) {
		return time.Time{} // told of another end, or of none
	}
	return last
}

// reopened reports whether the incident was taken back in this very call.
func (e *entry) reopened(at time.Time) bool { return e.dirty && e.relapsed.Equal(at) }

// any reports whether a member is so.
func (e *entry) any(is func(*member) bool) bool { return slices.ContainsFunc(e.members, is) }

// say puts a sentence on the timeline, to be told to all once the incident is
// public. What is said in one call becomes one update.
func (e *entry) say(text string, kind outcry.NoticeKind) {
	e.dirty = true
	e.announce(kind)
	last := len(e.pending) - 1
	if last >= 0 && e.pending[last].Author == outcry.AuthorAutomatic && e.pending[last].Public == e.doc.Public {
		e.pending[last].Body += " " + text
		return
	}
	e.pending = append(e.pending, outcry.Update{Body: text, Author: outcry.AuthorAutomatic, Public: e.doc.Public})
}

// note puts a sentence on the timeline for the team only.
func (e *entry) note(text string) {
	e.dirty = true
	e.pending = append([]outcry.Update{{Body: text, Author: outcry.AuthorAutomatic}}, e.pending...)
}

// announce keeps the weightiest of the notices of one call.
func (e *entry) announce(kind outcry.NoticeKind) {
	if e.notice == "" || e.notice == outcry.NoticeUpdated {
		e.notice = kind
	}
}

func copied(in *outcry.Incident) outcry.Incident {
	c := *in
	c.Services = slices.Clone(in.Services)
	c.Collateral = slices.Clone(in.Collateral)
	c.Evidence = slices.Clone(in.Evidence)
	c.Bulletins = slices.Clone(in.Bulletins)
	c.Updates = slices.Clone(in.Updates)
	c.Affected = copiedAffected(in.Affected)
	return c
}

func copiedAffected(a outcry.Affected) outcry.Affected {
	for _, f := range fields(&a) {
		*f = slices.Clone(*f)
	}
	return a
}

// fields gives the dimensions of a scope, symptoms last.
func fields(a *outcry.Affected) [6]*[]string {
	return [6]*[]string{&a.Regions, &a.Carriers, &a.Platforms, &a.Versions, &a.Segments, &a.Symptoms}
}
