package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// condition is where a service is between well and failing, and what is known
// of its present fault.
type condition struct {
	Is        outcry.Condition
	Tier      outcry.Tier
	Alarm     outcry.Tick // when it crossed the tier
	Onset     outcry.Onset
	OnsetTick outcry.Tick
	OnsetE    float64     // the stream's expectation up to then
	NextOnset outcry.Tick // when to estimate the onset again
	Confirmed bool
	Nats      float64
	Evidence  []outcry.Evidence
	Affected  outcry.Affected
	Size      outcry.Size
	Theta     float64 // rate over the usual, at its best window
	Probed    bool    // its checks took part
	Low       float64 // the reversed CUSUM: nats that speak for the end
	Since     outcry.Tick
	Own       bool
	Cause     string
	Carrier   string
}

func (c *condition) quiet() bool { return c.Is == outcry.CondNormal || c.Is == outcry.CondUnknown }

const (
	leastNetworks = 5    // a crowd has at least so many …
	leastSpread   = 0.4  // … and at least so many for each of its reports
	corroborated  = 5.0  // nats of other evidence that make these questions idle
	strangeLimit  = 0.5  // of the fresh reports since onset
	loneReports   = 60.0 // nats at which reports alone are extreme …
	loneNetworks  = 60   // … and from how many networks they are diverse
	rateTicks     = 18   // three minutes: the window of Size.Rate
	slowRateTicks = 60   // ten, where three would hold only a few
	greenTicks    = 12   // two minutes without a failed check are green
	endNats       = 2.5  // of the reversed CUSUM
)

// gather sums a history since a tick.
func (s *service) gather(since outcry.Tick) (fresh, networks, strange float64) {
	for i := len(s.History) - 1; i >= 0 && s.History[i].Tick >= since; i-- {
		h := &s.History[i]
		fresh, networks, strange = fresh+h.Fresh, networks+h.Networks, strange+h.Strange
	}
	return fresh, networks, strange
}

// crowd judges those who report: whether they come from too few networks for a
// crowd, and whether most have an agent that the service's people hardly use.
func (s *service) crowd(since outcry.Tick) (few, strange bool) {
	fresh, networks, odd := s.gather(since)
	return networks < max(leastNetworks, leastSpread*fresh), odd > strangeLimit*fresh
}

// raise decides what a belief over the threshold is, since a tick.
func (j *Judge) raise(s *service, t outcry.Tick, b belief, since outcry.Tick) {
	c := &s.State
	is := outcry.CondFailing
	if b.Parts.others() < corroborated {
		few, strange := s.crowd(since)
		if few {
			return
		}
		if strange {
			is = outcry.CondSuspicious
		}
	}
	if c.Is == outcry.CondSuspicious && is == outcry.CondSuspicious {
		return
	}
	onset := c.OnsetTick
	if !c.active() {
		*c = condition{Own: true}
		onset = since
	}
	c.Is, c.Alarm, c.OnsetTick = is, t, onset
	c.Onset = outcry.Onset{At: onset.Start(), From: onset.Start(), To: onset.End()}
	c.NextOnset = t
	c.OnsetE = s.Reports.E - s.Reports.Rate*float64(t+1-onset)
	s.Reports.Quiet, s.Posts.Quiet = false, false
	s.mask(onset)
}

// active reports whether a fault, or what looks like one, is under way.
func (c *condition) active() bool {
	return c.Is == outcry.CondFailing || c.Is == outcry.CondRecovering || c.Is == outcry.CondSuspicious
}

// mask keeps what was counted since a tick from teaching the baseline.
func (s *service) mask(since outcry.Tick) {
	for _, x := range []*stream{s.Reports, s.Posts} {
		x.Seg.Masked = true
		for i := range x.Wait {
			if x.Wait[i].Start+segmentTicks > since-segmentTicks {
				x.Wait[i].Masked = true
			}
		}
	}
}

// follow keeps a fault that is under way up to date.
func (j *Judge) follow(s *service, t outcry.Tick, b belief, view []vantageView) {
	c := &s.State
	if b.Best >= 0 {
		c.Nats = max(b.Nats, 0)
		c.Theta = b.Win.C / max(b.Win.B, 1e-9)
		c.Evidence = s.ledger(b, s.networksSince(c.OnsetTick))
		c.Probed = c.Probed || b.Parts.Probes > 5
		c.Confirmed = c.Confirmed || s.confirmed(b, c.OnsetTick)
	}
	if t >= c.NextOnset && c.Is != outcry.CondRecovering {
		s.estimateOnset(t)
		c.NextOnset = t + max(3, (t-c.Alarm)/3)
	}
	if t-c.Alarm <= outcry.Ticks(scopeUntil) || c.Is == outcry.CondFailing {
		c.Affected = s.locate(c.OnsetTick)
	}
	s.measure(t)
	j.heal(s, t, view)
}

