package notify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// lane is what must be told in order: one incident over one channel to one
// subscriber.
type lane struct{ channel, incident, to string }

// job is a claimed notice.
type job struct {
	outcry.Notice
	until time.Time // the end of the lease
}

// waiter is a notice that waits for its next attempt; later ones of its lane
// wait with it.
type waiter struct {
	notice outcry.Notice
	next   time.Time
}

func laneOf(n *outcry.Notice) lane { return lane{n.Channel, n.Incident.ID, n.To} }

// order is in which notices of one lane are told.
func order(a, b *outcry.Notice) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Incident.Version, b.Incident.Version), cmp.Compare(a.ID, b.ID))
}

// accept puts claimed notices into their lanes, and starts those that rest.
func (d *Dispatcher) accept(work context.Context, notices []outcry.Notice, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var start []lane
	for _, n := range notices {
		l := laneOf(&n)
		q, running := d.queues[l]
		i, _ := slices.BinarySearchFunc(q, n, func(j job, n outcry.Notice) int { return order(&j.Notice, &n) })
		d.queues[l] = slices.Insert(q, i, job{n, until})
		d.held++
		if !running {
			start = append(start, l)
		}
	}
	for _, l := range start {
		d.worker.Go(func() { d.work(work, l) })
	}
}

// work sends what is in a lane, and ends with it.
func (d *Dispatcher) work(ctx context.Context, l lane) {
	for {
		j, ok := d.next(l)
		if !ok {
			d.Poke()
			return
		}
		d.handle(ctx, l, &j)
		d.mu.Lock()
		d.held--
		d.mu.Unlock()
	}
}

// next takes the first notice of a lane, or closes the lane when there is none.
func (d *Dispatcher) next(l lane) (job, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := d.queues[l]
	if len(q) == 0 {
		delete(d.queues, l)
		return job{}, false
	}
	d.queues[l] = q[1:]
	return q[0], true
}

// behind gives the instant until which a notice must wait for an earlier one of
// its lane. One that another instance has taken over is not waited for longer
// than its lease.
func (d *Dispatcher) behind(l lane, n *outcry.Notice) (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	w, ok := d.waiting[l]
	if !ok || w.notice.ID == n.ID || order(&w.notice, n) > 0 {
		return time.Time{}, false
	}
	if now.After(w.next.Add(d.o.Lease)) {
		delete(d.waiting, l)
		return time.Time{}, false
	}
	return later(w.next, now.Add(time.Second)), true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settle notes that a notice waits, or, when next is zero, waits no more.
func (d *Dispatcher) settle(l lane, n *outcry.Notice, next time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, ok := d.waiting[l]
	switch {
	case !next.IsZero() && (!ok || w.notice.ID == n.ID || order(n, &w.notice) < 0):
		d.waiting[l] = waiter{*n, next}
	case next.IsZero() && ok && w.notice.ID == n.ID:
		delete(d.waiting, l)
	}
}

// untilNext is how long there is nothing to do, as far as is known.
func (d *Dispatcher) untilNext() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, wait := d.o.Now(), d.o.Idle
	for l, w := range d.waiting {
		if now.After(w.next.Add(d.o.Lease)) {
			delete(d.waiting, l)
		} else if until := w.next.Sub(now); until > 0 {
			wait = min(wait, until)
		}
	}
	return wait
}
