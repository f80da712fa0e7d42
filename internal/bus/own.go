package bus

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ownership is what this Bus owns, or waits to own.
type ownership struct {
	mu     sync.Mutex
	leases map[int]*lease
}

// Own waits until this process is the one that owns the partition: one instance
// at a time, and another within seconds when it lets go, or leaseTTL after it
// died. owned ends when ctx does, or when ownership is lost: its cause is then
// outcry.CodeConflict. release gives it up.
//
// It is a lease, not a fence: a process that was asleep may believe for a moment
// that it still owns what another has taken. Whoever writes under it must also
// check the position that it replaces.
//
// The embedded server has one user: there ownership is immediate.
func (b *Bus) Own(ctx context.Context, partition int) (owned context.Context, release func(), err error) {
	if err := b.checkPartition(partition); err != nil {
		return nil, nil, err
	}
	if b.server != nil {
		return ctx, func() {}, nil
	}
	l := b.joinLease(partition)
	leave := sync.OnceFunc(func() { b.leaveLease(l) })
	select {
	case <-l.got:
	case <-l.ctx.Done():
		leave()
		return nil, nil, context.Cause(l.ctx)
	case <-ctx.Done():
		leave()
		return nil, nil, context.Cause(ctx)
	}
	owned, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.ctx, func() { cancel(context.Cause(l.ctx)) })
	return owned, func() { stop(); cancel(nil); leave() }, nil
}

func (b *Bus) joinLease(partition int) *lease {
	b.owned.mu.Lock()
	defer b.owned.mu.Unlock()
	l := b.owned.leases[partition]
	if l == nil || l.ctx.Err() != nil {
		l = newLease(b, partition)
		if b.owned.leases == nil {
			b.owned.leases = make(map[int]*lease)
		}
		b.owned.leases[partition] = l
		b.work.Go(l.campaign)
	}
	l.users++
	return l
}

func (b *Bus) leaveLease(l *lease) {
	b.owned.mu.Lock()
	defer b.owned.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	l.cancel(errors.New("ownership was given up"))
	if b.owned.leases[l.partition] == l {
		delete(b.owned.leases, l.partition)
	}
}

// leasePace is the pace of ownership, all by each instance's own clock: an owner
// renews every beat, and stops by itself when it has not managed to for doubt;
// another takes over when it has seen no renewal for ttl. Servers take up to
// nine seconds to elect a leader, which must not cost ownership.
type leasePace struct {
	ttl, doubt, beat time.Duration
}

func defaultLease() leasePace {
	return leasePace{ttl: 15 * time.Second, doubt: 12 * time.Second, beat: time.Second}
}
