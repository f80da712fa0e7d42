package count

import (
	"time"

	"github.com/outcry/outcry"
)

// recent remembers when each number was last seen, for one window. What it
// answers depends on the window's messages only: each sighting renews it.
type recent struct {
	last map[uint64]uint32 // tick of storing
	ttl  outcry.Tick
	max  int
	peak int // entries that the map has had room for
}

func newRecent(window time.Duration, limit int) recent {
	return recent{ttl: outcry.Ticks(window), max: limit}
}

// seen reports whether the number was seen within the window, and remembers
// this sighting. When the memory is full, newcomers are not remembered.
func (r *recent) seen(v uint64, now outcry.Tick) bool {
	if r.last == nil {
		r.last = make(map[uint64]uint32)
	}
	last, known := r.last[v]
	if !known && len(r.last) >= r.max {
		return false
	}
	r.last[v] = uint32(now)
	return known && r.within(last, now)
}

// within holds in both directions of time: a clock that was set back must not
// make everybody new, nor one that was ahead keep them for ever.
func (r *recent) within(last uint32, now outcry.Tick) bool {
	age := now - outcry.Tick(last)
	return age < r.ttl && age > -r.ttl
}

// sweep forgets what is out of the window, and gives room back after a crowd.
func (r *recent) sweep(now outcry.Tick) {
	r.peak = max(r.peak, len(r.last))
	for v, last := range r.last {
		if !r.within(last, now) {
			delete(r.last, v)
		}
	}
	if len(r.last) == 0 {
		r.last, r.peak = nil, 0
		return
	}
	if r.peak < 64 || len(r.last)*4 > r.peak {
		return
	}
	small := make(map[uint64]uint32, len(r.last))
	for v, last := range r.last {
		small[v] = last
	}
	r.last, r.peak = small, len(small)
}
