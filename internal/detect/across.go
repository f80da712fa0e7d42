package detect

import (
	"slices"

	"github.com/outcry/outcry"
)

// A giant outage raises its neighbours: people who cannot reach a friend on the
// failing network blame their own. (T-Mobile 2020: 113,980 reports, and 8,619
// and 3,861 of two carriers with nothing wrong.)
const (
	giantRate   = 8.0 // excess reports of the giant, in those of the neighbour
	giantTheta  = 6.0 // and the same for each report that is usual: of services that fail together each has its share
	leastUsual  = 1.0 / 60
	provenTicks = 2160 // six hours: what failed by its own checks lately is no mere neighbour
	giantPlaced = 10.0 // times both, of a neighbour that seems to fail in one place: there the giant has about a tenth of its crowd
	giantBack   = 1440 // four hours: crowds are compared over these at most, all of which the history holds
	giantSlack  = 30   // ticks by which a neighbour may seem to begin earlier …
	giantBefore = 5.0  // … or more, where what came before the giant says no more than so many nats
	sparedRuns  = 6    // checks that must have passed to speak for a neighbour …
	sparedFails = 0.05 // … but for this share of them
	carrierSame = 2    // services that must fail on a carrier to make it the carrier's
)

// across looks at all failing services together: what one carrier explains, and
// what a giant does.
func (j *Judge) across(failing []*service) {
	if len(failing) == 0 {
		return
	}
	causes := make([]string, len(failing))
	for i, s := range failing {
		causes[i] = s.State.Cause
		s.State.Carrier, s.State.Own, s.State.Cause = "", true, ""
	}
	byCarrier := map[string][]*service{}
	for _, s := range failing {
		if a := s.State.Affected; len(a.Carriers) == 1 {
			byCarrier[a.Carriers[0]] = append(byCarrier[a.Carriers[0]], s)
		}
	}
	for carrier, group := range byCarrier {
		if len(group) >= carrierSame {
			for _, s := range group {
				s.State.Carrier = carrier
			}
		}
	}
	for i, s := range failing {
		if giant := j.giantOf(s, failing, causes[i]); giant != nil {
			s.State.Own, s.State.Cause = false, giant.ID
		}
	}
}

// giantOf is the fault that raises a service. Once that has been found it takes
// more to think otherwise, and when the giant is over what is left of the
// neighbour's crowd is still its work, unless the crowd grows.
func (j *Judge) giantOf(s *service, failing []*service, was string) *service {
	if s.Proven > 0 && j.now-s.Proven < provenTicks || s.State.Carrier != "" {
		return nil
	}
	least, placed := 1.0, confined(s.State.Affected)
	if placed {
		least = giantPlaced
	}
	if i := slices.IndexFunc(failing, func(g *service) bool { return g != s && j.dwarfs(g, s, least, g.ID == was) }); i >= 0 {
		s.State.LentPeak = s.State.Size.Peak
		return failing[i]
	}
	if g := j.byID[was]; g != nil && !placed && !slices.Contains(failing, g) && s.State.Size.Peak <= s.State.LentPeak {
		return g
	}
	return nil
}

// dwarfs compares excesses since the lesser one began, and excesses for each
// report that is usual: a neighbour's crowd comes with the giant's, and one that
// begins later is not held against all that the giant has brought before. It
// takes least times both, and half of that where g was thought to raise s before.
// People who blame a neighbour tell what the giant's tell. For each report that is
// usual a neighbour hardly used may well have the larger crowd: there its own
// checks can tell.
func (j *Judge) dwarfs(g, s *service, least float64, before bool) bool {
	since := max(s.State.OnsetTick, g.State.OnsetTick, j.now-giantBack)
	big, small := j.over(g, since), j.over(s, since)
	usual := func(x *service) float64 { return max(x.State.Size.Usual, leastUsual) }
	if before {
		least /= 2
	}
	return !s.precedes(g) && alike(s.State.Affected.Symptoms, g.State.Affected.Symptoms) && big >= least*giantRate*small &&
		(big/usual(g) >= least*giantTheta*small/usual(s) || s.spared(g))
}

// spared reports whether a service's own checks have passed since a fault began
// that others' checks see: services that fail together fail theirs. Its crowd must
// have come with that of the fault, and speak of nothing else.
func (s *service) spared(g *service) bool {
	if !g.State.Probed || s.State.OnsetTick > g.State.OnsetTick+giantSlack || !echoes(s.State.Affected.Symptoms, g.State.Affected.Symptoms) {
		return false
	}
	fails, runs := 0.0, 0.0
	for i := len(s.Runs) - 1; i >= 0 && s.Runs[i].Tick >= g.State.OnsetTick; i-- {
		fails, runs = fails+s.Runs[i].Fails, runs+s.Runs[i].Runs
	}
	return runs >= sparedRuns && fails <= sparedFails*runs
}

// alike reports whether two lists of symptoms share one, or one says nothing.
func alike(x, y []string) bool {
	return len(x) == 0 || len(y) == 0 || slices.ContainsFunc(x, func(v string) bool { return slices.Contains(y, v) })
}

// echoes reports whether what people tell of one fault is all told of another.
func echoes(x, y []string) bool {
	return len(x) > 0 && !slices.ContainsFunc(x, func(v string) bool { return !slices.Contains(y, v) })
}

// precedes reports whether a service had begun to fail before another one did.
// An onset is where the reports that speak for it begin, and those of a small
// crowd may begin with what chance brought before.
func (s *service) precedes(g *service) bool {
	from, to := s.State.OnsetTick, g.State.OnsetTick
	if from+giantSlack >= to {
		return false
	}
	all, _, _ := s.gather(from)
	since, _, _ := s.gather(to)
	return blockGLR(all-since, float64(to-from)*max(s.State.Size.Usual, leastUsual)/6, 1/(s.Reports.Noise.V+1e-6)) > giantBefore
}

// over is how many more than usual have reported since a tick: one at least.
func (j *Judge) over(s *service, since outcry.Tick) float64 {
	fresh, _, _ := s.gather(since)
	return max(fresh-float64(j.now-since)*s.State.Size.Usual/6, 1)
}

func confined(a outcry.Affected) bool {
	return len(a.Regions)+len(a.Carriers)+len(a.Platforms)+len(a.Versions)+len(a.Segments) > 0
}
