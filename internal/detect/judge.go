package detect

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Config is what the operator sets.
type Config struct {
	Services []outcry.Service
	// FalseAlarms is the budget: false public incidents that a service may have
	// in a year. Default 1.
	FalseAlarms float64
	// Holidays are local dates (2024-12-25) whose rhythm is a Sunday's.
	Holidays []string
	// Prior is what to expect of the reports of a service without history, by
	// service; the default is 6 an hour, hardly known.
	Prior map[string]Prior
}

// Judge holds every service's state. It is not safe for concurrent use.
type Judge struct {
	cfg      Config
	grid     thetaGrid
	lnA      [4]float64 // by tier
	services []*service
	byID     map[string]*service
	locals   map[string]local
	now      outcry.Tick // the next tick to judge
	awake    map[string]bool
}

const ticksPerYear = 3155760

// margin is by how much, in nats, ln R must exceed the bound ARL ≥ A. With the
// true baseline none would be needed: over nulls with log-rate sd 0 to 0.5,
// correlation 10 minutes to 6 hours and 4 to 1,000 reports an hour, one alarm a
// year came at ln A = 13.0 to 14.2, where the bound says 14.96, because R jumps
// over A. It pays for what a baseline of a few weeks does not know yet.
const margin = 0.7

func defaultPrior() Prior { return Prior{PerHour: 6, Size: 0.4} }
func postPrior() Prior    { return Prior{PerHour: 4, Size: 0.4} }

// New makes a judge that starts at a tick. A time zone that cannot be loaded is
// an error of CodeInvalid.
func New(cfg Config, start outcry.Tick) (*Judge, error) {
	if cfg.FalseAlarms <= 0 {
		cfg.FalseAlarms = 1
	}
	j := &Judge{cfg: cfg, grid: newThetaGrid(), now: start, byID: map[string]*service{}, locals: map[string]local{}, awake: map[string]bool{}}
	outage := math.Log(ticksPerYear / cfg.FalseAlarms)
	j.lnA = [4]float64{0, min(outage-2, math.Log(60480)), min(outage-1, math.Log(259200)), outage}
	holidays := map[string]bool{}
	for _, d := range cfg.Holidays {
		holidays[d] = true
	}
	for _, sv := range cfg.Services {
		zone, err := time.LoadLocation(cmp.Or(sv.Timezone, "UTC"))
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "service %s: unknown time zone %q", sv.ID, sv.Timezone)
		}
		j.locals[sv.ID] = local{zone, holidays}
		j.add(newService(sv.ID, cfg.priorOf(sv.ID), start))
	}
	return j, nil
}

func (c Config) priorOf(id string) Prior {
	if p, ok := c.Prior[id]; ok {
		return p
	}
	return defaultPrior()
}

func newService(id string, p Prior, start outcry.Tick) *service {
	return &service{ID: id, Reports: newStream(p, start), Posts: newStream(postPrior(), start), Shares: newShares(),
		Subs: map[sub]*subSeries{}, State: condition{Is: outcry.CondNormal, Own: true}}
}

func (j *Judge) add(s *service) {
	j.services = append(j.services, s)
	j.byID[s.ID] = s
}

// Next is the tick that Step expects.
func (j *Judge) Next() outcry.Tick { return j.now }

// Step judges tick t from its tallies. coverage is the share of collectors that
// were alive: with 0 the tick is skipped and every service is unknown. Ticks
// left out between steps count as covered and empty. A tick before
// [Judge.Next] is refused with CodeConflict.
//
// It gives a verdict on every service that is not simply normal, and on those
// that have just become so; no verdict is "normal, as before".
func (j *Judge) Step(t outcry.Tick, coverage float64, tallies []outcry.Tally) ([]outcry.Verdict, error) {
	if t < j.now {
		return nil, outcry.Errorf(outcry.CodeConflict, "tick %d is before tick %d, which is next", t, j.now)
	}
	j.now = t + 1
	if coverage <= 0 {
		return j.blind(t), nil
	}
	touched := j.group(tallies)
	view := j.views(t, touched)
	var failing []*service
	var report []*service
	for _, s := range j.services {
		mine := touched[s.ID]
		if mine == nil && !j.awake[s.ID] {
			continue
		}
		was := s.State.Is
		j.judge(s, t, mine, view[s.ID])
		if s.State.Is == outcry.CondFailing || s.State.Is == outcry.CondRecovering {
			failing = append(failing, s)
		}
		if s.State.Is != outcry.CondNormal || was != outcry.CondNormal || s.State.Tier > outcry.TierNone {
			report = append(report, s)
		}
	}
	j.across(failing)
	return verdicts(t, report), nil
}

