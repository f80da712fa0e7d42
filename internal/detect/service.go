package detect

import (
	"slices"

	"github.com/outcry/outcry"
)

// service is everything that the judge knows of one service.
type service struct {
	ID       string
	Reports  *stream
	Posts    talk
	Trend    trending
	Meters   []meter   // in the order in which they were first heard
	Vantages []vantage // in the order in which they were first heard
	Shares   shares
	Marks    []anchor
	Subs     map[sub]*subSeries
	Fixed    fixed
	History  []arrival
	Voices   voices
	Placed   int // how many of them have had their places dropped
	Runs     []run
	Unseen   []stretch // the last few in which nobody watched
	State    condition
	Proven   outcry.Tick // when its own checks last failed in a fault
	Pooled   outcry.Tick // when its prior was last taken from its category
	Born     outcry.Tick // the first tick that was judged
	awake    bool        // to be judged although it has no news
	quorum   int         // vantages that must fail for it to be evidence
	index    int         // among the judge's
	at       local
	category string          // of whose rates it knows; none: it needs no other's
	news     []*outcry.Tally // of the tick that is being judged, one of each kind
	places   []*place        // of its reports' cells
	view     []vantageView   // in that tick
	doubts   bool            // see doubted
	// firstQuarter is at the most the tick of the arrival that is a quarter into
	// the list: see forget.
	firstQuarter outcry.Tick
	where        []cellCount // what the arrivals that are not Placed brought, oldest first …
	gone         int         // … after so many that have been dropped
	costs        [2]cost     // of its single parts, and of its pairs
}

// anchor is a mark of the fused evidence: the sums of every stream at once.
type anchor struct {
	Mark     mark
	Post     talkMark
	Fixed    float64
	Vantages []tallyMark
	Meters   []mark
}

func (a *anchor) at() *mark { return &a.Mark }

type tallyMark struct{ Fails, Runs float64 }

// run is a tick's probe results at one vantage: for the onset.
type run struct {
	Tick        outcry.Tick
	Vantage     int
	Fails, Runs float64
}

// stretch is the ticks from From to before To.
type stretch struct{ From, To outcry.Tick }

const (
	maxHistory = 2160 // busy ticks that are remembered: six hours at least
	maxRuns    = 1024
	maxUnseen  = 8
)

// unwatched notes a tick without coverage.
func (s *service) unwatched(t outcry.Tick) {
	if n := len(s.Unseen); n > 0 && s.Unseen[n-1].To == t {
		s.Unseen[n-1].To = t + 1
		return
	}
	if len(s.Unseen) == maxUnseen {
		s.Unseen = append(s.Unseen[:0], s.Unseen[1:]...)
	}
	s.Unseen = append(s.Unseen, stretch{t, t + 1})
}

// fixed is evidence that comes as a statement and not as a count: bulletins and
// alerts, each of a fixed ratio, once until it is taken back.
type fixed struct {
	Sum    float64
	Admits []string // names of the vendors' pages that admit a fault
	Alerts int      // that are firing
	heard  bool     // or may have been, before a restart
}

const (
	bulletinNats = 3.0 // an admission; it is seldom wrong, and seldom first
	clearNats    = -0.3
	alertNats    = 6.0
	alertsMost   = 12.0
)

// take applies the statements of a tick.
func (f *fixed) take(y *outcry.Tally) {
	was := f.value()
	f.heard = true
	if y.Kind == outcry.KindAlert {
		f.Alerts = max(f.Alerts+int(y.Bad)-int(y.Total-y.Bad-y.Unknown), 0)
	} else {
		f.hear(y)
	}
	f.Sum += f.value() - was
}

// hear keeps what each page says: one that says that all is well takes back
// its own admission, and no other page's.
func (f *fixed) hear(y *outcry.Tally) {
	cells := y.Cells
	if len(cells) == 0 {
		cells = []outcry.Cell{{Counts: y.Counts}}
	}
	for _, c := range cells {
		at := slices.Index(f.Admits, c.Vantage)
		switch {
		case c.Bad > 0 && at < 0:
			f.Admits = append(f.Admits, c.Vantage)
		case c.Bad == 0 && c.Total > c.Unknown && at >= 0:
			f.Admits = slices.Delete(f.Admits, at, at+1)
		}
	}
}

func (f *fixed) value() float64 {
	v := min(float64(f.Alerts)*alertNats, alertsMost)
	if len(f.Admits) > 0 {
		v += bulletinNats
	}
	return v
}

func (s *service) anchor() anchor {
	a := anchor{Mark: s.Reports.mark(), Post: s.Posts.mark(), Fixed: s.Fixed.Sum}
	if len(s.Vantages) > 0 {
		a.Vantages = make([]tallyMark, len(s.Vantages))
	}
	for i := range s.Vantages {
		a.Vantages[i] = tallyMark{s.Vantages[i].Fails, s.Vantages[i].Runs}
	}
	for i := range s.Meters {
		a.Meters = append(a.Meters, s.Meters[i].Errors.mark())
	}
	return a
}

// since gives the failures and runs of vantage i since the anchor.
func (a *anchor) since(i int, v *vantage) (fails, runs float64) {
	if i < len(a.Vantages) {
		return v.Fails - a.Vantages[i].Fails, v.Runs - a.Vantages[i].Runs
	}
	return v.Fails, v.Runs
}

