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
	seal      func(View) View // gives a view its version; nil: nobody needs it
	memory    *Memory         // nil: nothing is kept
	world     *World
	stale     bool
	shown     map[string]string // service names by ID
	standings []*standing       // in the world's order
	byID      map[string]*standing
	records   []VendorAPI       // of vendors' own pages
	groupIDs  map[string]string // IDs of groups in the v2 documents, by name
	prints    prints
}

// standing is how one service stands.
type standing struct {
	*Service
	name       string
	status     Status
	incident   *outcry.Incident   // the open one that weighs most; may be nil
	collateral *outcry.Incident   // an open one that only raises reports about it
	planned    *Maintenance       // under way now
	incidents  []*outcry.Incident // every one that is about it, newest first
	uptime     string             // in words, for its bars
	prints     standingPrints
}

func newBuilder(opt Options, w World, in *tongue) *builder {
	w = w.Public()
	b := &builder{
		clock: clock{tongue: in, now: notedTime{at: w.Now}, loc: opt.Location}, opt: opt, world: &w, stale: w.stale(),
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
	for i := range w.Maintenances {
		b.plan(&w.Maintenances[i])
	}
	b.groupIDs = v2Groups(b.standings)
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
	case s.planned != nil:
		return Maintained
	case b.stale || s.Condition == outcry.CondUnknown || s.unseen():
		return Unknown
	default:
		return Operational
	}
}

// unseen reports whether nobody is known to look: of the checks that the service
// has none can tell, or it has none and no vendor's page can be read, and in a day
// nobody has said anything. Where people do report, their silence means something.
func (s *Service) unseen() bool {
	blind := func(p Probe) bool { return p.Outcome == outcry.Unknown }
	mute := func(n Bulletin) bool { return n.mute() }
	spoke := func(x Bin) bool { return x.Reports > 0 }
	switch {
	case s.Works > 0 || slices.ContainsFunc(s.Series, spoke):
		return false
	case len(s.Probes) > 0:
		return each(s.Probes, blind)
	default:
		return len(s.Bulletins) > 0 && each(s.words(), mute)
	}
}

// words are what each of the vendors says now.
func (s *Service) words() []Bulletin {
	var out []Bulletin
	for _, n := range s.Bulletins {
		if !slices.ContainsFunc(out, func(x Bulletin) bool { return x.Source == n.Source }) {
			out = append(out, n)
		}
	}
	return out
}

func each[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !is(x) })
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

// concerning picks the incidents that concern any of the services.
func (b *builder) concerning(members []*standing) []*outcry.Incident {
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
	return !in.Open() && b.now.before(b.ended(in).Add(RecentlyResolved))
}

// month names a month in URLs.
func (b *builder) month(t time.Time) string { return t.In(b.loc).Format("2006-01") }

func servicePath(id string) string  { return "/s/" + url.PathEscape(id) }
func incidentPath(id string) string { return "/incidents/" + url.PathEscape(id) }
