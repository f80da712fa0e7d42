package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// accuracyView is the page's ledger of itself: how soon it said what, what it
// said wrongly, and what it missed.
type accuracyView struct {
	Days    int
	All     accuracyRow
	Rows    []*fragment // of accuracyRows
	Entries []accuracyEntry
}

// accuracyRow sums up one service, or all of them.
type accuracyRow struct {
	Name, Path string
	Incidents  int
	False      int
	Missed     int
	Median     string // from onset to the first public word
	Slowest    string
}

// accuracyEntry is one incident.
type accuracyEntry struct {
	briefView
	Delay   string // from onset to the first public word
	Verdict string // "Found by the machine", "Withdrawn: it was nothing", "A person said it first"
}

// accuracyDays is how far back the ledger goes.
const accuracyDays = 365

// score gathers what a row sums up.
type score struct {
	incidents, wrong, missed int
	delays                   []time.Duration
}

// accuracy makes the ledger of the last year's public incidents. One counts as
// false when it was published and withdrawn, and as missed when a person had to
// open it. The delay runs from the onset, as estimated at the end, to the first
// public word.
func (b *builder) accuracy() View {
	v := accuracyView{Days: accuracyDays}
	var all score
	by := make(map[string]*score)
	for i := range b.world.Incidents {
		in := &b.world.Incidents[i]
		if !b.now.before(in.PublishedAt.Add(accuracyDays * 24 * time.Hour)) {
			continue
		}
		e := accuracyEntry{briefView: b.brief(in), Verdict: verdictOn(in)}
		e.Updates = nil
		if !in.Onset.At.IsZero() && in.State != outcry.StateDismissed {
			e.Delay = b.lasting(max(0, in.PublishedAt.Sub(in.Onset.At)))
		}
		v.Entries = append(v.Entries, e)
		all.add(in)
		for _, id := range in.Services {
			if by[id] == nil {
				by[id] = &score{}
			}
			by[id].add(in)
		}
	}
	v.All = b.sumUp(&all)
	for _, s := range b.standings {
		sc := cmp.Or(by[s.ID], &score{})
		v.Rows = append(v.Rows, b.fragment("score", s.ID, b.of(s.name, sc), func(b *builder) any {
			r := b.sumUp(sc)
			r.Name, r.Path = s.name, servicePath(s.ID)
			return r
		}))
	}
	return View{Path: "/accuracy", template: "accuracy", title: b.t("How accurate this page is"), mediaType: typeHTML, data: v}
}

func (s *score) add(in *outcry.Incident) {
	switch {
	case in.State == outcry.StateDismissed:
		s.wrong++
		return
	case in.Manual:
		s.missed++
	}
	s.incidents++
	if !in.Onset.At.IsZero() && !in.Manual {
		s.delays = append(s.delays, max(0, in.PublishedAt.Sub(in.Onset.At)))
	}
}

func (b *builder) sumUp(s *score) accuracyRow {
	r := accuracyRow{Incidents: s.incidents, False: s.wrong, Missed: s.missed}
	if n := len(s.delays); n > 0 {
		slices.Sort(s.delays)
		r.Median, r.Slowest = b.lasting(s.delays[(n-1)/2]), b.lasting(s.delays[n-1])
	}
	return r
}

func verdictOn(in *outcry.Incident) string {
	switch {
	case in.State == outcry.StateDismissed:
		return "Withdrawn: it was nothing"
	case in.Manual:
		return "A person said it first"
	case !in.Confirmed:
		return "Found by itself, never confirmed"
	default:
		return "Found by itself"
	}
}
