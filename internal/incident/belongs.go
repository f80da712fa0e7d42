package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// facts are what decides whether two services fail by one fault.
type facts struct {
	service   string
	onset     outcry.Onset
	affected  outcry.Affected
	carrier   string
	reporters float64
}

func factsOf(v *outcry.Verdict, at time.Time) facts {
	f := facts{service: v.Service, onset: v.Onset, affected: v.Affected, carrier: v.Carrier, reporters: v.Size.Reporters}
	f.onset = sound(f.onset, at)
	return f
}

// sound fills in an onset that the judge did not give.
func sound(o outcry.Onset, at time.Time) outcry.Onset {
	if o.At.IsZero() {
		o.At = at
	}
	if o.From.IsZero() || o.From.After(o.At) {
		o.From = o.At
	}
	if o.To.Before(o.At) {
		o.To = o.At
	}
	return o
}

// facts of a member: its last verdict on the fault, or, when none was heard
// since the start, what the incident says.
func (e *entry) facts(m *member) facts {
	if m.told != nil {
		f := factsOf(m.told, m.joined)
		if f.carrier == "" {
			f.carrier = e.carrier
		}
		return f
	}
	return facts{
		service: m.service, onset: sound(e.doc.Onset, m.joined), affected: e.doc.Affected,
		carrier: e.carrier, reporters: e.doc.Size.Reporters,
	}
}

// takes reports whether an incident may hold the service: verdicts feed it, and
// its services are of the same publication mode and as private.
func (l *Ledger) takes(e *entry, service string) bool {
	if !e.fed() || e.doc.DetectedAt.IsZero() {
		return false
	}
	return !e.any(func(m *member) bool { return l.class(m.service) != l.class(service) })
}

// related reports whether a fault is that of any member but the one excepted.
func (l *Ledger) related(f *facts, e *entry, except string) bool {
	return e.any(func(m *member) bool {
		if m.service == except || m.service == f.service {
			return false
		}
		g := e.facts(m)
		return l.oneFault(f, &g, m.health != well)
	})
}

// oneFault holds the rules of what belongs together. Live is whether the other
// service is not well again.
func (l *Ledger) oneFault(f, g *facts, live bool) bool {
	switch {
	case f.carrier != "" && g.carrier != "":
		return f.carrier == g.carrier
	case live && (l.follows(f, g) || l.follows(g, f)):
		return true
	default:
		return l.together(f, g) && compatible(f, g)
	}
}

// follows reports whether child depends on parent and did not fail before it.
func (l *Ledger) follows(child, parent *facts) bool {
	return l.above[child.service][parent.service] && !child.onset.At.Before(parent.onset.At.Add(-l.w.ParentLead))
}

// together reports whether two onsets are close: their estimates, or their
// intervals when these are sharp enough to mean something. Of faults that show
// themselves in other ways it takes both. An interval that is sharper than the
// judge's onsets of a ramp is taken for so wide as they err.
func (l *Ledger) together(f, g *facts) bool {
	a, b := f.onset, g.onset
	near := a.At.Sub(b.At).Abs() <= l.w.Together
	wa, wb := l.widened(a), l.widened(b)
	meet := !wa.From.After(wb.To) && !wb.From.After(wa.To)
	if unlike(f, g) {
		return near && meet
	}
	return near || meet && a.To.Sub(a.From) <= blurred && b.To.Sub(b.From) <= blurred
}

// unlike reports whether what people tell of two faults has nothing in common.
// That alone tells no faults apart: a shop and a messenger fail in their own ways
// by one cause, but they do so at one time.
func unlike(f, g *facts) bool {
	x, y := f.affected.Symptoms, g.affected.Symptoms
	return min(f.reporters, g.reporters) >= spoken && len(x) > 0 && len(y) > 0 &&
		!slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
}

func (l *Ledger) widened(o outcry.Onset) outcry.Onset {
	half := l.w.Overlap / 2
	if least := o.At.Add(-half); o.From.After(least) {
		o.From = least
	}
	o.To = later(o.To, o.At.Add(half))
	return o
}

// compatible reports whether two faults reach equally far: both everywhere, or
// to places that overlap. A confinement that rests on few people is not held
// against either.
func compatible(f, g *facts) bool {
	cf, cg := confined(&f.affected), confined(&g.affected)
	switch {
	case !cf && !cg:
		return true
	case cf && cg:
		return overlap(&f.affected, &g.affected)
	case cf:
		return f.reporters < solid
	default:
		return g.reporters < solid
	}
}

// confined reports whether a scope is less than everywhere; symptoms are no
// place.
func confined(a *outcry.Affected) bool {
	return slices.ContainsFunc(places(a), func(d *[]string) bool { return len(*d) > 0 })
}

func places(a *outcry.Affected) []*[]string {
	f := fields(a)
	return f[:len(f)-1]
}

// overlap reports whether two confined scopes share a value in a dimension that
// both are confined in, and lack one in none.
func overlap(a, b *outcry.Affected) bool {
	shared := false
	pb := places(b)
	for i, d := range places(a) {
		if len(*d) == 0 || len(*pb[i]) == 0 {
			continue
		}
		if !slices.ContainsFunc(*d, func(x string) bool {
			return slices.ContainsFunc(*pb[i], func(y string) bool { return within(x, y) || within(y, x) })
		}) {
			return false
		}
		shared = true
	}
	return shared
}

// within reports whether x is y or, as US-TX of US, a part of it.
func within(x, y string) bool { return x == y || strings.HasPrefix(x, y+"-") }

// ancestors gives, by service, all that it depends on, however indirectly.
func ancestors(services []outcry.Service) map[string]map[string]bool {
	direct := make(map[string][]string, len(services))
	for _, s := range services {
		direct[s.ID] = s.DependsOn
	}
	all := make(map[string]map[string]bool)
	for _, s := range services {
		seen := make(map[string]bool)
		for next := slices.Clone(s.DependsOn); len(next) > 0; {
			p := next[0]
			next = next[1:]
			if p == s.ID || seen[p] {
				continue
			}
			seen[p] = true
			next = append(next, direct[p]...)
		}
		if len(seen) > 0 {
			all[s.ID] = seen
		}
	}
	return all
}