// group sorts the tick's tallies by service; tallies of services that the
// configuration does not name are not judged.
func (j *Judge) group(tallies []outcry.Tally) map[string][]outcry.Tally {
	if len(tallies) == 0 {
		return nil
	}
	by := make(map[string][]outcry.Tally, len(tallies))
	for _, y := range tallies {
		if s := j.byID[y.Service]; s != nil {
			by[y.Service] = append(by[y.Service], y)
			if y.Kind == outcry.KindProbe {
				for _, c := range y.Cells {
					s.vantage(c.Vantage).Seen = y.Tick
				}
			}
		}
	}
	return by
}

// judge takes one service through one tick.
func (j *Judge) judge(s *service, t outcry.Tick, tallies []outcry.Tally, view []vantageView) {
	l := j.locals[s.ID]
	for _, x := range []*stream{s.Reports, s.Posts} {
		x.advance(t, l)
	}
	s.Reports.learn(l, s.Shares.learn)
	s.Shares.age(t)
	s.Posts.learn(l, func(segment) {})
	s.excuse(view)
	spoke := s.take(t, tallies, l)
	over := j.parts(s, t, tallies)
	if !spoke && !s.State.active() && s.State.Tier == outcry.TierNone && s.State.Is == outcry.CondNormal {
		return
	}
	b := j.grid.believe(s, view)
	if len(s.Marks) > 0 && s.State.Is != outcry.CondRecovering {
		j.weigh(s, t, b, over)
	}
	if s.State.active() {
		j.follow(s, t, b, view)
	}
	j.awake[s.ID] = s.State.active() || s.State.Tier > outcry.TierNone
}

// afterglow is how long, in ticks, parts stay silent after a fault: people still
// report what they met in it, with its symptoms and from its places. The
// service as a whole is watched all the same.
const afterglow = 360

// parts feeds the service's scopes and gives the strongest of their alarms.
func (j *Judge) parts(s *service, t outcry.Tick, tallies []outcry.Tally) alarm {
	young := s.Reports.Base.AllHours < noiseAfter
	if young || s.State.Since > 0 && t-s.State.Since < afterglow {
		return alarm{over: math.Inf(-1)}
	}
	for i := range tallies {
		if tallies[i].Kind == outcry.KindReport && tallies[i].Fresh > 0 {
			return j.grid.takeSubs(s, t, tallies[i].Cells, j.lnA[outcry.TierOutage])
		}
	}
	return alarm{over: math.Inf(-1)}
}

// weigh compares the belief, and the strongest alarm of a part, with the tiers.
func (j *Judge) weigh(s *service, t outcry.Tick, b belief, part alarm) {
	c := &s.State
	level := b.LnR + math.Log(wholeBudget) - margin
	since := s.Marks[b.Best].Mark.Tick
	if l := part.over + j.lnA[outcry.TierOutage]; l > level {
		level, since = l, part.since
	}
	tier := outcry.TierNone
	for k := outcry.TierWatch; k <= outcry.TierOutage; k++ {
		if level >= j.lnA[k] {
			tier = k
		}
	}
	if c.active() {
		tier = outcry.TierOutage
	}
	c.Tier = tier
	if level >= j.lnA[outcry.TierOutage] && (!c.active() || c.Is == outcry.CondSuspicious) {
		j.raise(s, t, b, since)
		if !c.active() {
			c.Tier = outcry.TierSuspected
		}
	}
	if !c.active() {
		c.Nats = max(b.Nats, 0)
		c.Evidence = s.ledger(b, 0)
		c.Is = outcry.CondNormal
	}
}

