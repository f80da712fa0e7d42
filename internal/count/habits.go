package count

import (
	"cmp"
	"slices"
)

// habits is what is usual of a service's crowd: the mean over network windows
// of each network's, wide network's and agent's share of those who came. Every
// window weighs the same, however many came in it: a brigade of thousands
// weighs what a quiet quarter of an hour at night weighs.
type habits struct {
	UpTo    int64 // the last window learned
	Windows int   // how many had anybody in them
	Nets    shares
	Wides   shares
	Agents  shares
}

const (
	fewestWindows = 72   // the first half day is learned at this pace, so that one window is never the rule
	memoryWindows = 2016 // two weeks of ten minutes
	keptNetworks  = 256
	keptAgents    = 64
)

// learn takes in the window w. A window at or before UpTo was learned before
// the restart that makes it come again.
func (h *habits) learn(w int64, c *crowd) {
	if c.asked == 0 || w <= h.UpTo {
		return
	}
	h.UpTo = w
	h.Windows++
	weight := 1 / float64(min(max(h.Windows, fewestWindows), memoryWindows))
	h.Nets.learn(c.nets.list, c.asked, weight, keptNetworks)
	h.Wides.learn(c.wides.list, c.asked, weight, keptNetworks)
	h.Agents.learn(c.agents.list, c.asked, weight, keptAgents)
}

// shares are the largest usual shares, sorted by key. The list is cut to the
// kept ones when it has grown to twice as many, so that cutting is rare.
type shares []share

type share struct {
	Key  uint64
	Part float64
}

func (s shares) find(key uint64) (int, bool) {
	return slices.BinarySearchFunc(s, key, func(e share, k uint64) int { return cmp.Compare(e.Key, k) })
}

// share is the usual share of the key, 0 when it is not among the kept.
func (s shares) share(key uint64) float64 {
	if i, found := s.find(key); found {
		return s[i].Part
	}
	return 0
}

func (s *shares) learn(came []use, total uint32, weight float64, kept int) {
	for i := range *s {
		(*s)[i].Part *= 1 - weight
	}
	var newcomers []share
	for _, u := range came {
		part := float64(weight * float64(u.asked) / float64(total))
		if i, found := s.find(u.key); found {
			(*s)[i].Part += part
		} else if u.key != overflow {
			newcomers = append(newcomers, share{u.key, part})
		}
	}
	*s = append(*s, newcomers...)
	if len(*s) > 2*kept {
		slices.SortFunc(*s, func(x, y share) int {
			return cmp.Or(cmp.Compare(y.Part, x.Part), cmp.Compare(x.Key, y.Key))
		})
		*s = slices.Clip(slices.Clone((*s)[:kept]))
	}
	slices.SortFunc(*s, func(x, y share) int { return cmp.Compare(x.Key, y.Key) })
}