func (s *service) vantage(id string) *vantage {
	for i := range s.Vantages {
		if s.Vantages[i].ID == id {
			return &s.Vantages[i]
		}
	}
	s.Vantages = append(s.Vantages, vantage{ID: id})
	return &s.Vantages[len(s.Vantages)-1]
}

// push keeps an anchor while probes or statements have spoken since it, or its
// counts do.
func (s *service) push(a *anchor) {
	m, kept := &a.Mark, 0
	for i := range s.Marks {
		old := &s.Marks[i]
		c, b := m.N-old.Mark.N, m.E-old.Mark.E
		if m.Tick-old.Mark.Tick > maxAge {
			continue
		}
		if c < pruneRatio*b && !s.spoken(old, a) {
			m.inherit(&old.Mark, c, b)
			continue
		}
		if kept < i {
			s.Marks[kept] = *old
		}
		kept++
	}
	s.Marks = s.Marks[:kept]
	m.Gap = float64(maxAge)
	if kept > 0 {
		m.Gap = float64(m.Tick - s.Marks[kept-1].Mark.Tick)
	}
	s.Marks = append(s.Marks, *a)
	if len(s.Marks) > maxMarks {
		s.Marks = thin(s.Marks, m.Tick, 1)
	}
}

// spoken reports whether anything but reports has spoken of a fault between two
// anchors.
func (s *service) spoken(old, a *anchor) bool {
	if a.Fixed > old.Fixed {
		return true
	}
	for i := range a.Vantages {
		if fails, runs := old.since(i, &s.Vantages[i]); fails > 0 && fails > 0.1*runs {
			return true
		}
	}
	if s.metersUp(old) || s.Trend.On && s.Trend.Began >= old.Mark.Tick {
		return true
	}
	p := a.Post.N - old.Post.N
	return p > 3 && p > pruneRatio*(a.Post.E-old.Post.E)
}

// take counts one tick's tallies into every stream. It reports whether any
// spoke of a fault.
func (s *service) take(t outcry.Tick, tallies []*outcry.Tally, l local) (spoke bool) {
	var reports, posts, readings, trend *outcry.Tally
	for _, y := range tallies {
		switch y.Kind {
		case outcry.KindReport:
			reports = y
		case outcry.KindPost:
			posts = y
		case outcry.KindMetric:
			readings = y
			spoke = s.risen(t, readings) || spoke
			continue
		case outcry.KindTrend:
			trend = y
			continue
		}
		spoke = spoke || y.Bad > 0
	}
	s.Trend.learn(t, s.Posts.Heard && s.State.quiet())
	spoke = trend != nil && s.Trend.take(t, trend, s.State.quiet()) || spoke
	var a anchor
	if spoke {
		a = s.anchor()
	}
	for _, y := range tallies {
		s.takeOther(t, y)
	}
	if reports != nil && reports.Fresh > 0 {
		s.places = s.Shares.placesOf(s.places[:0], reports.Cells)
		s.remember(t, reports)
		s.Reports.take(float64(reports.Fresh), reports.Cells, s.places, l)
	} else {
		s.Reports.advance(t+1, l)
	}
	s.Posts.take(t, posts, l)
	if readings != nil {
		s.takeReadings(t, readings, l)
	}
	if spoke {
		s.push(&a)
	}
	return spoke
}

func (s *service) takeOther(t outcry.Tick, y *outcry.Tally) {
	switch y.Kind {
	case outcry.KindProbe:
		for _, c := range y.Cells {
			s.takeRuns(t, c)
		}
	case outcry.KindBulletin, outcry.KindAlert:
		s.Fixed.take(y)
	}
}

// takeRuns counts a vantage's runs; those that could not tell are no evidence.
func (s *service) takeRuns(t outcry.Tick, c outcry.Cell) {
	runs := float64(c.Total - min(c.Unknown, c.Total))
	if runs == 0 {
		return
	}
	v := s.vantage(c.Vantage)
	v.Region, v.Carrier = c.Scope.Region, c.Scope.Carrier
	fails := float64(c.Bad)
	v.Fails += fails
	v.Runs += runs
	v.note(t, fails, runs)
	if s.State.quiet() {
		v.learn(fails, runs)
	}
	i := 0
	for i < len(s.Vantages) && s.Vantages[i].ID != c.Vantage {
		i++
	}
	s.Runs = append(s.Runs, run{t, i, fails, runs})
	if len(s.Runs) > maxRuns {
		s.Runs = append(s.Runs[:0], s.Runs[maxRuns/4:]...)
	}
}

// excuse forgets what a vantage said while it was cut off, once it is seen to be
// back: its failures were not those of the service. One that is believed again
// because others have begun to fail too was right from the start.
func (s *service) excuse(view []vantageView) {
	for i, seen := range view {
		if i >= len(s.Vantages) {
			return
		}
		v := &s.Vantages[i]
		if seen.limit == 0 {
			v.Cut = true
			continue
		}
		if v.Cut && seen.back {
			s.forgive(i)
		}
		v.Cut = false
	}
}

func (s *service) forgive(i int) {
	v := &s.Vantages[i]
	s.Runs = slices.DeleteFunc(s.Runs, func(r run) bool { return r.Vantage == i && r.Fails > 0 })
	for m := range s.Marks {
		if marks := s.Marks[m].Vantages; i < len(marks) {
			marks[i] = tallyMark{v.Fails, v.Runs}
		}
	}
}