// views says of each service's vantages how far they are to be believed. One
// that fails all of its services, while others pass them, is itself cut off.
func (j *Judge) views(t outcry.Tick, touched map[string][]outcry.Tally) map[string][]vantageView {
	need := len(touched) > 0
	for _, a := range j.awake {
		need = need || a
	}
	if !need {
		return nil
	}
	health := j.health(t)
	out := make(map[string][]vantageView, len(j.services))
	for _, s := range j.services {
		vs := make([]vantageView, len(s.Vantages))
		for i := range s.Vantages {
			vs[i] = health[s.Vantages[i].ID].view(len(s.Vantages))
		}
		out[s.ID] = vs
	}
	return out
}

// vantageHealth is one vantage over all services.
type vantageHealth struct {
	failing, passing int
	contradicted     int // services that it fails and another vantage passes
}

func (h vantageHealth) view(vantages int) vantageView {
	switch {
	case h.failing > 0 && h.passing == 0 && h.contradicted == h.failing && h.failing > 1:
		return vantageView{limit: 0}
	case vantages == 1 || h.passing > 0:
		return vantageView{limit: vantageCapOne}
	default:
		return vantageView{limit: vantageCap}
	}
}

func (j *Judge) health(t outcry.Tick) map[string]vantageHealth {
	health := map[string]vantageHealth{}
	for _, s := range j.services {
		passing := 0
		for i := range s.Vantages {
			if s.Vantages[i].passing(t) {
				passing++
			}
		}
		for i := range s.Vantages {
			v := &s.Vantages[i]
			h := health[v.ID]
			switch {
			case v.failing(t):
				h.failing++
				if passing > 0 {
					h.contradicted++
				}
			case v.passing(t):
				h.passing++
			}
			health[v.ID] = h
		}
	}
	return health
}

// blind passes over a tick that nobody watched.
func (j *Judge) blind(t outcry.Tick) []outcry.Verdict {
	out := make([]outcry.Verdict, 0, len(j.services))
	for _, s := range j.services {
		l := j.locals[s.ID]
		for _, x := range []*stream{s.Reports, s.Posts} {
			x.advance(t, l)
			x.skip(t+1, l)
		}
		v := s.verdict(t)
		v.Condition = outcry.CondUnknown
		out = append(out, v)
	}
	return out
}

func verdicts(t outcry.Tick, services []*service) []outcry.Verdict {
	if len(services) == 0 {
		return nil
	}
	out := make([]outcry.Verdict, 0, len(services))
	for _, s := range services {
		out = append(out, s.verdict(t))
	}
	slices.SortFunc(out, func(x, y outcry.Verdict) int { return cmp.Compare(x.Service, y.Service) })
	return out
}

func (s *service) verdict(t outcry.Tick) outcry.Verdict {
	c := &s.State
	v := outcry.Verdict{Service: s.ID, Tick: t, Condition: c.Is, Tier: c.Tier, Nats: c.Nats, Confirmed: c.Confirmed, Own: c.Own, Cause: c.Cause, Carrier: c.Carrier}
	if c.Tier > outcry.TierNone || c.active() {
		v.Evidence, v.Onset, v.Affected, v.Size = c.Evidence, c.Onset, c.Affected, c.Size
	}
	return v
}

// Idle reports whether nothing is unusual anywhere: a tick without tallies then
// changes nothing, and need not be stepped.
func (j *Judge) Idle() bool {
	for _, a := range j.awake {
		if a {
			return false
		}
	}
	return true
}

// Usual is how many distinct reporters an hour are normal for a service at an
// instant, and whether that has been learned; without history it is a guess.
func (j *Judge) Usual(id string, at time.Time) (perHour float64, learned bool) {
	s := j.byID[id]
	if s == nil {
		return 0, false
	}
	perHour, _ = s.Reports.Base.rate(calendarOf(at, j.locals[id].zone, j.locals[id].holidays), s.Reports.Noise.V)
	return perHour, s.Reports.Base.AllHours >= 24
}
