package probe

import (
	"container/heap"
	"hash/fnv"
	"math"
	"time"
)

// entry is a check on schedule. Its runs are due at base plus a whole number
// of intervals, so that a late run does not push the later ones.
type entry struct {
	check   Check
	host    string // of its target; empty when near or not known
	base    time.Time
	due     time.Time
	began   time.Time // of the run that goes on
	hurried time.Time // when it was last brought forward
	index   int       // in the heap; -1: not in it
	running bool
	removed bool
}

// next moves the entry to its first time after now, and tells how many times
// were passed over. A run may begin, and end, a little before it is due.
func (e *entry) next(now time.Time) (skipped int64) {
	if now.Before(e.due) {
		now = e.due
	}
	n := int64(now.Sub(e.base)/e.check.Interval) + 1
	skipped = n - 1 - int64(e.due.Sub(e.base)/e.check.Interval)
	e.due = e.base.Add(time.Duration(n) * e.check.Interval)
	return max(skipped, 0)
}

// agenda is a heap of entries by their due times. It implements heap.Interface;
// use add, pop and move.
type agenda []*entry

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].due.Before(a[j].due) }
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push implements heap.Interface.
func (a *agenda) Push(x any) {
	e := x.(*entry) //nolint:forcetypeassert,errcheck // only add pushes
	e.index = len(*a)
	*a = append(*a, e)
}

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	e := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	e.index = -1
	return e
}

func (a *agenda) add(e *entry) { heap.Push(a, e) }

func (a *agenda) remove(e *entry) {
	if e.index >= 0 {
		heap.Remove(a, e.index)
	}
}

func (a *agenda) move(e *entry, due time.Time) {
	e.due = due
	if e.index >= 0 {
		heap.Fix(a, e.index)
	}
}

// phases spreads the checks of each interval evenly over it, whatever their
// number: the nth comes at n times the golden ratio, modulo one, which falls
// into the largest gap that is left (Knuth, TAOCP 3, 6.4). Where each vantage
// begins differs, so that several do not hit a target at the same time.
type phases struct {
	offset float64
	count  map[time.Duration]int
}

func newPhases(vantage string) *phases {
	h := fnv.New64a()
	h.Write([]byte(vantage)) //nolint:errcheck // a hash never fails
	return &phases{offset: float64(h.Sum64()>>11) / (1 << 53), count: make(map[time.Duration]int)}
}

// next is the delay of one more check of the interval.
func (p *phases) next(interval time.Duration) time.Duration {
	n := p.count[interval]
	p.count[interval]++
	_, frac := math.Modf(p.offset + float64(n)*(math.Phi-1))
	return time.Duration(frac * float64(interval))
}
