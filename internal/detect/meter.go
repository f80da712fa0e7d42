package detect

import (
	"math"

	"github.com/outcry/outcry"
)

// meter is what one metric of the operator's says of a service: errors counted
// by machines, each count over the time since the one before it.
//
// Machines do not fall silent because all is well. Ticks count as covered only
// when a reading closes them; a stretch longer than meterSpan without one is
// nobody's, and so is the count that ends it.
//
// One broken client repeats its request a thousand times, so that errors are not
// independent as people are. Burst is the dispersion index of the readings
// within ten minutes (their variance over their mean, of quiet hours only), and
// counts are divided by it before they are evidence: a quasi-likelihood
// (McCullagh & Nelder 1989, 9.2).
type meter struct {
	Name    string
	Errors  *stream
	Heard   bool // a reading has come: from there on is covered
	Known   bool // its size is known, from a first day; before, nothing is learned
	First   struct{ N, Ticks float64 }
	Chi2    float64
	Freedom float64
	Lately  float64      // errors a tick, over some two minutes
	Seg     dispersion   // the ten minutes that are filling
	Wait    []dispersion // those that wait to teach
}

// dispersion gathers the readings of ten minutes: Σn, Σd, and Σn²/d, for counts
// n over d ticks, from which Pearson's χ² follows.
type dispersion struct {
	Start            outcry.Tick
	N, Ticks, Square float64
	Readings         int
	Masked           bool
}

const (
	meterCap     = 8.0  // nats at most, less what alerts say: those are rules on the same metric
	meterSpan    = 18   // ticks, three minutes, that one reading may stand for
	meterLeast   = 10   // errors without which nothing is said
	meterFirst   = 8640 // ticks, a day, that tell a metric's size: it may be one an hour or a million
	meterHistory = 24   // hours of readings after them before which a metric is no evidence
	// Of thousands of errors an hour the baseline takes itself to be known to
	// two per cent. Its shape, in one-hour steps of an ordinary week, is not:
	// relative variance, at least.
	meterSpread = 0.09
	maxMeters   = 8    // of one service
	meterHigh   = 3.0  // times the usual: of a metric that took part in a fault, too many for its end …
	meterHolds  = 2160 // … for six hours from its beginning: then that is how the metric is now
	burstPrior  = 4.0  // the dispersion index of a metric that nobody knows …
	burstWeight = 120  // … as if so many readings had shown it
	burstTail   = 1.5  // bursts have heavier tails than the Gamma that stands for them
	burstFade   = 0.999
)

// chi2 is Pearson's statistic against one even rate, and its degrees of freedom.
func (d *dispersion) chi2() (x, freedom float64) {
	if d.Masked || d.Readings < 2 || d.N < meterLeast {
		return 0, 0
	}
	rate := d.N / d.Ticks
	return d.Square/rate - d.N, float64(d.Readings - 1)
}

// skip passes over ticks before t that no reading covers.
func (m *meter) skip(t outcry.Tick, l local) {
	if !m.Known {
		m.Errors.Next = max(m.Errors.Next, t)
		return
	}
	m.Errors.advance(m.Errors.Next, l)
	m.Errors.skip(t, l)
}

// take counts a reading of n errors at tick t. One that could not tell begins a
// stretch anew.
func (m *meter) take(t outcry.Tick, c *outcry.Counts, l local) {
	if t < m.Errors.Next {
		return
	}
	if !m.Heard || c.Unknown > 0 || c.Total == 0 || t-m.Errors.Next >= meterSpan {
		m.Heard = true
		m.skip(t+1, l)
		return
	}
	n, d := float64(c.Fresh), float64(t+1-m.Errors.Next)
	if !m.Known {
		m.size(t, n, d)
		return
	}
	m.Errors.advance(t, l)
	m.Errors.take(n, nil, nil, l)
	m.Lately += (n/d - m.Lately) * -math.Expm1(-d/greenTicks)
	m.scatter(t, n, d)
}

// size takes a reading of the first day. A baseline's parts, each shrunk towards
// another, take weeks to find a level that is a thousand times the prior's.
func (m *meter) size(t outcry.Tick, n, d float64) {
	m.Errors.Next = t + 1
	m.First.N, m.First.Ticks = m.First.N+n, m.First.Ticks+d
	if m.First.Ticks >= meterFirst {
		m.Known = true
		hours := m.First.Ticks * outcry.TickLength.Hours()
		m.Errors = newStream(Prior{PerHour: (m.First.N + 1) / hours, Size: defaultPrior().Size}, t+1)
	}
}

// scatter takes a reading into the dispersion.
func (m *meter) scatter(t outcry.Tick, n, d float64) {
	if start := t - t%segmentTicks; start != m.Seg.Start {
		m.Seg.Masked = m.Seg.Masked || !m.Errors.Quiet
		m.Wait = append(m.Wait, m.Seg)
		m.Seg = dispersion{Start: start}
	}
	m.Seg.N, m.Seg.Ticks, m.Seg.Square = m.Seg.N+n, m.Seg.Ticks+d, m.Seg.Square+n*n/d
	m.Seg.Readings++
}

