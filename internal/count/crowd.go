package count

import "github.com/outcry/outcry"

// crowd is who came in the running network window, and how many of them were
// let in.
type crowd struct {
	tick     outcry.Tick // the one that before refers to
	before   uint32      // let in by the end of the tick before
	admitted uint32
	asked    uint32 // people with a network who were not repeating themselves
	limit    int    // networks told apart
	nets     map[uint64]use
	wides    map[uint64]use
	agents   map[uint64]use
}

// use is one network's part in a crowd.
type use struct {
	tick     outcry.Tick
	before   uint32 // admitted by the end of the tick before
	admitted uint32
	asked    uint32
}

// overflow stands for all networks beyond the limit: together they get what
// one gets.
const overflow = 0

// admit lets a person in, unless their network has had its due. The due
// follows from the ticks before, so that the order within a tick is nothing.
func (c *crowd) admit(s *outcry.Signal, now outcry.Tick, usual *habits, cfg *Config) bool {
	if now != c.tick {
		c.tick, c.before = now, c.admitted
	}
	if s.Network == 0 {
		c.admitted++
		return true
	}
	c.asked++
	net := visit(&c.nets, s.Network, now, c.limit)
	ok := net.u.admitted < c.due(net, cfg.NetworkCap, &usual.Nets)
	wide := visitor{}
	if s.Wide != 0 {
		wide = visit(&c.wides, s.Wide, now, c.limit)
		ok = ok && wide.u.admitted < c.due(wide, cfg.WideCap, &usual.Wides)
	}
	if ok {
		c.admitted++
		net.u.admitted++
		wide.u.admitted++
	}
	c.nets[net.key] = net.u
	if s.Wide != 0 {
		c.wides[wide.key] = wide.u
	}
	if s.Agent != 0 {
		agent := visit(&c.agents, uint64(s.Agent), now, c.limit)
		c.agents[agent.key] = agent.u
	}
	return ok
}

// visitor is an entry taken out to be changed and put back.
type visitor struct {
	key uint64
	u   use
}

func visit(m *map[uint64]use, key uint64, now outcry.Tick, limit int) visitor {
	if *m == nil {
		*m = make(map[uint64]use)
	}
	u, known := (*m)[key]
	if !known && len(*m) >= limit {
		key = overflow
		u = (*m)[key]
	}
	if u.tick != now {
		u.tick, u.before = now, u.admitted
	}
	u.asked++
	return visitor{key, u}
}

// due is how many of a network may be let in by now: the cap, or twice its
// usual share of what all others have brought.
func (c *crowd) due(v visitor, limit int, usual *shares) uint32 {
	if v.u.admitted < uint32(limit) {
		return uint32(limit)
	}
	others := float64(c.before - v.u.before)
	return max(uint32(limit), uint32(headroom*usual.share(v.key)*others))
}

// headroom over the usual share: an outage's crowd is not spread quite like
// the ordinary one, and what is usual is known from few.
const headroom = 2

func (c *crowd) reset() {
	c.before, c.admitted, c.asked = 0, 0, 0
	for _, m := range []*map[uint64]use{&c.nets, &c.wides, &c.agents} {
		if len(*m) > 64 { // a map keeps the room of its peak
			*m = nil
		}
		clear(*m)
	}
}
