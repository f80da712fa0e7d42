package detect

import (
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// segmentTicks is the step in which expectation, filter and learning move.
const segmentTicks = 60

// learnAfter is how many segments a count waits before it teaches, so that an
// outage that is only just being noticed does not teach itself: six hours.
const learnAfter = 36

// stream is one count stream of one service: its baseline, its noise, and the
// clock of what was to be expected so far.
type stream struct {
	Base   Baseline
	Noise  noise
	Filter filter
	Next   outcry.Tick // the first tick not yet accounted for
	E      float64     // Σ expected × coverage over all ticks before Next
	N      float64     // events so far
	Rate   float64     // expected per tick in this segment
	Spread float64     // relative variance of Rate as an estimate
	Seg    segment     // the one that is filling
	Wait   []segment   // those that wait to teach, oldest first
	Recent []residual  // of those that taught, newest first
	Quiet  bool        // whether the filter may follow: not while failing
	Burst  float64     // variance of a count over its mean beyond the noise; 0: 1, as of people
	spare  [][]cellCount
	lowest lowest
}

// noiseAfter is how many hours of history a baseline must have before what is
// left over can be called noise.
const noiseAfter = 72

// segment is ten minutes of a stream.
type segment struct {
	Start   outcry.Tick
	Y, E    float64
	Covered int // ticks with coverage
	Masked  bool
	Cells   map[outcry.CellKey]float64 // in a snapshot only, see pack
	cells   []cellCount                // by key, once the segment is over
}

// cellCount is what a segment brought in one cell.
type cellCount struct {
	at *place
	n  float64
}

// pack brings the cells into the form in which a snapshot keeps them, and
// unpack takes them out of it.
func (g *segment) pack() {
	if len(g.cells) == 0 {
		return
	}
	g.Cells = make(map[outcry.CellKey]float64, len(g.cells))
	for i := range g.cells {
		g.Cells[g.cells[i].at.key] += g.cells[i].n
	}
}

func (g *segment) unpack(s *shares) {
	g.cells = nil
	for k, n := range g.Cells {
		g.cells = append(g.cells, cellCount{s.place(&k), n})
	}
	g.sort()
	g.Cells = nil
}

func newStream(p Prior, first outcry.Tick) *stream {
	n := newNoise()
	return &stream{Base: Baseline{Prior: p}, Noise: n, Filter: n.unknown(), Next: first, Quiet: true,
		Seg: segment{Start: first - first%segmentTicks}}
}

// burst is how much a count scatters, in the variance of as many independent
// events.
func (s *stream) burst() float64 { return max(1, s.Burst) }

// local tells a stream's place in the week.
type local struct {
	zone     *time.Location
	holidays []Holiday
}

func (l local) at(t outcry.Tick) calendar { return calendarOf(t.Start(), l.zone, l.holidays) }

// start sets the expectation of the segment that is beginning.
func (s *stream) start(l local) {
	perHour, spread := s.Base.rate(l.at(s.Seg.Start+segmentTicks/2), s.Noise.V)
	s.Rate, s.Spread = perHour*outcry.TickLength.Hours(), spread
}

// advance accounts for the ticks before t, all of them covered.
func (s *stream) advance(t outcry.Tick, l local) {
	if s.Rate == 0 {
		s.start(l)
	}
	for s.Next < t {
		end := min(t, s.Seg.Start+segmentTicks)
		n := int(end - s.Next)
		s.E += s.Rate * float64(n)
		s.Seg.E += s.Rate * float64(n)
		s.Seg.Covered += n
		s.Next = end
		if end == s.Seg.Start+segmentTicks {
			s.roll(l)
		}
	}
}

// skip accounts for ticks that nobody watched.
func (s *stream) skip(t outcry.Tick, l local) {
	for s.Next < t {
		s.Next = min(t, s.Seg.Start+segmentTicks)
		if s.Next == s.Seg.Start+segmentTicks {
			s.roll(l)
		}
	}
}

// take accounts for tick Next, with n events in these cells, each with its place.
func (s *stream) take(n float64, cells []outcry.Cell, places []*place, l local) {
	s.N += n
	s.Seg.Y += n
	if last := len(s.spare) - 1; last >= 0 && s.Seg.cells == nil {
		s.Seg.cells, s.spare = s.spare[last], s.spare[:last]
	}
	s.Seg.add(cells, places)
	s.advance(s.Next+1, l)
}

func (g *segment) add(cells []outcry.Cell, places []*place) {
	for i := range cells {
		c := &cells[i]
		if c.Fresh == 0 {
			continue
		}
		p := places[i]
		if p.slot < len(g.cells) && g.cells[p.slot].at == p {
			g.cells[p.slot].n += float64(c.Fresh)
			continue
		}
		if len(g.cells) >= maxCells {
			continue
		}
		p.slot = len(g.cells)
		g.cells = append(g.cells, cellCount{p, float64(c.Fresh)})
	}
}

// sort brings the cells in order, and those together of which a place has been
// made anew.
func (g *segment) sort() {
	if len(g.cells) < 2 {
		return
	}
	slices.SortFunc(g.cells, func(x, y cellCount) int { return x.at.key.Compare(y.at.key) })
	kept := g.cells[:1]
	for _, c := range g.cells[1:] {
		if last := &kept[len(kept)-1]; last.at.key == c.at.key {
			last.n += c.n
			continue
		}
		kept = append(kept, c)
	}
	g.cells = kept
}

// roll ends a segment: the filter follows, the oldest waiting one teaches.
func (s *stream) roll(l local) {
	if s.Quiet {
		s.Filter = s.Noise.forward(s.Filter.observe(s.Seg.Y/s.burst(), s.Seg.E/s.burst()), segmentHours)
	} else {
		s.Filter = s.Noise.forward(s.Filter, segmentHours)
		s.Seg.Masked = true
	}
	s.Seg.sort()
	s.Wait = append(s.Wait, s.Seg)
	s.Seg = segment{Start: s.Seg.Start + segmentTicks}
	s.start(l)
}

// learn lets every segment that has waited long enough teach; those that are
// masked do not. It lets them teach the shares of scopes too, where there are any.
func (s *stream) learn(l local, shares *shares) {
	n := 0
	for ; len(s.Wait)-n > s.patience(); n++ {
		old := s.Wait[n]
		s.teach(old, l)
		if !old.Masked && shares != nil {
			shares.learn(old)
		}
		s.spare = spared(s.spare, old.cells)
	}
	if n > 0 {
		s.Wait = slices.Delete(s.Wait, 0, n)
	}
}

// What is kept to be used again: so many lists of at most so many cells, as a
// fault brings more of both than there ever are otherwise.
const (
	maxSpare  = 16
	maxSpared = 64
)

// spared keeps a list that is done with for the next one.
func spared[T any](spare [][]T, list []T) [][]T {
	if c := cap(list); c == 0 || c > maxSpared || len(spare) >= maxSpare {
		return spare
	}
	clear(list)
	return append(spare, list[:0])
}

// patience is how many segments wait: one hour's while nothing is known, six
// hours' after a day.
func (s *stream) patience() int {
	return min(learnAfter, 6+int(s.Base.AllHours*6/4))
}

func (s *stream) teach(old segment, l local) {
	at := l.at(old.Start + segmentTicks/2)
	if old.Masked || old.Covered == 0 {
		s.remember(residual{E: -1})
		return
	}
	y := s.robust(old)
	s.remember(residual{D: y - old.E, E: old.E})
	if s.Base.AllHours >= noiseAfter {
		s.Noise.learn(s.Recent, s.Spread)
	}
	s.Base.learn(at, y, float64(old.Covered)*outcry.TickLength.Hours())
	if (old.Start+segmentTicks)%8640 == 0 {
		s.Base.endOfDay()
		s.Noise.forget()
		s.Noise.fit()
		if (old.Start+segmentTicks)/8640%7 == 0 {
			s.Base.endOfWeek()
		}
	}
}

func (s *stream) remember(r residual) {
	if len(s.Recent) < noiseLags[len(noiseLags)-1]+1 {
		s.Recent = append(s.Recent, residual{})
	}
	copy(s.Recent[1:], s.Recent)
	s.Recent[0] = r
}

// robust weighs a count down whose Anscombe residual exceeds 2.58 by s⁻²
// (Noufaily et al. 2013), once there is a history to compare it with.
func (s *stream) robust(g segment) float64 {
	variance := s.burst()*g.E + (s.Noise.V+s.Spread)*g.E*g.E
	r := anscombe(g.Y, g.E, variance)
	if s.Base.AllHours < 168 || r <= 2.58 {
		return g.Y
	}
	return g.E + (g.Y-g.E)*(2.58/r)*(2.58/r)
}