// learn lets what has waited long enough teach.
func (m *meter) learn(l local) {
	m.Errors.learn(l, nil)
	for len(m.Wait) > m.Errors.patience() {
		x, freedom := m.Wait[0].chi2()
		m.Wait = m.Wait[1:]
		m.Chi2, m.Freedom = m.Chi2*burstFade+x, m.Freedom*burstFade+freedom
	}
	m.Errors.Burst = max(1, burstTail*(m.Chi2+burstPrior*burstWeight)/(m.Freedom+burstWeight))
}

// elevated reports whether a reading may be of a fault that begins with it.
func (m *meter) elevated(t outcry.Tick, c *outcry.Counts) bool {
	d := t + 1 - m.Errors.Next
	return m.Known && d > 0 && d <= meterSpan && float64(c.Fresh) > pruneRatio*m.Errors.Rate*float64(d)*m.Errors.low()
}

// mask keeps the dispersion since a tick from teaching.
func (m *meter) mask(since outcry.Tick) {
	m.Seg.Masked = true
	for i := range m.Wait {
		if m.Wait[i].Start+segmentTicks > since-segmentTicks {
			m.Wait[i].Masked = true
		}
	}
}

// since is the evidence of a metric in the window from a mark.
func (m *meter) since(g *thetaGrid, from *mark) (window, float64) {
	e := m.Errors
	if e.Base.AllHours < meterHistory || e.N-from.N < meterLeast || e.Next <= from.Tick {
		return window{}, 0
	}
	w := e.window(*from, 1)
	w.C, w.B, w.A = w.C/e.burst(), w.B/e.burst(), 1/(1/w.A+meterSpread)
	nats := min(g.countLLR(w), meterCap)
	w.C, w.B = w.C*e.burst(), w.B*e.burst()
	return w, nats
}

// meter finds the service's metric of a name; nil when it has too many.
func (s *service) meter(name string, t outcry.Tick) *meter {
	for i := range s.Meters {
		if s.Meters[i].Name == name {
			return &s.Meters[i]
		}
	}
	if len(s.Meters) >= maxMeters {
		return nil
	}
	s.Meters = append(s.Meters, meter{Name: name, Errors: newStream(defaultPrior(), t)})
	return &s.Meters[len(s.Meters)-1]
}

// risen reports whether any metric of a tick's is higher than usual, and makes
// those that are new.
func (s *service) risen(t outcry.Tick, y *outcry.Tally) (up bool) {
	for i := range y.Cells {
		m := s.meter(y.Cells[i].Vantage, t)
		up = up || m != nil && m.elevated(t, &y.Cells[i].Counts)
	}
	return up
}

// takeReadings counts a tick's readings.
func (s *service) takeReadings(t outcry.Tick, y *outcry.Tally, l local) {
	for i := range y.Cells {
		if m := s.meter(y.Cells[i].Vantage, t); m != nil {
			m.take(t, &y.Cells[i].Counts, l)
		}
	}
}

// reading is what a metric says in a window.
type reading struct {
	Name string
	window
}

// metered is the strongest of the metrics since an anchor: two that count the
// same failures must not count twice, and neither must an alert that is a rule
// on one of them.
func (s *service) metered(g *thetaGrid, a *anchor) (best reading, nats float64) {
	for i := range min(len(s.Meters), len(a.Meters)) {
		if w, l := s.Meters[i].since(g, &a.Meters[i]); w.C > 0 && (best.C == 0 || l > nats) {
			best, nats = reading{s.Meters[i].Name, w}, l
		}
	}
	return best, min(nats, max(meterCap-float64(s.Fixed.Alerts)*alertNats, 0))
}

// metersHigh reports whether a metric that is still being read has not come down
// in a fault in which metrics took part.
func (s *service) metersHigh(t outcry.Tick) bool {
	if !s.State.Metered || t-s.State.Alarm > meterHolds {
		return false
	}
	for i := range s.Meters {
		m := &s.Meters[i]
		known := m.Known && m.Errors.Base.AllHours >= meterHistory && t-m.Errors.Next < meterSpan
		if known && m.Lately*greenTicks >= meterLeast && m.Lately > meterHigh*m.Errors.Rate {
			return true
		}
	}
	return false
}

// metersUp reports whether a metric may speak of a fault since an anchor.
func (s *service) metersUp(a *anchor) bool {
	for i := range min(len(s.Meters), len(a.Meters)) {
		e, from := s.Meters[i].Errors, &a.Meters[i]
		if c := e.N - from.N; c >= meterLeast && c > pruneRatio*(e.E-from.E)*from.Low {
			return true
		}
	}
	return false
}
