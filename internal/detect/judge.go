package detect

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Judge holds every service's state. It is not safe for concurrent use.
type Judge struct {
	cfg      Config
	grid     thetaGrid
	lnA      [4]float64 // by tier
	services []*service
	byID     map[string]*service
	now      outcry.Tick // the next tick to judge
	due      []uint64    // a bit for each service that is awake or has news
	doubting int         // services whose vantages are in doubt
	parted   []partNews  // room for a tick's parts
	failing  []*service  // and for what is to be said of it
	report   []*service
	ahead    ahead
}

// New makes a judge that starts at a tick. A time zone that cannot be loaded is
// an error of CodeInvalid.
func New(cfg Config, start outcry.Tick) (*Judge, error) {
	j := &Judge{cfg: cfg, grid: newThetaGrid(), now: start, byID: map[string]*service{}}
	j.lnA = cfg.thresholds()
	for _, sv := range cfg.Services {
		zone, err := time.LoadLocation(cmp.Or(sv.Timezone, "UTC"))
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "service %s: unknown time zone %q", sv.ID, sv.Timezone)
		}
		s := newService(sv.ID, cfg.priorOf(sv.ID), start)
		s.at = local{zone, cfg.holidaysOf(sv.ID)}
		s.quorum = cfg.Quorum[sv.ID]
		if _, told := cfg.Prior[sv.ID]; !told {
			s.category = cfg.Category[sv.ID]
		}
		j.add(s)
	}
	return j, nil
}

func newService(id string, p Prior, start outcry.Tick) *service {
	return &service{ID: id, Reports: newStream(p, start), Posts: newTalk(start), Shares: newShares(),
		Subs: map[sub]*subSeries{}, State: condition{Is: outcry.CondNormal, Own: true}, Born: start}
}

func (j *Judge) add(s *service) {
	s.index = len(j.services)
	j.services = append(j.services, s)
	j.byID[s.ID] = s
	j.due = append(j.due, make([]uint64, s.index/64+1-len(j.due))...)
}

// mostAhead is by how many ticks the next may be left out: two years.
const mostAhead = 2 * ticksPerYear

// Next is the tick that Step expects.
func (j *Judge) Next() outcry.Tick { return j.now }

// Step judges tick t from its tallies. coverage is the share of collectors that
// were alive: with 0 the tick is skipped and every service is unknown. Ticks
// left out between steps count as covered and empty. A tick before
// [Judge.Next] is refused with CodeConflict, one that is years after it, and a
// coverage that is no share, with CodeInvalid: then nothing has changed.
//
// It gives a verdict on every service that is not simply normal, and on those
// that have just become so; no verdict is "normal, as before".
func (j *Judge) Step(t outcry.Tick, coverage float64, tallies []outcry.Tally) ([]outcry.Verdict, error) {
	if t < j.now {
		return nil, outcry.Errorf(outcry.CodeConflict, "tick %d is before tick %d, which is next", t, j.now)
	}
	if !(coverage >= 0 && coverage <= 1) {
		return nil, outcry.Errorf(outcry.CodeInvalid, "a coverage of %v is no share", coverage)
	}
	if t-j.now > mostAhead {
		return nil, outcry.Errorf(outcry.CodeInvalid, "tick %d is more than two years after tick %d, which is next: a clock is wrong", t, j.now)
	}
	j.now = t + 1
	if coverage == 0 {
		return j.blind(t), nil
	}
	j.group(tallies)
	health := j.doubted(t)
	j.failing, j.report = j.failing[:0], j.report[:0]
	for w, word := range j.due {
		j.ahead.look(j.services[64*w:], word)
		for ; word != 0; word &= word - 1 {
			j.turn(j.services[64*w+bits.TrailingZeros64(word)], t, health)
		}
	}
	j.across(j.failing)
	return verdicts(t, j.report), nil
}

// turn takes one service that is due through one tick.
func (j *Judge) turn(s *service, t outcry.Tick, health map[string]vantageHealth) {
	var view []vantageView
	if health != nil {
		view = s.views(health)
	}
	was := s.State.Is
	j.judge(s, t, s.news, view)
	clear(s.news)
	s.news = s.news[:0]
	j.settle(s)
	if s.State.Is == outcry.CondFailing || s.State.Is == outcry.CondRecovering {
		j.failing = append(j.failing, s)
	}
	if s.State.Is != outcry.CondNormal || was != outcry.CondNormal || s.State.Tier > outcry.TierNone {
		j.report = append(j.report, s)
	}
}

// settle notes what the next tick must know of a service without looking at it.
func (j *Judge) settle(s *service) {
	bit := uint64(1) << (s.index % 64)
	j.due[s.index/64] &^= bit
	if s.awake {
		j.due[s.index/64] |= bit
	}
	if was := s.doubts; was {
		j.doubting--
	}
	if s.doubts = s.doubted(); s.doubts {
		j.doubting++
	}
}

