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
	OnsetE    float64     // the stream's expectation up to then …
	OnsetN    float64     // … and what it had brought
	NextScope outcry.Tick // when to look again where it reaches
	NextOnset outcry.Tick // when to estimate the onset again
	Confirmed bool
	Nats      float64
	Evidence  []outcry.Evidence
	Affected  outcry.Affected
	Size      outcry.Size
	Theta     float64    // rate over the usual, at its best window
	Probed    bool       // its checks took part
	Metered   bool       // and its metrics
	Low       float64    // the reversed CUSUM: nats that speak for the end
	Level     float64    // the fault's rate over the last half hour, a minute
	Falling   [3]float64 // for a fall from it, by how far it has gone: see follow
	Return    float64    // a CUSUM of its being back
	Since     outcry.Tick
	Own       bool
	Cause     string
	LentPeak  float64 // the peak while a giant raised it
	Carrier   string
}

func (c *condition) quiet() bool { return c.Is == outcry.CondNormal || c.Is == outcry.CondUnknown }

const (
	leastNetworks = 5    // a crowd has at least so many …
	leastSpread   = 0.5  // … and at least so many for each of its reports
	corroborated  = 5.0  // nats of other evidence that make these questions idle
	strangeLimit  = 0.5  // of the fresh reports since onset
	loneReports   = 60.0 // nats at which reports alone are extreme …
	loneNetworks  = 60   // … and from how many networks they are diverse
	rateTicks     = 18   // three minutes: the window of Size.Rate
	slowRateTicks = 60   // ten, where three would hold only a few
	greenTicks    = 12   // two minutes without a failed check are green
	endNats       = 2.5  // of the reversed CUSUM
	usualTimes    = 3.0  // the rate at which people may still report when all is said to be well
	passNats      = 0.1  // of it, for each check that passes where checks had failed
)

// gather sums a history since a tick. A network counts anew in every
// [outcry.NetworkWindow].
func (s *service) gather(since outcry.Tick) (fresh, networks, strange float64) {
	for i := len(s.History) - 1; i >= 0 && s.History[i].Tick >= since; i-- {
		h := &s.History[i]
		fresh, networks, strange = fresh+h.Fresh, networks+h.Networks, strange+h.Strange
	}
	return fresh, networks, strange
}

// crowd judges those who are more than usual: whether they come from too few
// networks for a crowd, and whether most have an agent that the service's people
// hardly use. Excess is how many they are in the part that raised the alarm;
// there may be more of them in the service.
func (s *service) crowd(since outcry.Tick, excess float64) (few, strange bool) {
	fresh, _, odd := s.gather(since)
	all := fresh - float64(s.Reports.Next-since)*s.Reports.Rate*s.Reports.Filter.mean()
	few = s.few(since, min(excess, fresh)) && s.few(since, all)
	return few || s.networksSince(since) < leastNetworks, odd > strangeLimit*max(min(excess, fresh), 1)
}

// few reports whether an excess has too few networks for a crowd. The usual
// people, with the networks that they usually bring and as many more of them as
// chance may bring, do not speak for it.
func (s *service) few(since outcry.Tick, excess float64) bool {
	fresh, networks, _ := s.gather(since)
	if excess <= 0 {
		return true
	}
	usual := s.Voices.ratio() * max(fresh-excess, 0)
	chance := 2 * math.Sqrt(usual)
	return networks-usual-chance < leastSpread*max(excess-chance, 1)
}

// voices is how many networks the service's people usually come from, and how
// many they are, decayed.
type voices struct{ Networks, People float64 }

const (
	voicesForget = 0.999 // for each person
	voicesPrior  = 20    // people, each from a network of their own
)

func (v *voices) learn(networks, people float64) {
	fade := math.Pow(voicesForget, people)
	v.Networks, v.People = v.Networks*fade+networks, v.People*fade+people
}

func (v *voices) ratio() float64 { return (v.Networks + voicesPrior) / (v.People + voicesPrior) }

