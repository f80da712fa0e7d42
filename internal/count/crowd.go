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
	nets     uses
	wides    uses
	agents   uses
}

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
	net := c.nets.visit(s.Network, now, c.limit)
	ok := net.admitted < c.due(net, cfg.NetworkCap, &usual.Nets)
	var wide *use
	if s.Wide != 0 {
		wide = c.wides.visit(s.Wide, now, c.limit)
		ok = wide.admitted < c.due(wide, cfg.WideCap, &usual.Wides) && ok
	}
	if s.Agent != 0 {
		c.agents.visit(uint64(s.Agent), now, c.limit)
	}
	if !ok {
		return false
	}
	c.admitted++
	net.admitted++
	if wide != nil {
		wide.admitted++
	}
	return true
}

// due is how many of a network may be let in by now: the cap, or twice its
// usual share of what all others have brought.
func (c *crowd) due(u *use, limit int, usual *shares) uint32 {
	if u.admitted < uint32(limit) {
		return uint32(limit)
	}
	others := float64(c.before - u.before)
	return max(uint32(limit), uint32(headroom*usual.share(u.key)*others))
}

// headroom over the usual share: an outage's crowd is not spread quite like
// the ordinary one, and what is usual is known from few.
const headroom = 2

func (c *crowd) reset() {
	c.before, c.admitted, c.asked = 0, 0, 0
	c.nets.reset()
	c.wides.reset()
	c.agents.reset()
}

// uses are the parts that networks, or agents, have in a crowd.
type uses struct {
	index map[uint64]uint32
	list  []use
}

type use struct {
	key      uint64
	tick     outcry.Tick // the one that before refers to
	before   uint32      // admitted by the end of the tick before
	admitted uint32
	asked    uint32
}

// overflow stands for all networks beyond the limit: together they get what
// one gets.
const overflow = 0

// visit finds or opens the entry of a network that sends somebody; it is good
// until the next visit.
func (us *uses) visit(key uint64, now outcry.Tick, limit int) *use {
	i, known := us.index[key]
	if !known && len(us.list) >= limit {
		key = overflow
		i, known = us.index[key]
	}
	if !known {
		if us.index == nil {
			us.index = make(map[uint64]uint32)
		}
		i = uint32(len(us.list))
		us.index[key] = i
		us.list = append(us.list, use{key: key, tick: now})
	}
	u := &us.list[i]
	if u.tick != now {
		u.tick, u.before = now, u.admitted
	}
	u.asked++
	return u
}

// reset empties the list. After a crowd, or when idle, its room is given back.
func (us *uses) reset() {
	if n := len(us.list); n == 0 || n > 64 {
		*us = uses{}
		return
	}
	clear(us.index)
	us.list = us.list[:0]
}
