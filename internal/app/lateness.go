package app

import "github.com/outcry/outcry"

// lateness turns what the store says of the last few ticks into what is new in
// it: signals that come late amend a tick that was judged already, and are
// evidence in the tick in which they become known.
type lateness struct {
	ticks outcry.Tick // how far back signals may amend
	seen  map[tallyKey]outcry.Tally
}

func newLateness(ticks outcry.Tick) *lateness {
	return &lateness{ticks: ticks, seen: make(map[tallyKey]outcry.Tally)}
}

// know takes in tallies that were judged before, by a process that has ended:
// they are not new.
func (l *lateness) know(tallies []outcry.Tally) {
	for _, y := range tallies {
		l.seen[tallyKey{y.Service, y.Kind, y.Tick}] = y
	}
}

// fresh gives the tallies of tick t: its own, and by how much those before it
// have grown since they were last read. tallies are all of [t−ticks, t].
func (l *lateness) fresh(t outcry.Tick, tallies []outcry.Tally) []outcry.Tally {
	sums := newTallySums()
	for _, y := range tallies {
		k := tallyKey{y.Service, y.Kind, y.Tick}
		grown := minus(y, l.seen[k])
		l.seen[k] = y
		if grown.Total == 0 {
			continue
		}
		grown.Tick = t
		sums.add([]outcry.Tally{grown})
	}
	for k := range l.seen {
		if k.tick <= t-l.ticks {
			delete(l.seen, k)
		}
	}
	return sums.list()
}

// minus is what a tally has more than an older reading of it.
func minus(y, old outcry.Tally) outcry.Tally {
	if old.Total == 0 {
		return y
	}
	out := y
	out.Counts = less(y.Counts, old.Counts)
	out.Networks -= min(old.Networks, y.Networks)
	out.Hourly -= min(old.Hourly, y.Hourly)
	out.Strange -= min(old.Strange, y.Strange)
	out.Cells = nil
	was := make(map[outcry.CellKey]outcry.Counts, len(old.Cells))
	for _, c := range old.Cells {
		was[c.CellKey] = c.Counts
	}
	for _, c := range y.Cells {
		if c.Counts = less(c.Counts, was[c.CellKey]); c.Total > 0 {
			out.Cells = append(out.Cells, c)
		}
	}
	return out
}

func less(y, old outcry.Counts) outcry.Counts {
	return outcry.Counts{
		Total: y.Total - min(old.Total, y.Total), Bad: y.Bad - min(old.Bad, y.Bad),
		Unknown: y.Unknown - min(old.Unknown, y.Unknown), Distinct: y.Distinct - min(old.Distinct, y.Distinct),
		Fresh: y.Fresh - min(old.Fresh, y.Fresh),
	}
}

// through gives the new tallies of the ticks from ≤ t < to, in order; what came
// late for ticks before from counts in from.
func (l *lateness) through(from, to outcry.Tick, tallies []outcry.Tally) []outcry.Tally {
	early, rest := cut(tallies, from)
	out := l.fresh(from, early)
	for t := from + 1; t < to; t++ {
		var now []outcry.Tally
		if now, rest = cut(rest, t); len(now) > 0 {
			out = append(out, l.fresh(t, now)...)
		}
	}
	return out
}
