package page

import "github.com/outcry/outcry"

// prints are the fingerprints of what several documents are made of.
type prints struct {
	air       uint64 // what every service's page breathes: whether and until when anything has been heard
	incidents map[*outcry.Incident]uint64
	work      map[*Maintenance]uint64
	history   uint64 // of all incidents
	vendors   uint64
	ledger    uint64
	feeds     uint64
	v2        uint64
}

// standingPrints are those of what is known of one service.
type standingPrints struct {
	config uint64 // what the operator says of it
	state  uint64 // what a line about it says: name, place and status
	series uint64
	past   uint64 // its incidents
	all    uint64
}

// of gives a fingerprint; where nothing is remembered, none is needed.
func (b *builder) of(values ...any) uint64 {
	if b.memory == nil {
		return 0
	}
	return b.memory.printer.of(values...)
}

// print takes the fingerprints of the world, with what its pieces take from each
// other.
func (b *builder) print() {
	of, p := b.of, &b.prints
	p.incidents, p.work = make(map[*outcry.Incident]uint64), make(map[*Maintenance]uint64)
	all := make([]uint64, len(b.world.Incidents))
	Spread(len(all), func(i int) {
		in := &b.world.Incidents[i]
		all[i] = of(in, names(in.Services, b.shown), names(in.Collateral, b.shown))
	})
	for i := range all {
		p.incidents[&b.world.Incidents[i]] = all[i]
	}
	work := make([]uint64, len(b.world.Maintenances))
	works := make(map[string][]uint64) // by service
	for i := range work {
		m := &b.world.Maintenances[i]
		work[i] = of(m, names(m.Services, b.shown))
		p.work[m] = work[i]
		for _, id := range m.Services {
			works[id] = append(works[id], work[i])
		}
	}
	p.history = of(all)
	p.vendors = of(p.history, b.world.Sources)
	b.records = b.recorded()
	p.air = of(b.stale, b.world.Heard.IsZero())
	if b.stale {
		p.air = of(p.air, b.world.Heard)
	}
	states := make([]uint64, len(b.standings))
	Spread(len(states), func(i int) {
		s := b.standings[i]
		b.printOf(s, works[s.ID])
		states[i] = s.prints.state
	})
	p.ledger = of(p.history, states)
	p.feeds = of(p.history, work)
	p.v2 = of(p.history, work, states)
}

// printOf takes those of a service. Its uptime is of this very instant: not what
// it is made of counts, but what it comes to.
func (b *builder) printOf(s *standing, work []uint64) {
	of, p := b.of, &s.prints
	var past []uint64
	for _, in := range s.incidents {
		past = append(past, b.prints.incidents[in])
	}
	share, watched := b.clock.uptime(s.Service, s.incidents, barDays)
	s.uptime = keep(b, "uptime", s.ID, of(share, watched), func(b *builder) string { return b.uptimeWords(share, watched) })
	rest := *s.Service
	rest.Series = nil
	p.config, p.series, p.past = of(&s.Service.Service), of(s.Series), of(past)
	p.state = of(p.config, s.status, s.Since)
	p.all = of(p.config, p.state, p.series, p.past, b.prints.air, work, s.uptime, b.beside(s), b.vendorsOf(s.ID), &rest)
}

// beside is what a service's page says of others.
func (b *builder) beside(s *standing) []uint64 {
	var out []uint64
	for _, in := range []*outcry.Incident{s.incident, s.collateral} {
		out = append(out, b.prints.incidents[in])
	}
	out = append(out, b.prints.work[s.planned])
	for _, id := range s.DependsOn {
		if d := b.byID[id]; d != nil {
			out = append(out, b.of(d.ID, d.name, d.status))
		}
	}
	return out
}

// linked is the fingerprint of what an incident's page is made of: also how its
// services stand, and what they call their symptoms.
func (b *builder) linked(in *outcry.Incident) uint64 {
	out := []uint64{b.prints.incidents[in]}
	for _, ids := range [][]string{in.Services, in.Collateral} {
		for _, id := range ids {
			if s := b.byID[id]; s != nil {
				out = append(out, b.of(s.prints.config, s.status))
			}
		}
	}
	return b.of(out)
}
