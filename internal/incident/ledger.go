package incident

import (
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Ledger holds the open incidents, and the lately closed ones.
type Ledger struct {
	cfg      Config
	w        Windows
	services map[string]outcry.Service
	above    map[string]map[string]bool // by service: all that it depends on, transitively
	open     []*entry                   // in the order in which they were opened
	closed   []*entry                   // in the order in which they were closed
	by       map[string]*entry          // the open incident that a service is a member of
	hushed   []hush
	said     map[string][]outcry.Bulletin // by service: what vendors said of it lately
	judged   time.Time                    // the last call of Judge
	turn     uint64                       // counts calls of Judge, to know which members had a verdict in it
}

// Change is one incident as it must be stored, with what must be told.
//
// Incident.Version is the version that the change replaces, 0 for a new one;
// the ledger assumes that the store has then written the next. When the store
// refuses it as stale, make a new Ledger of what is stored.
type Change struct {
	Incident outcry.Incident
	Notices  []outcry.NoticeKind // at most one; none while it is not public
}

// Word is the update that the change's notice tells: the latest public one.
func (c *Change) Word() outcry.Update {
	for i := len(c.Incident.Updates) - 1; i >= 0; i-- {
		if c.Incident.Updates[i].Public {
			return c.Incident.Updates[i]
		}
	}
	return outcry.Update{}
}

// New makes a ledger that goes on with the stored incidents: those that are
// open, and, so that they can be reopened and people's dismissals hold, those
// that closed within the last day.
func New(cfg Config, stored []outcry.Incident) (*Ledger, error) {
	if cfg.NewID == nil {
		return nil, outcry.Errorf(outcry.CodeInternal, "the ledger needs a source of ids")
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	l := &Ledger{
		cfg: cfg, w: cfg.Windows.withDefaults(),
		services: make(map[string]outcry.Service, len(cfg.Services)),
		by:       make(map[string]*entry),
		said:     make(map[string][]outcry.Bulletin),
	}
	for _, s := range cfg.Services {
		l.services[s.ID] = s
	}
	l.above = ancestors(cfg.Services)
	return l, l.restore(stored)
}

// Judge takes the verdicts at one instant, and runs what time alone decides. A
// service without a verdict is normal. It need not be called while all verdicts are normal and no
// incident is open. Verdicts about services that are not configured are ignored.
// It keeps no part of its input.
func (l *Ledger) Judge(at time.Time, verdicts []outcry.Verdict) []Change {
	if len(l.closed)+len(l.hushed) > 0 {
		l.forget(at, verdicts)
	}
	l.turn, l.judged = l.turn+1, at
	fresh := l.feed(at, verdicts)
	l.place(at, fresh)
	if len(l.open) == 0 {
		return nil
	}
	l.lend(at, verdicts)
	l.regroup(at)
	for _, e := range l.open {
		l.advance(e, at)
	}
	return l.collect(at)
}

// Open gives the open incidents, oldest first.
func (l *Ledger) Open() []outcry.Incident {
	out := make([]outcry.Incident, 0, len(l.open))
	for _, e := range l.open {
		out = append(out, copied(&e.doc))
	}
	return out
}

// Know puts a closed incident back into memory, so that a command can find one
// that closed long ago. An incident that the ledger knows is left as it is.
func (l *Ledger) Know(in outcry.Incident) {
	if !in.Open() && l.find(in.ID) == nil {
		l.closed = append(l.closed, l.revive(in))
	}
}

func (l *Ledger) find(id string) *entry {
	for _, list := range [][]*entry{l.open, l.closed} {
		if i := slices.IndexFunc(list, func(e *entry) bool { return e.doc.ID == id }); i >= 0 {
			return list[i]
		}
	}
	return nil
}

// collect gives what has changed, and files what is over under closed.
func (l *Ledger) collect(at time.Time) []Change {
	var out []Change
	for _, e := range l.open {
		if e.dirty {
			out = append(out, l.emit(e, at))
		}
	}
	l.open = slices.DeleteFunc(l.open, func(e *entry) bool {
		if !e.doc.Open() {
			l.closed = append(l.closed, e)
			return true
		}
		return false
	})
	return out
}

// emit seals an entry's changes into one stored version.
func (l *Ledger) emit(e *entry, at time.Time) Change {
	at = e.clamp(at)
	l.write(e, at)
	e.doc.Services = e.names()
	e.doc.EndedAt = e.ended()
	e.doc.Bulletins = l.bulletins(&e.doc)
	e.doc.Headline = l.headline(&e.doc)
	e.doc.UpdatedAt = at
	c := Change{Incident: copied(&e.doc)}
	if e.notice != "" && e.doc.Public {
		c.Notices = []outcry.NoticeKind{e.notice}
	}
	e.doc.Version++
	e.dirty, e.notice = false, ""
	return c
}

// write turns what was said in this call into updates: notes first.
func (l *Ledger) write(e *entry, at time.Time) {
	for _, u := range e.pending {
		u.ID, u.At, u.State = l.cfg.NewID(), at, e.doc.State
		e.doc.Updates = append(e.doc.Updates, u)
	}
	e.pending = e.pending[:0]
}
