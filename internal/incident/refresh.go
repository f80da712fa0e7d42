package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// refresh brings an incident's figures up to date: at once when something else
// has changed too, else now and then. After a restart they stay as stored until
// every member has been heard.
func (l *Ledger) refresh(e *entry, at time.Time, mood health) {
	l.blame(e, at)
	due := e.dirty || mood != e.mood || mood != well && at.Sub(e.fresh) >= l.w.Refresh
	if !due || len(e.members) == 0 {
		return
	}
	if !e.any(func(m *member) bool { return m.told == nil }) {
		e.fresh, e.dirty = at, true
		main := e.strongest()
		e.doc.Size = e.size()
		if !e.begun {
			e.doc.Onset = e.onset(main)
		}
		e.doc.Affected = e.affected(main)
		e.doc.Evidence = l.evidence(e)
	}
	if e.doc.State != outcry.StatePossible || !e.doc.DetectedAt.IsZero() {
		l.grade(e)
	}
	if !e.titled {
		e.doc.Title = l.title(e)
	}
}

// blame decides whether the fault is a carrier's: as the strongest member says,
// unless others, whose failing the carrier's fault was known by, are well again.
// The public is told once that has held for a while.
func (l *Ledger) blame(e *entry, at time.Time) {
	if len(e.members) == 0 || e.any(func(m *member) bool { return m.told == nil }) {
		return
	}
	main := e.strongest()
	ill := 0
	for _, m := range e.members {
		if m.health != well {
			ill++
		}
	}
	if carrier := main.told.Carrier; carrier != e.carrier && (carrier != "" || ill > 1 || at.Sub(main.joined) <= l.w.Young) {
		e.carrier, e.blamed, e.dirty = carrier, at, true
	}
	if e.carrier != "" && e.doc.Public && !e.blamed.IsZero() && at.Sub(e.blamed) >= l.w.Steady {
		e.blamed = time.Time{}
		e.say("The trouble is confined to "+plain(e.carrier)+": the fault seems to be the carrier's.", outcry.NoticeUpdated)
	}
}

// strongest is the member that most people report.
func (e *entry) strongest() *member {
	return slices.MaxFunc(e.members, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.size().Reporters, b.size().Reporters), strings.Compare(b.service, a.service))
	})
}

func (e *entry) size() outcry.Size {
	var sum outcry.Size
	for _, m := range e.members {
		s := m.size()
		sum.Reporters += s.Reporters
		sum.Expected += s.Expected
		sum.Usual += s.Usual
		sum.Peak += s.Peak
		if m.health == well {
			s.Rate = min(s.Rate, s.Usual)
		}
		sum.Rate += s.Rate
	}
	return sum
}

// onset is that of the strongest member, whose estimate is the sharpest, unless
// another one that many report has clearly failed before.
func (e *entry) onset(main *member) outcry.Onset {
	first := main.onset()
	for _, m := range e.members {
		o := m.onset()
		if m.size().Reporters >= solid && o.To.Before(first.From) && o.To.Before(main.onset().From.Add(-time.Minute)) {
			first = o
		}
	}
	return first
}

// affected is where the strongest member is confined to, with what others that
// are confined in the same dimension add; symptoms are all that were told.
func (e *entry) affected(main *member) outcry.Affected {
	out := copiedAffected(main.told.Affected)
	if e.carrier != "" {
		out.Carriers = []string{e.carrier}
	}
	dims := fields(&out)
	for _, m := range e.members {
		for i, more := range fields(&m.told.Affected) {
			symptoms := i == len(dims)-1
			if symptoms || len(*dims[i]) > 0 && len(*more) > 0 && (e.carrier == "" || dims[i] != &out.Carriers) {
				*dims[i] = append(*dims[i], *more...)
			}
		}
	}
	for _, d := range dims {
		slices.Sort(*d)
		*d = slices.Compact(*d)
	}
	return out
}

// evidence is the strongest of each stream over the members.
func (l *Ledger) evidence(e *entry) []outcry.Evidence {
	best := make(map[string]outcry.Evidence)
	for _, m := range e.members {
		for _, x := range m.ledger {
			if len(e.members) > 1 {
				x.Words = l.name(m.service) + ": " + x.Words
			}
			if o, ok := best[x.Stream]; !ok || x.Nats > o.Nats {
				best[x.Stream] = x
			}
		}
	}
	out := make([]outcry.Evidence, 0, len(best))
	for _, x := range best {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b outcry.Evidence) int {
		return cmp.Or(cmp.Compare(b.Nats, a.Nats), strings.Compare(a.Stream, b.Stream))
	})
	return out
}

// massive is how many times the usual rate makes a fault one of the largest.
const massive = 20

// grade sets the impact by reach, size and certainty. It only ever rises, so
// that it does not flicker while a fault dies down.
func (l *Ledger) grade(e *entry) {
	if e.graded {
		return
	}
	large := e.doc.Size.Reporters >= solid && e.doc.Size.Peak >= massive*max(e.doc.Size.Usual, 0.1)
	now := outcry.ImpactMinor
	switch everywhere := !confined(&e.doc.Affected); {
	case e.doc.Confirmed && everywhere && large:
		now = outcry.ImpactCritical
	case e.doc.Confirmed || everywhere && large:
		now = outcry.ImpactMajor
	}
	if weight(now) > weight(e.doc.Impact) {
		e.doc.Impact, e.dirty = now, true
	}
}

func weight(i outcry.Impact) int {
	return slices.Index([]outcry.Impact{outcry.ImpactNone, outcry.ImpactMinor, outcry.ImpactMajor, outcry.ImpactCritical}, i)
}
