package trend

import (
	"math"
	"time"
)

// decayed is a count that loses half of itself in every half-life. Its zero
// value is empty.
type decayed struct {
	sum float64
	at  float64 // seconds; when sum was right
}

// rateOf is the decay of a half-life, per second.
func rateOf(halfLife time.Duration) float64 { return math.Ln2 / halfLife.Seconds() }

// add counts n at an instant; one that is before the last counts as then.
func (d *decayed) add(n, at, decay float64) {
	d.sum = d.value(at, decay) + n
	d.at = max(d.at, at)
}

// value is the count at an instant.
func (d *decayed) value(at, decay float64) float64 {
	if at <= d.at {
		return d.sum
	}
	return d.sum * math.Exp(-decay*(at-d.at))
}

// term is one thing that people write.
type term struct {
	text  string
	fast  decayed
	slow  decayed
	error float64 // of fast: what the place held before, at most; decays with it
	since float64 // seconds; since when it has been trending, 0 when it is not
	last  float64 // seconds; of the last post
	known bool    // counted exactly, never displaced
	place int     // in the heap of places; unused when known
	order float64 // of the heap: the logarithm of fast as of the epoch, which no time changes
}
