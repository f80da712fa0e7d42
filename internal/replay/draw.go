package replay

import (
	"cmp"
	"hash/fnv"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Draw makes the scenario's records in order of time. They are drawn as they
// are asked for: memory holds one minute of them, and those who will report
// again within half an hour.
//
// Every source (a service's rhythm, an outage, a vantage …) has random numbers
// of its own, so that one that is added or left out leaves the others as they
// are.
func Draw(sc *Scenario, seed uint64) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		g := &gathering{end: seconds(sc.End), gaps: noiseSpans(sc, Gap)}
		for _, gap := range g.gaps { // its end may lie beyond the scenario's
			g.waiting = append(g.waiting, dated{gap.from, Record{Kind: outcry.KindCoverage}}, dated{gap.to, Record{Kind: outcry.KindCoverage, Up: true}})
		}
		sources := sourcesOf(sc, seed)
		for t := seconds(sc.Begin()); t < g.end; t += step {
			for _, s := range sources {
				s.fill(t+step, g.add)
			}
			if !g.drain(t+step, yield) {
				return
			}
		}
		g.drain(math.Inf(1), yield)
	}
}

// step is how long a rate is held constant, in seconds, and the piece in which
// records are drawn and put in order.
const step = 60.0

// source draws one kind of record. fill emits all that begin before the
// instant and were not emitted yet; some of them may be dated later.
type source interface {
	fill(to float64, emit func(t float64, r Record))
}

func sourcesOf(sc *Scenario, seed uint64) []source {
	random := func(name string) *rand.Rand { return rand.New(pcg(seed, sc.Name+"/"+name)) }
	people := &people{nets: make(map[string][]network)}
	var out []source
	for i := range sc.Services {
		out = append(out, newRhythm(sc, &sc.Services[i], random("rhythm/"+sc.Services[i].ID), people))
	}
	for i := range sc.Outages {
		name := string(rune('a' + i))
		out = append(out, newSurge(sc, &sc.Outages[i], random("reports/"+name), random("posts/"+name), people))
	}
	out = append(out, smallTalk(sc, random)...)
	out = append(out, noises(sc, random)...)
	out = append(out, checks(sc, random)...)
	out = append(out, gauges(sc, random)...)
	return append(out, announcements(sc))
}

func pcg(seed uint64, name string) *rand.PCG {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return rand.NewPCG(seed, h.Sum64())
}

// seconds since the Unix epoch; a float64 holds them to half a microsecond.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// dated is a record with its instant, before that is cut to milliseconds.
type dated struct {
	t float64
	r Record
}

// gathering puts the sources' records in order, and takes out what a gap in
// collection swallows.
type gathering struct {
	end     float64
	gaps    []span
	waiting []dated
}

type span struct{ from, to float64 }

func (s span) holds(t float64) bool { return s.from <= t && t < s.to }

func within(spans []span, t float64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.holds(t) })
}

func (g *gathering) add(t float64, r Record) {
	if t < g.end && !within(g.gaps, t) {
		g.waiting = append(g.waiting, dated{t, r})
	}
}

// drain yields what lies before the instant, in order.
func (g *gathering) drain(to float64, yield func(Record) bool) bool {
	var due []dated
	later := g.waiting[:0]
	for _, d := range g.waiting {
		if d.t < to {
			due = append(due, d)
		} else {
			later = append(later, d)
		}
	}
	clear(g.waiting[len(later):])
	g.waiting = later
	slices.SortStableFunc(due, func(a, b dated) int { return cmp.Compare(a.t, b.t) })
	for _, d := range due {
		d.r.At = time.UnixMilli(int64(math.Floor(d.t * 1000))).UTC()
		if !yield(d.r) {
			return false
		}
	}
	return true
}

// noiseSpans are the times of one kind of noise, in order; those that overlap or
// touch are one.
func noiseSpans(sc *Scenario, kind NoiseKind) []span {
	var all, out []span
	for _, n := range sc.Noise {
		if n.Kind == kind {
			from := seconds(n.At)
			all = append(all, span{from, from + n.Lasts.Seconds()})
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && s.from <= out[last].to {
			out[last].to = max(out[last].to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}