// raise decides what a belief over the threshold is, since a tick.
func (j *Judge) raise(s *service, t outcry.Tick, b belief, since outcry.Tick, excess float64) {
	c := &s.State
	is := outcry.CondFailing
	if b.Parts.hard() < corroborated {
		few, strange := s.crowd(since, excess)
		if few || !s.changed(since) {
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
	fresh, _, _ := s.gather(onset)
	c.OnsetN = s.Reports.N - fresh
	for _, x := range s.counted() {
		x.Quiet = false
	}
	s.Posts.Told = s.Posts.mark()
	s.Trend.excuse(onset)
	s.mask(onset)
}

// active reports whether a fault, or what looks like one, is under way.
func (c *condition) active() bool {
	return c.Is == outcry.CondFailing || c.Is == outcry.CondRecovering || c.Is == outcry.CondSuspicious
}

// counted are the service's count streams.
func (s *service) counted() []*stream {
	out := []*stream{s.Reports, s.Posts.Complaints}
	for i := range s.Meters {
		out = append(out, s.Meters[i].Errors)
	}
	return out
}

// mask keeps what was counted since a tick from teaching the baseline.
func (s *service) mask(since outcry.Tick) {
	for i := range s.Meters {
		s.Meters[i].mask(since)
	}
	for _, x := range s.counted() {
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
		c.Evidence = s.ledger(b, s.networksSince(s.Marks[b.Best].Mark.Tick))
		if b.Parts.probed() {
			c.Probed, s.Proven = true, t
		}
		c.Metered = c.Metered || b.Parts.metered()
		c.Confirmed = c.Confirmed || s.confirmed(b, c.OnsetTick)
	}
	if t >= c.NextOnset && c.Is != outcry.CondRecovering {
		s.estimateOnset(t)
		if c.NextOnset = t + max(3, (t-c.Alarm)/3); t > c.OnsetTick+onsetSpan {
			c.NextOnset = math.MaxInt64 // it has seen all that it looks at, and the history will be forgotten
		}
	}
	if t >= c.NextScope && (t-c.Alarm <= outcry.Ticks(scopeUntil) || c.Is == outcry.CondFailing) {
		since := max(c.OnsetTick, t-scopeBack)
		c.Affected = s.locate(since)
		if b.Best >= 0 && b.Parts.Reports < fewReports && !confined(c.Affected) {
			s.seenFrom(&c.Affected, since, t)
		}
		c.NextScope = t + 1 + min((t-c.Alarm)/scopePace, scopeMost)
	}
	s.measure(t)
	j.heal(s, t, view)
}

// networksSince is how many different networks there were at least since t: the
// most of one window of ten minutes, or of one hour, because the next one counts
// them all again.
func (s *service) networksSince(t outcry.Tick) float64 {
	ten := s.mostIn(outcry.Ticks(outcry.NetworkWindow), t, func(a *arrival) float64 { return a.Networks })
	return max(ten, s.mostIn(outcry.Ticks(outcry.HourWindow), t, func(a *arrival) float64 { return a.Hourly }))
}

// mostIn is the largest sum over one window of the clock since t.
func (s *service) mostIn(ticks, t outcry.Tick, of func(*arrival) float64) (most float64) {
	window, sum := outcry.Tick(-1), 0.0
	for i := len(s.History) - 1; i >= 0 && s.History[i].Tick >= t; i-- {
		if w := s.History[i].Tick / ticks; w != window {
			window, sum = w, 0
		}
		sum += of(&s.History[i])
		most = max(most, sum)
	}
	return most
}

// confirmed asks for two kinds of evidence, or for one that is extreme and
// diverse. Reports alone can come from a wide and slow brigade: while checks
// exist that could confirm them and do not, they stay unconfirmed.
func (s *service) confirmed(b belief, onset outcry.Tick) bool {
	kinds := 0
	for _, enough := range []bool{b.Parts.Reports > 5, b.Parts.probed(), b.Parts.Posts >= talkCap, b.Parts.Fixed >= bulletinNats, b.Parts.metered()} {
		if enough {
			kinds++
		}
	}
	switch {
	case kinds >= 2 && (b.Parts.probed() || b.Parts.Fixed >= bulletinNats || b.Parts.metered()):
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
	usual := s.Reports.Rate * 6 * s.Reports.Filter.mean()
	span := outcry.Tick(rateTicks)
	if c.Size.Peak < 5 {
		span = slowRateTicks
	}
	lately, _, _ := s.gather(max(t-span+1, c.OnsetTick))
	minutes := float64(min(span, max(t-c.OnsetTick+1, 6))) / 6
	c.Size = outcry.Size{
		Reporters: s.Reports.N - c.OnsetN,
		Expected:  (s.Reports.E - c.OnsetE) * s.Reports.Filter.mean(),
		Rate:      lately / minutes,
		Usual:     usual,
		Peak:      max(c.Size.Peak, lately/minutes),
	}
}

// restore ends a fault: every statistic starts anew from here.
func (j *Judge) restore(s *service, t outcry.Tick) {
	s.State = condition{Is: outcry.CondNormal, Since: t, Own: true}
	s.Marks = nil
	for _, x := range s.Subs {
		x.Marks = nil
	}
	for _, x := range s.counted() {
		x.Filter = x.Noise.unknown()
		x.Quiet = true
	}
}
