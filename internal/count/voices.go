package count

import (
	"time"

	"github.com/outcry/outcry"
)

// voices are the networks that were heard, by window of the signals' own time: a
// signal that is on time may still belong to the window before.
type voices struct {
	span    time.Duration // of a window
	limit   int           // networks told apart in a window; those beyond are not counted
	windows map[int64]*distinct
}

// of numbers the window of a tick.
func (v *voices) of(t outcry.Tick) int64 { return int64(t / outcry.Ticks(v.span)) }

// first reports whether the network is heard for the first time in the window
// of a tick, and remembers it. 0 is nobody's.
func (v *voices) first(network uint64, t outcry.Tick) bool {
	if network == 0 {
		return false
	}
	window := v.of(t)
	d := v.windows[window]
	if d == nil {
		if v.windows == nil {
			v.windows = make(map[int64]*distinct)
		}
		d = new(distinct)
		v.windows[window] = d
	}
	return int(d.n) < v.limit && d.insert(network)
}

// forget keeps only the windows of the ticks from ≤ t ≤ to, in which something
// may still be on time.
func (v *voices) forget(from, to outcry.Tick) {
	for w := range v.windows {
		if w < v.of(from) || w > v.of(to) {
			delete(v.windows, w)
		}
	}
	if len(v.windows) == 0 {
		v.windows = nil
	}
}
