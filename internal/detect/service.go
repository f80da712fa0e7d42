package detect

import (
	"github.com/outcry/outcry"
)

// service is everything that the judge knows of one service.
type service struct {
	ID       string
	Reports  *stream
	Posts    *stream
	Vantages []vantage // in the order in which they were first heard
	Shares   shares
	Marks    []anchor
	Subs     map[sub]*subSeries
	Fixed    fixed
	History  []arrival
	Runs     []run
	State    condition
}

// anchor is a mark of the fused evidence: the sums of every stream at once.
type anchor struct {
	Mark     mark
	Post     mark
	Fixed    float64
	Vantages []tallyMark
}

func (a *anchor) at() *mark { return &a.Mark }

type tallyMark struct{ Fails, Runs float64 }

// arrival is a tick that brought reports: for onset, scope, size and diversity.
type arrival struct {
	Tick                     outcry.Tick
	Fresh, Networks, Strange float64
	Want                     float64 // expected in that tick
	Cells                    []outcry.Cell
}

// run is a tick's probe results at one vantage: for the onset.
type run struct {
	Tick        outcry.Tick
	Vantage     int
	Fails, Runs float64
}

const (
	maxHistory = 2160 // busy ticks that are remembered: six hours at least
	maxRuns    = 1024
)

// fixed is evidence that comes as a statement and not as a count: bulletins and
// alerts, each of a fixed ratio, once until it is taken back.
type fixed struct {
	Sum      float64
	Bulletin bool // the vendor admits a fault
	Alerts   int  // that are firing
}

const (
	bulletinNats = 3.0 // an admission; it is seldom wrong, and seldom first
	clearNats    = -0.3
	alertNats    = 6.0
	alertsMost   = 12.0
)

// state applies a statement and gives the change of the sum.
func (f *fixed) apply(kind outcry.Kind, bad, good uint32) {
	was := f.value()
	switch {
	case kind == outcry.KindBulletin && bad > 0:
		f.Bulletin = true
	case kind == outcry.KindBulletin && good > 0:
		f.Bulletin = false
	case kind == outcry.KindAlert:
		f.Alerts = max(f.Alerts+int(bad)-int(good), 0)
	}
	f.Sum += f.value() - was
}

func (f *fixed) value() float64 {
	v := min(float64(f.Alerts)*alertNats, alertsMost)
	if f.Bulletin {
		v += bulletinNats
	}
	return v
}

func (s *service) anchor() anchor {
	a := anchor{Mark: s.Reports.mark(), Post: s.Posts.mark(), Fixed: s.Fixed.Sum}
	for _, v := range s.Vantages {
		a.Vantages = append(a.Vantages, tallyMark{v.Fails, v.Runs})
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
func (s *service) push(a anchor) {
	s.Marks = push(s.Marks, a, 1, func(old *anchor) bool {
		if a.Fixed > old.Fixed {
			return true
		}
		for i := range a.Vantages {
			if fails, runs := old.since(i, &s.Vantages[i]); fails > 0 && fails > 0.1*runs {
				return true
			}
		}
		p := a.Post.N - old.Post.N
		return p > 3 && p > pruneRatio*(a.Post.E-old.Post.E)
	})
}

// take counts one tick's tallies into every stream. It reports whether any
// spoke of a fault.
func (s *service) take(t outcry.Tick, tallies []outcry.Tally, l local) (spoke bool) {
	var reports, posts *outcry.Tally
	for i := range tallies {
		switch tallies[i].Kind {
		case outcry.KindReport:
			reports = &tallies[i]
		case outcry.KindPost:
			posts = &tallies[i]
		}
		spoke = spoke || tallies[i].Bad > 0
	}
	a := s.anchor()
	for i := range tallies {
		s.takeOther(t, &tallies[i])
	}
	if reports != nil && reports.Fresh > 0 {
		s.remember(t, reports)
		s.Reports.take(float64(reports.Fresh), reports.Cells, l)
	} else {
		s.Reports.advance(t+1, l)
	}
	if posts != nil && posts.Fresh > 0 {
		s.Posts.take(float64(posts.Fresh), nil, l)
	} else {
		s.Posts.advance(t+1, l)
	}
	if spoke {
		s.push(a)
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
		s.Fixed.apply(y.Kind, y.Bad, y.Total-y.Bad-y.Unknown)
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
	if fails > 0 {
		v.LastBad = t
	}
	if fails < runs {
		v.LastGood = t
	}
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

func (s *service) remember(t outcry.Tick, y *outcry.Tally) {
	a := arrival{Tick: t, Fresh: float64(y.Fresh), Networks: float64(y.Networks), Strange: float64(y.Strange), Want: s.Reports.Rate}
	for _, c := range y.Cells {
		if c.Fresh > 0 {
			a.Cells = append(a.Cells, c)
		}
	}
	s.History = append(s.History, a)
	if len(s.History) > maxHistory {
		s.History = append(s.History[:0], s.History[maxHistory/4:]...)
	}
}

// excuse forgets what a vantage said while it was cut off: its failures are not
// those of the service, also not when it is back.
func (s *service) excuse(view []vantageView) {
	for i, seen := range view {
		if seen.limit > 0 || i >= len(s.Vantages) {
			continue
		}
		v := &s.Vantages[i]
		for m := range s.Marks {
			if marks := s.Marks[m].Vantages; i < len(marks) {
				marks[i] = tallyMark{v.Fails, v.Runs}
			}
		}
	}
}
