package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// heal looks for the end: recovering when checks are green and reports are
// under a tenth of their peak, or have fallen for sure where a tenth cannot be
// told from chance; normal when a reversed CUSUM says that the rate is the usual
// one and not that of a lesser outage.
func (j *Judge) heal(s *service, t outcry.Tick, view []vantageView) {
	c := &s.State
	green := s.green(t, view)
	z := c.Size
	low := z.Rate <= max(z.Peak/10, 2*z.Usual+0.2)
	x := s.freshAt(t)
	c.follow(x)
	switch {
	case c.Is == outcry.CondFailing && green && c.fallen(low) && t > c.Alarm+greenTicks && (c.died() || s.passed()) && !s.tellsOn(t):
		c.Is, c.Since, c.Low, c.Return = outcry.CondRecovering, t, 0, 0
	case c.Is == outcry.CondRecovering && (!green || c.relapsed()):
		c.Is, c.Falling = outcry.CondFailing, [len(c.Falling)]float64{}
	}
	outage := z.Usual + max(0.5*z.Usual, min(0.15*z.Peak, 2*z.Usual+0.5))
	c.Low += (outage-z.Usual)/6 - x*math.Log(outage/max(z.Usual, 1e-6))
	if c.Probed {
		c.Low += passNats * s.passesAt(t)
	}
	c.Low = max(c.Low, 0)
	if !green || c.Is == outcry.CondFailing {
		c.Low = 0 // that it ends is asked once it seems to: a lull in a fault is no end
	}
	if c.Low >= endNats && (green && low && c.usual() || c.Is == outcry.CondSuspicious) {
		j.restore(s, t)
	}
}

// usual reports whether about as many report as ever do. Passes alone make
// nothing well that people still complain of: what is left of the crowd would
// raise the alarm anew.
func (c *condition) usual() bool {
	return c.Size.Rate <= usualTimes*c.Size.Usual+0.5
}

func (s *service) freshAt(t outcry.Tick) float64 {
	if n := len(s.History); n > 0 && s.History[n-1].Tick == t {
		return s.History[n-1].Fresh
	}
	return 0
}

// passesAt is how many checks passed in a tick.
func (s *service) passesAt(t outcry.Tick) (n float64) {
	for i := len(s.Runs) - 1; i >= 0 && s.Runs[i].Tick == t; i-- {
		n += s.Runs[i].Runs - s.Runs[i].Fails
	}
	return n
}

// green reports whether no vantage that can be believed has failed lately, and
// those that took part have passed since, no alert fires, and metrics that took
// part have come down. Posts have no say: what is posted after the notice may be
// of the notice. Nor has a vendor, who may forget to take back an admission.
func (s *service) green(t outcry.Tick, view []vantageView) bool {
	if s.Fixed.Alerts > 0 || s.metersHigh(t) {
		return false
	}
	red, took := 0, s.State.Probed && (s.State.Is != outcry.CondRecovering || !s.passed())
	for i := range s.Vantages {
		v := &s.Vantages[i]
		if i < len(view) && view[i].limit == 0 {
			continue
		}
		lately := took && v.LastBad > 0 && t-v.LastBad < greenTicks && v.LastBad >= v.LastGood
		if again := v.LastBad > v.BadSince || took; v.failing(t) && again || lately {
			red++ // one failure of checks that took no part, or have long passed again, is chance
		}
	}
	return red < max(s.quorum, 1)
}

const (
	luck = 1e-4 // the chance at which checks that fail now and then may all have passed though nothing has changed
	well = 0.01 // the share of failures at which checks are well: one, long after the end, is no relapse
)

// passed reports whether checks that took part have passed for so long that it
// is no luck: where a third of them fail, a few passes are nothing. It is a CUSUM
// of what their share of failures makes of each run against that of checks that
// are well. Vantages that never failed have no say. It is asked where people do
// not tell: where one in twenty fails, an hour of passes may be needed, and a
// crowd goes home in minutes.
func (s *service) passed() bool {
	from := outcry.TickOf(s.State.Onset.At)
	if !s.State.Probed || s.State.Onset.At.IsZero() {
		return true
	}
	fails, runs, since := 0.0, 0.0, 0.0
	s.tookPart(from, func(r *run) {
		runs, since = runs+r.Runs, since+r.Runs-r.Fails
		if r.Fails > 0 {
			fails, since = fails+r.Fails, 0
		}
	})
	share := fails / max(runs-since, fails, 1)
	if share <= 2*well {
		return true
	}
	sum, enough := 0.0, -math.Log(luck)
	pass, fail := -math.Log(max(1-share, luck)), math.Log(share/well)
	s.tookPart(from, func(r *run) {
		sum = min(max(sum+(r.Runs-r.Fails)*pass-r.Fails*fail, 0), 2*enough) // nor does it hoard
	})
	return sum >= enough
}

// tookPart gives the runs since a tick at vantages that have failed since.
func (s *service) tookPart(from outcry.Tick, do func(*run)) {
	for i := range s.Runs {
		r := &s.Runs[i]
		if v := &s.Vantages[r.Vantage]; r.Tick >= from && v.LastBad >= from && !v.Cut {
			do(r)
		}
	}
}
