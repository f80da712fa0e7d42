package detect

import (
	"math"

	"github.com/outcry/outcry"
)

const (
	levelTicks = 180.0    // over which Level is averaged
	smallPeak  = 5.0      // reports a minute: of a smaller fault a tenth is a handful in ten minutes
	fallEvery  = 6 * 360  // ticks of a fault that goes on for each time that chance makes it seem to recover
	fallPace   = 1.0 / 36 // a tick, from one of the steps in which a crowd dies down to the next
	raised     = 1.5      // of the usual: a level under it has nothing to fall from
	relapse    = 4.0      // nats for its level against what was left of it: it is back
	leftShare  = 0.3      // of the excess, when it seems to recover
)

// fallShares are what is left of a fault's excess, step by step, as it dies
// down. A crowd does not stop at once: people report what was.
func fallShares() [3]float64 { return [3]float64{0.6, 0.3, 0.1} }

// follow counts what a tick brings for and against the fault's going on. While
// it fails, that is a Shiryaev–Roberts sum over all ticks at which it may have
// begun to fall, through the steps of fallShares, each of which may be left at
// any tick: the ratio of what came to what its level would bring. Of a fault
// that keeps its level the sum less the ticks has no drift, so that it comes to
// fallEvery at most once in so many. A window's count has no such bound: where
// few report, it falls under twice the usual by chance several times an hour.
func (c *condition) follow(x float64) {
	u := max(c.Size.Usual, 1e-6)
	if c.Level == 0 {
		c.Level = c.Size.Rate
	}
	level := max(c.Level, u)
	if c.Is != outcry.CondFailing {
		left := u + leftShare*(level-u)
		c.Return = max(c.Return+x*math.Log(level/left)-(level-left)/6, 0)
		return
	}
	enter := 0.0
	for i, share := range fallShares() {
		left := u + share*(level-u)
		stay := 1 - fallPace
		if i == len(c.Falling)-1 {
			stay = 1
		}
		now := c.Falling[i]
		sum := stay*now + fallPace*enter + 1/float64(len(c.Falling))
		c.Falling[i] = min(sum*math.Exp((level-left)/6-x*math.Log(level/left)), fallEvery) // nor does it hoard
		enter = now
	}
	c.Level += (6*x - c.Level) / levelTicks
}

// countable reports whether the reports are so many that a tenth of their peak
// can be told from chance, and from what is usual, within minutes.
func (c *condition) countable() bool {
	return c.Size.Peak >= smallPeak && c.Size.Peak/10 >= 2*c.Size.Usual+0.2
}

// fallen reports whether the crowd has died down: it is low, and for sure. Where
// checks failed and pass again, or where reports are not up, low is enough.
func (c *condition) fallen(low bool) bool {
	if low && c.Probed || c.countable() || c.Level < raised*c.Size.Usual {
		return low
	}
	return c.died() && (low || c.Size.Peak < smallPeak)
}

// died reports whether reports alone say, for sure, that the crowd dies down.
func (c *condition) died() bool {
	sum := 0.0
	for _, r := range c.Falling {
		sum += r
	}
	return sum >= fallEvery && c.Level >= raised*c.Size.Usual
}

// relapsed reports whether a fault that seemed to recover has not: the rate is
// up again.
func (c *condition) relapsed() bool {
	z := c.Size
	if c.countable() || c.Level < raised*z.Usual {
		return z.Rate > max(z.Peak/5, 4*z.Usual+0.5)
	}
	return c.Return >= relapse
}
