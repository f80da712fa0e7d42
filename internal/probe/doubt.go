package probe

import (
	"context"
	"time"

	"github.com/outcry/outcry"
)

// patience is how long a failure is held back while witnesses are asked. When
// none has answered by then, nobody can tell.
const patience = 30 * time.Second

// hurry bounds how often one check is brought forward as a witness, and
// reviewEvery how often all held failures are looked at.
const (
	hurry       = 5 * time.Second
	reviewEvery = 100 * time.Millisecond
)

// conclude sends what a run found, at once where the vantage has no part in
// it. A failure that a cut of the vantage could have caused is held until its
// witnesses are heard: that takes as long as one connect when it is online.
func (s *Scheduler) conclude(ctx context.Context, r *run) {
	e := r.entry
	if e.host == "" {
		s.near(ctx, r)
		return
	}
	blameless := r.result.Outcome == outcry.Bad && !r.result.Reason.onTheWay()
	heard := r.result.Outcome
	if blameless {
		heard = outcry.Good // it answered, if wrongly: the vantage is online
	}
	s.vantage.Observe(r.began, r.finished, e.host, heard)
	if r.result.Outcome != outcry.Bad || blameless {
		s.emit(r)
		return
	}
	s.held = append(s.held, r)
	s.question(ctx, r)
}

// near concludes a run of a target that is near, or whose host is not known: only
// the resolver can be at fault.
func (s *Scheduler) near(ctx context.Context, r *run) {
	if r.nameless() {
		s.held = append(s.held, r)
		s.names.ask(ctx)
		return
	}
	s.emit(r)
}

// nameless reports whether the run failed because a name could not be looked up,
// or, if it is a public one, because the resolver knows of no such name.
func (r *run) nameless() bool {
	if r.result.Outcome != outcry.Bad {
		return false
	}
	return r.result.Reason == ReasonDNSFailed || r.result.Reason == ReasonDNSNoName && r.entry.host != ""
}

// doubt is what the vantage makes of a failure that is held.
func (s *Scheduler) doubt(r *run) Doubt {
	d := Trusted
	if r.entry.host != "" {
		d = s.vantage.Judge(r.began, r.entry.host)
	}
	if d == Trusted && r.nameless() {
		return s.vantage.Resolves(r.began)
	}
	return d
}

// question asks the witnesses of a failure: the references, or the checks of
// other hosts, whose runs are brought forward.
func (s *Scheduler) question(ctx context.Context, r *run) {
	if r.nameless() {
		s.names.ask(ctx)
	}
	if s.vantage.Proven(r.began) {
		return
	}
	s.refs.ask(ctx)
	now := time.Now()
	for _, host := range s.vantage.Witnesses(now, r.entry.host) {
		peers := s.byHost[host]
		if len(peers) == 0 || peers[0].running || now.Sub(peers[0].hurried) < hurry {
			continue
		}
		peers[0].hurried = now
		s.agenda.move(peers[0], now)
	}
}

// review sends the failures that can be judged by now.
func (s *Scheduler) review(now time.Time) {
	if now.Sub(s.reviewed) < reviewEvery {
		return
	}
	s.reviewed = now
	kept := s.held[:0]
	for _, r := range s.held {
		switch s.doubt(r) {
		case Trusted:
			s.emit(r)
		case CutOff:
			s.disown(r)
		case Wait:
			if now.Sub(r.finished) < patience {
				kept = append(kept, r)
				continue
			}
			s.disown(r)
		}
	}
	clear(s.held[len(kept):])
	s.held = kept
	s.announce(s.vantage.CutOff())
}

// disown makes a failure one that says nothing about its service.
func (s *Scheduler) disown(r *run) {
	r.result.Outcome, r.result.Reason = outcry.Unknown, ReasonVantage
	s.emit(r)
}

// announce tells operators when the vantage is cut off, and when it is back.
func (s *Scheduler) announce(cut bool) {
	if cut == s.cut {
		return
	}
	s.cut = cut
	s.cfg.Metrics.cut(cut)
	if cut {
		s.log.Warn("this vantage seems to be cut off: its failing checks are unknown until a witness answers", "vantage", s.cfg.Vantage)
		return
	}
	s.log.Info("this vantage is online again", "vantage", s.cfg.Vantage)
}
