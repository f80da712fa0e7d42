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
	giantTheta  = 3.0 // and its rate over the usual, likewise
	giantSlack  = 30  // ticks by which a neighbour may seem to begin earlier
	carrierSame = 2   // services that must fail on a carrier to make it the carrier's
)

// across looks at all failing services together: what one carrier explains, and
// what a giant does.
func (j *Judge) across(failing []*service) {
	for _, s := range failing {
		s.State.Carrier, s.State.Own, s.State.Cause = "", true, ""
	}
	if len(failing) < 2 {
		return
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
	for _, s := range failing {
		if giant := giantOf(s, failing); giant != nil {
			s.State.Own, s.State.Cause = false, giant.ID
		}
	}
}

func giantOf(s *service, failing []*service) *service {
	if s.State.Probed || s.State.Carrier != "" || confined(s.State.Affected) {
		return nil
	}
	i := slices.IndexFunc(failing, func(g *service) bool { return g != s && dwarfs(g, s) })
	if i < 0 {
		return nil
	}
	return failing[i]
}

func dwarfs(g, s *service) bool {
	big, small := g.State.Size, s.State.Size
	over := func(z outcry.Size) float64 { return max(z.Reporters-z.Expected, 1) }
	return g.State.OnsetTick <= s.State.OnsetTick+giantSlack &&
		over(big) >= giantRate*over(small) &&
		g.State.Theta >= giantTheta*s.State.Theta
}

func confined(a outcry.Affected) bool {
	return len(a.Regions)+len(a.Carriers)+len(a.Platforms)+len(a.Versions)+len(a.Segments) > 0
}
