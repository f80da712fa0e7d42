package outcry

import "time"

// TickLength is the resolution of the whole product: signals are counted, and
// services judged, once in this time.
const TickLength = 10 * time.Second

// Tick numbers the ten-second intervals since the Unix epoch.
type Tick int64

// TickOf gives the tick that t falls into.
func TickOf(t time.Time) Tick {
	ms := t.UnixMilli()
	if ms < 0 { // integer division rounds towards zero; ticks round down
		ms -= TickLength.Milliseconds() - 1
	}
	return Tick(ms / TickLength.Milliseconds())
}

// Start is the first instant of the tick, in UTC.
func (t Tick) Start() time.Time {
	return time.UnixMilli(int64(t) * TickLength.Milliseconds()).UTC()
}

// End is the first instant after the tick, in UTC.
func (t Tick) End() time.Time { return (t + 1).Start() }

// Ticks is how many whole ticks d lasts.
func Ticks(d time.Duration) Tick { return Tick(d / TickLength) }
