package count

import (
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/outcry/outcry"
)

// held is one tally in the making: a tick that may still get signals.
type held struct {
	stream *stream
	tick   outcry.Tick
	until  outcry.Tick // of storing; from then on it is retired
	dirty  bool

	total    count
	networks uint32            // among Fresh, heard for the first time in the tick's network window …
	hourly   uint32            // … and in its hour
	strange  map[uint32]uint32 // Fresh by agent that the crowd hardly has
	most     uint32            // the largest of strange
	told     struct{ networks, hourly, strange uint32 }

	cells   map[uint64]*cell // by the hash of their key
	n       int              // cells
	changed []*cell
}

type cell struct {
	key     outcry.CellKey
	next    *cell // of the same hash
	changed bool
	count
}

// count is a running sum and how much of it has been flushed.
type count struct {
	n, told outcry.Counts
	who     distinct
}

func (c *count) bump(o outcry.Outcome) {
	c.n.Total++
	switch o {
	case outcry.Bad:
		c.n.Bad++
	case outcry.Unknown:
		c.n.Unknown++
	case outcry.Good: // counts in the total only
	}
}

func (c *count) flush(exact int) outcry.Counts {
	c.n.Distinct = max(c.told.Distinct, c.who.estimate(exact))
	d := outcry.Counts{
		Total:    c.n.Total - c.told.Total,
		Bad:      c.n.Bad - c.told.Bad,
		Unknown:  c.n.Unknown - c.told.Unknown,
		Distinct: c.n.Distinct - c.told.Distinct,
		Fresh:    c.n.Fresh - c.told.Fresh,
	}
	c.told = c.n
	return d
}

// hold finds or opens the tally of a stream's tick.
func (a *Abacus) hold(st *stream, tick outcry.Tick) *held {
	if h := st.ticks[tick]; h != nil {
		return h
	}
	h := &held{stream: st, tick: tick, until: a.until(tick), cells: make(map[uint64]*cell)}
	if st.ticks == nil {
		st.ticks = make(map[outcry.Tick]*held)
	}
	st.ticks[tick] = h
	a.held = append(a.held, h)
	return h
}

// until says how long a tick is held. One that is on time: until it is as old
// as lateness allows. One that is taken up later (or is dated ahead): to the
// end of the running network window, so that a late batch is told apart within
// itself; it starts at a fixed instant, so that a rebuilt memory agrees.
func (a *Abacus) until(tick outcry.Tick) outcry.Tick {
	late := outcry.Ticks(a.cfg.Lateness)
	if end := tick + 1 + late; end > a.now && tick <= a.now+late {
		return end
	}
	return outcry.Tick(a.windowOf(a.now)+1) * max(1, outcry.Ticks(a.cfg.NetworkWindow))
}

// retire lets go of the ticks whose time is over, and keeps their unflushed
// sums. A clock that went far back retires what lies ahead.
func (a *Abacus) retire() {
	ahead := a.now + 2 + outcry.Ticks(2*a.cfg.Lateness+2*a.cfg.NetworkWindow)
	kept := a.held[:0]
	for _, h := range a.held {
		if h.until > a.now && h.until <= ahead {
			kept = append(kept, h)
			continue
		}
		if delete(h.stream.ticks, h.tick); len(h.stream.ticks) == 0 {
			h.stream.ticks = nil
		}
		if h.dirty {
			a.done = append(a.done, h.flush(a.cfg.Exact))
		}
	}
	clear(a.held[len(kept):])
	a.held = kept
	a.dirty = slices.DeleteFunc(a.dirty, func(h *held) bool { return !h.dirty })
}

// cell finds or opens the signal's cell. Beyond the limit signals fold into
// one cell, so that memory stays bounded when scopes are made up.
func (h *held) cell(s *outcry.Signal, seed maphash.Seed, limit int) *cell {
	key := outcry.CellKey{Symptom: s.Symptom, Scope: s.Scope, Vantage: s.Vantage}
	hash := hashOf(&key, seed)
	c := h.find(&key, hash)
	if c == nil && h.n >= limit {
		key = outcry.CellKey{Symptom: outcry.SymptomOther, Scope: outcry.Scope{Region: outcry.ScopeOther, Carrier: outcry.ScopeOther}}
		hash = hashOf(&key, seed)
		c = h.find(&key, hash)
	}
	if c == nil {
		c = &cell{key: key, next: h.cells[hash]}
		h.cells[hash] = c
		h.n++
	}
	if !c.changed {
		c.changed = true
		h.changed = append(h.changed, c)
	}
	return c
}

func (h *held) find(key *outcry.CellKey, hash uint64) *cell {
	c := h.cells[hash]
	for c != nil && c.key != *key {
		c = c.next
	}
	return c
}

// hashOf is what a map would compute, in a third of the time: most of a key's
// seven strings are empty.
func hashOf(k *outcry.CellKey, seed maphash.Seed) (h uint64) {
	for i, s := range [...]*string{&k.Symptom, &k.Scope.Region, &k.Scope.Carrier, &k.Scope.Platform, &k.Scope.Version, &k.Scope.Segment, &k.Vantage} {
		if *s != "" {
			h = bits.RotateLeft64(h, 7) ^ (maphash.String(seed, *s) + uint64(i))
		}
	}
	return h
}

// mark notes the network and the agent of a signal that was Fresh.
func (h *held) mark(s *outcry.Signal, st *stream) {
	exempt := s.Network == 0 && s.Reporter != 0 // from the caps: a network of their own, and Fresh once anyway
	if exempt || st.voices.first(s.Network, h.tick) {
		h.networks++
	}
	if exempt || st.hourly.first(s.Network, h.tick) {
		h.hourly++
	}
	if s.Agent == 0 || !st.strange(s.Agent) {
		return
	}
	if h.strange == nil {
		h.strange = make(map[uint32]uint32)
	}
	if _, known := h.strange[s.Agent]; !known && len(h.strange) >= maxStrange {
		return
	}
	h.strange[s.Agent]++
	h.most = max(h.most, h.strange[s.Agent])
}

// flush gives the deltas since the last one.
func (h *held) flush(exact int) outcry.Tally {
	t := outcry.Tally{
		Service:  h.stream.key.service,
		Kind:     h.stream.key.kind,
		Tick:     h.tick,
		Counts:   h.total.flush(exact),
		Networks: h.networks - h.told.networks,
		Hourly:   h.hourly - h.told.hourly,
		Strange:  h.most - h.told.strange,
		Cells:    make([]outcry.Cell, 0, len(h.changed)),
	}
	h.told.networks, h.told.hourly, h.told.strange = h.networks, h.hourly, h.most
	for _, c := range h.changed {
		t.Cells = append(t.Cells, outcry.Cell{CellKey: c.key, Counts: c.flush(exact)})
		c.changed = false
	}
	slices.SortFunc(t.Cells, func(x, y outcry.Cell) int { return x.CellKey.Compare(y.CellKey) })
	h.changed, h.dirty = h.changed[:0], false
	return t
}
