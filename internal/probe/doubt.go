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
		s.emit(r)
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

// question asks the witnesses of a failure: the references, or the checks of
// other hosts, whose runs are brought forward.
func (s *Scheduler) question(ctx context.Context, r *run) {
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
		switch s.vantage.Judge(r.began, r.entry.host) {
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