// group sorts the tick's tallies by service; tallies of services that the
// configuration does not name are not judged.
func (j *Judge) group(tallies []outcry.Tally) {
	for i := range tallies {
		y := &tallies[i]
		s := j.byID[y.Service]
		if s == nil {
			continue
		}
		s.news = gathered(s.news, y)
		j.due[s.index/64] |= 1 << (s.index % 64)
		if y.Kind == outcry.KindProbe {
			for c := range y.Cells {
				s.vantage(y.Cells[c].Vantage).Seen = y.Tick
			}
		}
	}
}

// gathered adds a tally to those of its service: of one kind there is one, in
// however many pieces it comes.
func gathered(have []*outcry.Tally, y *outcry.Tally) []*outcry.Tally {
	for i := range have {
		if have[i].Kind == y.Kind {
			both := *have[i]
			both.Cells = slices.Clone(both.Cells) // the caller's, as all of it is
			both.Add(*y)
			have[i] = &both
			return have
		}
	}
	return append(have, y)
}

// judge takes one service through one tick.
func (j *Judge) judge(s *service, t outcry.Tick, tallies []*outcry.Tally, view []vantageView) {
	l := s.at
	j.pool(s, t)
	s.Reports.advance(t, l)
	s.Posts.advance(t, l)
	unknown := s.levelUnknown()
	s.Reports.learn(l, &s.Shares)
	if unknown && !s.levelUnknown() && !s.State.active() {
		j.restore(s, t) // what was expected until now was a guess, and so is all evidence
	}
	s.Shares.age(t)
	if s.Posts.Heard {
		s.Posts.Complaints.learn(l, nil)
	}
	for i := range s.Meters {
		s.Meters[i].learn(l)
	}
	s.excuse(view)
	spoke := s.take(t, tallies, l)
	over := j.parts(s, t, tallies)
	watch, still := j.lnA[outcry.TierWatch], s.State.Is == outcry.CondNormal && s.State.Tier == outcry.TierNone
	calm := still && over.over+j.lnA[outcry.TierOutage] < watch
	if still && !spoke || calm && s.surelyWell(watch) {
		return
	}
	if calm && len(s.Marks) > 0 {
		if lnR, nats := j.grid.atMost(s, view); lnR < s.need(watch) {
			s.State.Nats, s.State.Evidence = max(nats, 0), nil
			return
		}
	}
	b := j.grid.believe(s, view)
	if len(s.Marks) > 0 && s.State.Is != outcry.CondRecovering {
		j.weigh(s, t, b, over)
	}
	if s.State.active() {
		j.follow(s, t, b, view)
	}
	if s.mistaken(t) {
		j.relearn(s, t, l)
	}
	s.awake = s.State.active() || s.State.Tier > outcry.TierNone
}

// afterglow is how long, in ticks, parts stay silent after a fault: people still
// report what they met in it, with its symptoms and from its places. The
// service as a whole is watched all the same.
const afterglow = 360

// parts feeds the service's scopes and gives the strongest of their alarms.
func (j *Judge) parts(s *service, t outcry.Tick, tallies []*outcry.Tally) alarm {
	young := s.Reports.Base.AllHours < noiseAfter
	known := s.State.active() && s.State.Is != outcry.CondSuspicious // there is nothing left to raise
	if young || known || s.State.Since > 0 && t-s.State.Since < afterglow {
		return alarm{over: math.Inf(-1)}
	}
	for _, y := range tallies {
		if y.Kind == outcry.KindReport && y.Fresh > 0 {
			return j.takeSubs(s, t, y.Cells)
		}
	}
	return alarm{over: math.Inf(-1)}
}

// weigh compares the belief, and the strongest alarm of a part, with the tiers.
func (j *Judge) weigh(s *service, t outcry.Tick, b belief, part alarm) {
	c := &s.State
	level := b.LnR + math.Log(wholeBudget) - s.margin()
	since, excess := s.Marks[b.Best].Mark.Tick, b.Win.C-b.Win.B
	if l := part.over + j.lnA[outcry.TierOutage]; l > level {
		level, since, excess = l, part.since, part.excess
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
		j.raise(s, t, b, since, excess)
		if c.Tier = outcry.TierOutage; !c.active() {
			c.Tier = outcry.TierSuspected
		}
	}
	if !c.active() {
		c.Nats = max(b.Nats, 0)
		c.Is, c.Evidence = outcry.CondNormal, nil
		if c.Tier > outcry.TierNone {
			c.Evidence = s.ledger(b, 0)
		}
	}
}

// doubted reports whether it matters how far a service's vantages are believed:
// one fails, or was cut off, or a fault is under way.
func (s *service) doubted() bool {
	if s.awake && len(s.Vantages) > 0 {
		return true
	}
	for i := range s.news {
		if s.news[i].Kind == outcry.KindProbe && s.news[i].Bad > 0 {
			return true
		}
	}
	for i := range s.Vantages {
		if v := &s.Vantages[i]; v.BadSince > 0 || v.Cut {
			return true
		}
	}
	return false
}

