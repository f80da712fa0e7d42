package probe

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"time"
)

// take puts the checks of the last Update into force.
func (s *Scheduler) take() {
	s.mu.Lock()
	checks := s.pending
	s.pending = nil
	s.mu.Unlock()
	if checks == nil {
		return
	}
	now := time.Now()
	stay := make(map[string]bool, len(checks))
	for _, c := range checks {
		stay[c.Name] = true
		s.put(now, c)
	}
	for name, e := range s.entries {
		if !stay[name] {
			s.drop(e)
		}
	}
	s.vantage.Watch(slices.Collect(maps.Keys(s.byHost)))
	s.cfg.Metrics.scheduled(len(s.entries))
}

// put adds a check, or leaves the one of its name running when it is the same.
func (s *Scheduler) put(now time.Time, c Check) {
	if old := s.entries[c.Name]; old != nil {
		if old.check.same(c) {
			if old.check.Prober != c.Prober {
				closeProber(c.Prober, s.log)
			}
			return
		}
		s.drop(old)
	}
	e := &entry{check: c, base: now.Add(s.phases.next(c.Interval))}
	e.due = e.base
	if c.Target != "" && !IsLocal(c.Target) {
		e.host = hostOf(c.Target)
		s.byHost[e.host] = append(s.byHost[e.host], e)
	}
	s.entries[c.Name] = e
	s.agenda.add(e)
}

// drop takes a check off the schedule; a run that goes on ends unheard.
func (s *Scheduler) drop(e *entry) {
	delete(s.entries, e.check.Name)
	s.agenda.remove(e)
	if e.host != "" {
		rest := slices.DeleteFunc(s.byHost[e.host], func(x *entry) bool { return x == e })
		if s.byHost[e.host] = rest; len(rest) == 0 {
			delete(s.byHost, e.host)
		}
	}
	s.held = slices.DeleteFunc(s.held, func(r *run) bool { return r.entry == e })
	e.removed = true
	if !e.running {
		closeProber(e.check.Prober, s.log)
	}
}

// signalID is the same for every delivery of one run, and no other's.
func signalID(vantage, check string, at time.Time) uint64 {
	h := fnv.New64a()
	h.Write([]byte(vantage + "\x00" + check + "\x00"))                  //nolint:errcheck // a hash never fails
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))) //nolint:errcheck,gosec // as above; any bits do
	return max(h.Sum64(), 1)
}
