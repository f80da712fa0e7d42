package detect

import (
	"bytes"
	"encoding/gob"

	"github.com/outcry/outcry"
)

// Snapshot gives every service's state, so that a restart goes on where the
// last one stopped. The format is this version's own; [Judge.Restore] refuses
// what it does not know.
func (j *Judge) Snapshot() (map[string][]byte, error) {
	out := make(map[string][]byte, len(j.services))
	for _, s := range j.services {
		var b bytes.Buffer
		s.Reports.each((*segment).pack)
		s.packHistory()
		err := gob.NewEncoder(&b).Encode(saved{Format: format, Next: j.now, Service: s})
		s.Reports.each(func(g *segment) { g.Cells = nil })
		for i := range s.History {
			s.History[i].Cells = nil
		}
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInternal, err, "keep the state of service %s", s.ID)
		}
		out[s.ID] = b.Bytes()
	}
	return out, nil
}

// each visits a stream's segments: only those of reports have cells.
func (s *stream) each(visit func(*segment)) {
	visit(&s.Seg)
	for i := range s.Wait {
		visit(&s.Wait[i])
	}
}

// format changes whenever an old snapshot would be misread.
const format = 3

type saved struct {
	Format  int
	Next    outcry.Tick
	Service *service
}

// Restore takes a snapshot. Services that it does not hold start anew; those
// that the configuration no longer names are left out. A snapshot of another
// format is an error of CodeInvalid, and changes nothing.
func (j *Judge) Restore(blobs map[string][]byte) error {
	restored := make(map[string]saved, len(blobs))
	for id, b := range blobs {
		if j.byID[id] == nil {
			continue
		}
		var v saved
		if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&v); err != nil {
			return outcry.Wrap(outcry.CodeInvalid, err, "read the kept state of service %s", id)
		}
		if v.Format != format || v.Service == nil {
			return outcry.Errorf(outcry.CodeInvalid, "the kept state of service %s has format %d, not %d", id, v.Format, format)
		}
		restored[id] = v
	}
	for id, v := range restored {
		j.adopt(id, v)
	}
	return nil
}

func (j *Judge) adopt(id string, v saved) {
	s := v.Service
	s.ID, s.quorum = id, j.cfg.Quorum[id]
	s.fill()
	was := j.byID[id]
	s.index, s.at, s.category, s.doubts = was.index, was.at, was.category, was.doubts
	j.services[s.index], j.byID[id] = s, s
	s.awake = s.State.active() || s.State.Tier > outcry.TierNone
	j.settle(s)
	j.now = max(j.now, v.Next)
}

// fill makes the maps that an encoding leaves out when they are empty.
func (s *service) fill() {
	if s.Subs == nil {
		s.Subs = map[sub]*subSeries{}
	}
	s.Fixed.heard = true
	s.Reports.each(func(g *segment) { g.unpack(&s.Shares) })
	s.unpackHistory()
	if a := &s.State.Affected; s.State.active() {
		for _, list := range []*[]string{&a.Regions, &a.Carriers, &a.Platforms, &a.Versions, &a.Segments, &a.Symptoms} {
			if *list == nil {
				*list = []string{} // not confined
			}
		}
	}
	fresh := newShares()
	if s.Shares.Cells == nil {
		s.Shares.Cells = fresh.Cells
	}
	if s.Shares.Pairs == nil {
		s.Shares.Pairs = fresh.Pairs
	}
	if s.Shares.Symptoms == nil {
		s.Shares.Symptoms = fresh.Symptoms
	}
	for d := range s.Shares.Dims {
		if s.Shares.Dims[d] == nil {
			s.Shares.Dims[d] = fresh.Dims[d]
		}
	}
}
