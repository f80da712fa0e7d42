package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// A service of whose usual rate nobody has said anything is taken to have a few
// reports an hour. One that has thousands would fail, by that, from its first
// minute. Until its level has been learned, a crowd must therefore be a change
// from what was before it (changed). If it fails all the same it does not learn
// while it fails, and without a way out it would fail for ever (mistaken).
const (
	levelHours  = 1.0                  // of history, from which the level is known
	changedNats = 8.0                  // that a change must show: some thirty windows are tried, so one cold start in a hundred shows it by chance
	coldHours   = 24                   // of history, under which a baseline may be wrong by orders
	coldTicks   = 3 * 6 * segmentTicks // three hours: how long such a fault is believed
	coldSteady  = 1.0 / 3              // of its peak, at the least: it does not die down
)

// levelUnknown reports whether neither history nor anybody has said how much is
// usual.
func (s *service) levelUnknown() bool {
	return s.Reports.Base.AllHours < levelHours && s.Reports.Base.Prior == defaultPrior()
}

// changed reports whether the rate since a tick is for sure another than before,
// of a service whose level nobody knows yet: the ratio of two rates against one,
// each at its best (a conditional test: the level itself drops out).
func (s *service) changed(since outcry.Tick) bool {
	x := s.Reports
	if !s.levelUnknown() {
		return true
	}
	fresh, _, _ := s.gather(since)
	before, length := x.N-fresh, float64(since-s.Born)
	lately := float64(x.Next - since)
	if length <= 0 || fresh/lately <= before/length {
		return false
	}
	want, fell := x.N/(lately+length), length*x.N/(lately+length)-before // per tick by one rate; how many fewer came before
	if before > 0 {
		fell += before * math.Log(before/(length*want))
	}
	return blockGLR(fresh, lately*want, math.Inf(1))+fell >= changedNats
}

// mistaken reports whether a fault that only reports speak of, of a service with
// hardly any history, has gone on for so long at so steady a rate that it is
// rather the usual one.
func (s *service) mistaken(t outcry.Tick) bool {
	c := &s.State
	return c.active() && s.Reports.Base.AllHours < coldHours && t-c.Alarm >= coldTicks &&
		!c.Probed && s.Fixed.value() == 0 && c.Size.Rate >= coldSteady*c.Size.Peak
}

// relearn takes what is being counted for the usual, and begins anew from there.
func (j *Judge) relearn(s *service, t outcry.Tick, l local) {
	x := s.Reports
	for _, g := range x.Wait {
		g.Masked = false
		x.teach(g, l)
		s.Shares.learn(g)
	}
	x.Wait = nil
	x.Seg.Masked = false
	x.start(l)
	j.restore(s, t)
}
