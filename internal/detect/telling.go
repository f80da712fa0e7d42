package detect

import (
	"slices"

	"github.com/outcry/outcry"
)

// telling are the reports that tell of a fault: those of the places that it is
// confined to, with the symptoms that make up its crowd. What the rest of the
// service brings by chance would only blur when it began.
type telling struct {
	in       [dims][]string // nil: any
	symptoms []string       // none: any
	share    float64        // of what is usual
}

const (
	tellMost  = 0.8  // of a fault's crowd must be among them …
	tellLeast = 8.0  // … and so many reports
	tellFloor = 0.02 // of the usual reports name a symptom by mistake
)

// telling picks them by what is known of where the fault is, and by what came since
// a tick. It is not ok where nothing is, or where they are not nearly all of the
// crowd.
func (s *service) telling(since outcry.Tick) (w telling, ok bool) {
	a := &s.State.Affected
	w = telling{in: [dims][]string{a.Regions, a.Carriers, a.Platforms, a.Versions, a.Segments}, symptoms: a.Symptoms}
	if len(a.Symptoms) == 0 && !confined(*a) {
		return w, false
	}
	q, symptoms := s.cube(since)
	if q.all <= 0 {
		return w, false
	}
	var expected float64
	for i := range q.cells {
		if c := &q.cells[i]; w.at(c.At) {
			expected += c.Expect
		}
	}
	w.share = expected / q.all
	if len(w.symptoms) > 0 {
		var named float64
		for v := range symptoms {
			if slices.Contains(w.symptoms, v) {
				named += s.symptomShare(v)
			}
		}
		w.share *= min(max(named, tellFloor), 1)
	}
	told := s.told(&w, since)
	return w, told >= tellLeast && told-w.share*q.all >= tellMost*(q.count-q.all)
}

const (
	faintLevel = 3.0     // of the usual: a fault that the whole service does not show better
	faintTicks = 6 * 360 // six hours: for so long its own people have a say in whether it goes on
	faintLeast = 3.0     // of them in ten minutes: fewer are chance
)

// tellsOn reports whether a fault that the whole service hardly shows goes on by
// what those say who tell of it: the rest came and goes as ever. A list of symptoms
// that has changed for good looks the same, and holds nothing up for ever.
func (s *service) tellsOn(t outcry.Tick) bool {
	c := &s.State
	if c.Level >= faintLevel*c.Size.Usual || t-c.Alarm > faintTicks {
		return false
	}
	since := max(c.OnsetTick, t-scopeBack+slowRateTicks)
	w, _ := s.telling(since)
	usual := w.share * c.Size.Usual * slowRateTicks / 6
	lately := s.told(&w, t+1-slowRateTicks)
	level := s.told(&w, since) * slowRateTicks / float64(max(t-since+1, slowRateTicks))
	return w.share > 0 && lately >= faintLeast && lately > usual+leftShare*(level-usual)
}

// told counts the reports since a tick that tell of the fault.
func (s *service) told(w *telling, since outcry.Tick) (n float64) {
	s.placed(since, func(_ *arrival, cells []cellCount) { n += w.count(cells) })
	return n
}

// placed goes through the arrivals since a tick whose places are known, the last
// one first.
func (s *service) placed(since outcry.Tick, do func(*arrival, []cellCount)) {
	end := len(s.where)
	for i := len(s.History) - 1; i >= s.Placed && s.History[i].Tick >= since; i-- {
		from := end - s.History[i].cells
		do(&s.History[i], s.where[from:end])
		end = from
	}
}

// count is how many of an arrival's reports tell of the fault.
func (w *telling) count(cells []cellCount) (n float64) {
	for _, c := range cells {
		at := values(c.at.key.Scope)
		if w.at(at[:]) && (len(w.symptoms) == 0 || slices.Contains(w.symptoms, c.at.key.Symptom)) {
			n += c.n
		}
	}
	return n
}

func (w *telling) at(place []string) bool {
	for d, in := range w.in {
		if len(in) > 0 && !slices.Contains(in, place[d]) {
			return false
		}
	}
	return true
}
