package page

import (
	"net/url"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// builder boils one world down to views.
type builder struct {
	clock
	opt       Options
	world     *World
	stale     bool
	shown     map[string]string // service names by ID
	standings []*standing       // in the world's order
	byID      map[string]*standing
}

// standing is how one service stands.
type standing struct {
	*Service
	name       string
	status     Status
	incident   *outcry.Incident   // the open one that weighs most; may be nil
	collateral *outcry.Incident   // an open one that only raises reports about it
	incidents  []*outcry.Incident // every one that is about it, newest first
}

func newBuilder(opt Options, w World) *builder {
	w = w.Public()
	b := &builder{
		clock: clock{now: w.Now, loc: opt.Location}, opt: opt, world: &w, stale: w.stale(),
		shown: make(map[string]string), byID: make(map[string]*standing),
	}
	for i := range w.Services {
		s := &standing{Service: &w.Services[i], name: clean(w.Services[i].Name, maxName)}
		b.shown[s.ID] = s.name
		b.byID[s.ID] = s
		b.standings = append(b.standings, s)
	}
	for i := range w.Incidents {
		b.attach(&w.Incidents[i])
	}
	for _, s := range b.standings {
		s.status = b.judge(s)
	}
	return b
}

// attach hands an incident to the services that it is about.
func (b *builder) attach(in *outcry.Incident) {
	for _, id := range in.Services {
		s := b.byID[id]
		if s == nil {
			continue
		}
		s.incidents = append(s.incidents, in)
		if in.Open() && (s.incident == nil || weight(present(in)) > weight(present(s.incident))) {
			s.incident = in
		}
	}
	for _, id := range in.Collateral {
		if s := b.byID[id]; s != nil && in.Open() {
			s.collateral = in
		}
	}
}

// judge gives a service its status: an open incident's word stands even when
// nothing is heard; without one, silence is unknown and not working.
func (b *builder) judge(s *standing) Status {
	switch {
	case s.incident != nil:
		return present(s.incident)
	case b.stale || s.Condition == outcry.CondUnknown:
		return Unknown
	default:
		return Operational
	}
}

// members gives the services of a page in its order.
func (b *builder) members(p Page) []*standing {
	if len(p.Services) == 0 {
		return b.standings
	}
	var out []*standing
	for _, id := range p.Services {
		if s := b.byID[id]; s != nil {
			out = append(out, s)
		}
	}
	return out
}

// about picks the incidents that concern any of the services.
func (b *builder) about(members []*standing) []*outcry.Incident {
	in := make(map[string]bool, len(members))
	for _, s := range members {
		in[s.ID] = true
	}
	concerns := func(id string) bool { return in[id] }
	var out []*outcry.Incident
	for i := range b.world.Incidents {
		inc := &b.world.Incidents[i]
		if slices.ContainsFunc(inc.Services, concerns) || len(inc.Services) == 0 {
			out = append(out, inc)
		}
	}
	return out
}

// recent reports whether an incident ended a short while ago.
func (b *builder) recent(in *outcry.Incident) bool {
	return !in.Open() && b.now.Sub(ended(in, b.now)) < RecentlyResolved
}

// month names a month in URLs.
func (b *builder) month(t time.Time) string { return t.In(b.loc).Format("2006-01") }

func servicePath(id string) string  { return "/s/" + url.PathEscape(id) }
func incidentPath(id string) string { return "/incidents/" + url.PathEscape(id) }
