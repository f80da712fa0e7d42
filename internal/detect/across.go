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
	giantSlack  = 30   // ticks by which a neighbour may seem to begin earlier
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
	if s.Proven > 0 && j.now-s.Proven < provenTicks || s.State.Carrier != "" || confined(s.State.Affected) {
		return nil
	}
	if i := slices.IndexFunc(failing, func(g *service) bool { return g != s && dwarfs(g, s, g.ID == was) }); i >= 0 {
		s.State.LentPeak = s.State.Size.Peak
		return failing[i]
	}
	if g := j.byID[was]; g != nil && !slices.Contains(failing, g) && s.State.Size.Peak <= s.State.LentPeak {
		return g
	}
	return nil
}

// dwarfs compares excesses, and excesses for each report that is usual. It takes
// half of both where g was thought to raise s before.
func dwarfs(g, s *service, before bool) bool {
	big, small := g.State.Size, s.State.Size
	over := func(z outcry.Size) float64 { return max(z.Reporters-z.Expected, 1) }
	usual := func(z outcry.Size) float64 { return max(z.Usual, leastUsual) }
	least := 1.0
	if before {
		least = 0.5
	}
	return g.State.OnsetTick <= s.State.OnsetTick+giantSlack &&
		over(big) >= least*giantRate*over(small) &&
		over(big)/usual(big) >= least*giantTheta*over(small)/usual(small)
}

func confined(a outcry.Affected) bool {
	return len(a.Regions)+len(a.Carriers)+len(a.Platforms)+len(a.Versions)+len(a.Segments) > 0
}