func (s *service) networksSince(t outcry.Tick) float64 {
	_, n, _ := s.gather(t)
	return n
}

// confirmed asks for two kinds of evidence, or for one that is extreme and
// diverse. Reports alone can come from a wide and slow brigade: while checks
// exist that could confirm them and do not, they stay unconfirmed.
func (s *service) confirmed(b belief, onset outcry.Tick) bool {
	kinds := 0
	for _, enough := range []bool{b.Parts.Reports > 5, b.Parts.Probes > 5, b.Parts.Posts > 8, b.Parts.Fixed >= bulletinNats} {
		if enough {
			kinds++
		}
	}
	switch {
	case kinds >= 2 && (b.Parts.Probes > 5 || b.Parts.Fixed >= bulletinNats):
		return true
	case b.Parts.Failing >= 2 && b.Parts.Probes >= 15:
		return true
	case len(s.Vantages) == 0 && b.Parts.Reports > loneReports:
		return s.networksSince(onset) >= loneNetworks
	}
	return false
}

// measure brings the size up to date.
func (s *service) measure(t outcry.Tick) {
	c := &s.State
	fresh, _, _ := s.gather(c.OnsetTick)
	usual := s.Reports.Rate * 6 * s.Reports.Filter.mean()
	span := outcry.Tick(rateTicks)
	if c.Size.Peak < 5 {
		span = slowRateTicks
	}
	lately, _, _ := s.gather(max(t-span+1, c.OnsetTick))
	minutes := float64(min(span, max(t-c.OnsetTick+1, 6))) / 6
	c.Size = outcry.Size{
		Reporters: fresh,
		Expected:  (s.Reports.E - c.OnsetE) * s.Reports.Filter.mean(),
		Rate:      lately / minutes,
		Usual:     usual,
		Peak:      max(c.Size.Peak, lately/minutes),
	}
}

// heal looks for the end: recovering when checks are green and reports are
// under a tenth of their peak, normal when a reversed CUSUM says that the rate
// is the usual one and not that of a lesser outage.
func (j *Judge) heal(s *service, t outcry.Tick, view []vantageView) {
	c := &s.State
	green := s.green(t, view)
	z := c.Size
	low := z.Rate <= max(z.Peak/10, 2*z.Usual+0.2)
	switch {
	case c.Is == outcry.CondFailing && green && low && t > c.Alarm+greenTicks:
		c.Is, c.Since = outcry.CondRecovering, t
	case c.Is == outcry.CondRecovering && (!green || z.Rate > max(z.Peak/5, 4*z.Usual+0.5)):
		c.Is = outcry.CondFailing
	}
	outage := z.Usual + max(0.5*z.Usual, min(0.15*z.Peak, 2*z.Usual+0.5))
	x := s.freshAt(t)
	c.Low += (outage-z.Usual)/6 - x*math.Log(outage/max(z.Usual, 1e-6))
	c.Low = max(c.Low, 0)
	if !green {
		c.Low = 0
	}
	if c.Low >= endNats && green && low && c.Is != outcry.CondFailing || c.Is == outcry.CondSuspicious && c.Low >= endNats {
		j.restore(s, t)
	}
}

func (s *service) freshAt(t outcry.Tick) float64 {
	if n := len(s.History); n > 0 && s.History[n-1].Tick == t {
		return s.History[n-1].Fresh
	}
	return 0
}

// green reports whether no vantage that can be believed has failed lately, and
// those that took part have passed since.
func (s *service) green(t outcry.Tick, view []vantageView) bool {
	if s.Fixed.Alerts > 0 {
		return false
	}
	for i := range s.Vantages {
		v := &s.Vantages[i]
		if view[i].limit == 0 {
			continue
		}
		if v.failing(t) || (s.State.Probed && v.LastBad > 0 && t-v.LastBad < greenTicks && v.LastBad >= v.LastGood) {
			return false
		}
	}
	return true
}

// restore ends a fault: every statistic starts anew from here.
func (j *Judge) restore(s *service, t outcry.Tick) {
	s.State = condition{Is: outcry.CondNormal, Since: t, Own: true}
	s.Marks = nil
	for _, x := range s.Subs {
		x.Marks = nil
	}
	for _, x := range []*stream{s.Reports, s.Posts} {
		x.Filter = x.Noise.unknown()
		x.Quiet = true
	}
}