// doubted gives the health of all vantages if that matters to any service; those
// without news stand as they were left, see settle.
func (j *Judge) doubted(t outcry.Tick) map[string]vantageHealth {
	if j.doubting > 0 {
		return j.health(t)
	}
	for w, word := range j.due {
		for ; word != 0; word &= word - 1 {
			if j.services[64*w+bits.TrailingZeros64(word)].doubted() {
				return j.health(t)
			}
		}
	}
	return nil
}

// views says of a service's vantages how far they are to be believed. One that
// fails all of its services, while others pass them, is itself cut off.
func (s *service) views(health map[string]vantageHealth) []vantageView {
	s.view = s.view[:0]
	for i := range s.Vantages {
		s.view = append(s.view, health[s.Vantages[i].ID].view(len(s.Vantages)))
	}
	return s.view
}

// vantageHealth is one vantage over all services.
type vantageHealth struct {
	failing, passing int
	contradicted     int // services that it fails and another vantage has passed since
	seconded         int // services that it fails and another vantage fails too
	cut              bool
}

// view says how far a vantage is to be believed. One that was cut off remains so
// until it passes anything, or others fail all that it fails: that one of them is
// now failing for everybody says nothing of the rest.
func (h vantageHealth) view(vantages int) vantageView {
	alone := h.failing > 0 && h.passing == 0 && h.contradicted == h.failing && h.seconded < h.failing
	switch {
	case alone && h.failing > 1, h.cut && h.passing == 0 && h.contradicted > 0:
		return vantageView{limit: 0}
	case alone:
		return vantageView{limit: vantageLone}
	case vantages == 1 || h.passing > 0:
		return vantageView{limit: vantageCapOne, back: h.passing > 0}
	default:
		return vantageView{limit: vantageCap}
	}
}

func (j *Judge) health(t outcry.Tick) map[string]vantageHealth {
	health := map[string]vantageHealth{}
	for _, s := range j.services {
		for i := range s.Vantages {
			v := &s.Vantages[i]
			h := health[v.ID]
			h.cut = h.cut || v.Cut
			switch {
			case v.failing(t):
				h.failing++
				passed, failed := s.opinions(v, t)
				h.contradicted, h.seconded = h.contradicted+passed, h.seconded+failed
			case v.passing(t):
				h.passing++
			}
			health[v.ID] = h
		}
	}
	return vouched(health)
}

// vouched lets what a vantage passes elsewhere speak for its routes: one that
// fails, of a vantage that is online, is not at fault itself.
func vouched(health map[string]vantageHealth) map[string]vantageHealth {
	passing := map[string]int{}
	for id, h := range health {
		passing[outcry.VantageOf(id)] += h.passing
	}
	for id, h := range health {
		if of := outcry.VantageOf(id); of != id {
			h.passing = passing[of]
			health[id] = h
		}
	}
	return health
}

// opinions says whether another vantage has passed the service since this one
// fails it, and whether another one fails it too: 1 or 0.
func (s *service) opinions(v *vantage, t outcry.Tick) (passed, failed int) {
	for i := range s.Vantages {
		switch o := &s.Vantages[i]; {
		case o.ID == v.ID:
		case o.contradicts(v, t):
			passed = 1
		case o.failing(t):
			failed = 1
		}
	}
	return passed, failed
}

// blind passes over a tick that nobody watched.
func (j *Judge) blind(t outcry.Tick) []outcry.Verdict {
	out := make([]outcry.Verdict, 0, len(j.services))
	for _, s := range j.services {
		l := s.at
		s.Reports.advance(t, l)
		s.Reports.skip(t+1, l)
		s.unwatched(t)
		s.Posts.skip(t, l)
		s.Trend.Seen = t + 1
		for i := range s.Meters {
			s.Meters[i].skip(t+1, l)
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
	if c.Is == outcry.CondRecovering {
		v.Ended = s.ended()
	}
	return v
}

// Idle reports whether nothing is unusual anywhere: a tick without tallies then
// changes nothing, and need not be stepped.
func (j *Judge) Idle() bool {
	return !slices.ContainsFunc(j.services, func(s *service) bool { return s.awake })
}

// Usual is how many distinct reporters an hour are normal for a service at an
// instant, and whether that has been learned; without history it is a guess.
func (j *Judge) Usual(id string, at time.Time) (perHour float64, learned bool) {
	s := j.byID[id]
	if s == nil {
		return 0, false
	}
	perHour, _ = s.Reports.Base.rate(calendarOf(at, s.at.zone, s.at.holidays), s.Reports.Noise.V)
	return perHour, s.Reports.Base.AllHours >= 24
}
