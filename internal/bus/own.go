package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/outcry/outcry"
)

// Names on the NATS servers of what ownership needs.
const (
	leaseStream   = "OWNERS"
	leasePrefix   = "owners."
	leaseConsumer = "owner-"
	leaseGroup    = "owner"
)

// leasePace is the pace of ownership. The server pins a consumer group to one
// client until it has not asked for ttl; every candidate publishes a nudge now
// and then, the pinned one receives them, and stops by itself when none has come
// for doubt: before the server can give its place away, and after the time that
// the servers take to elect a leader (nine seconds at most).
type leasePace struct {
	ttl, doubt, nudge time.Duration
}

func defaultLease() leasePace {
	return leasePace{ttl: 20 * time.Second, doubt: 14 * time.Second, nudge: time.Second}
}

// ownership is what this Bus owns, or waits to own.
type ownership struct {
	mu     sync.Mutex
	leases map[int]*lease
}

// lease is one partition's, shared by all of this Bus that ask for it.
type lease struct {
	ctx    context.Context // ends when the lease is lost or given up
	cancel context.CancelCauseFunc
	got    chan struct{} // closed when it is ours
	once   sync.Once
	seen   atomic.Int64 // when the last nudge came: Unix nanoseconds
	users  int          // under ownership.mu
}

// Own waits until this process is the one that owns the partition, by
// JetStream's pinned consumer groups: one instance at a time, and another within
// seconds when it dies or lets go. owned ends when ctx does, or when ownership
// is lost: its cause is then outcry.CodeConflict. release gives it up.
//
// It is a lease, not a fence: for a moment two may believe that they own it.
// Whoever writes under it must also check the position that it replaces.
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
	leave := sync.OnceFunc(func() { b.leaveLease(partition, l) })
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
		l = &lease{got: make(chan struct{})}
		l.ctx, l.cancel = context.WithCancelCause(b.ctx)
		if b.owned.leases == nil {
			b.owned.leases = make(map[int]*lease)
		}
		b.owned.leases[partition] = l
		b.work.Go(func() { b.campaign(partition, l) })
	}
	l.users++
	return l
}

func (b *Bus) leaveLease(partition int, l *lease) {
	b.owned.mu.Lock()
	defer b.owned.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	l.cancel(errors.New("ownership was given up"))
	if b.owned.leases[partition] == l {
		delete(b.owned.leases, partition)
	}
}

// campaign asks for the partition until it is ours, keeps it, and hands it over
// at the end.
func (b *Bus) campaign(partition int, l *lease) {
	for l.ctx.Err() == nil {
		err := b.holdLease(partition, l)
		if err == nil || l.ctx.Err() != nil {
			return
		}
		b.log.Warn("asking for ownership was interrupted", "partition", partition, "error", err)
		if l.owned() {
			l.lose(partition)
			return
		}
		pause(l.ctx, b.config.lease.nudge)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (l *lease) owned() bool { return l.seen.Load() != 0 }

func (l *lease) lose(partition int) {
	l.cancel(outcry.Errorf(outcry.CodeConflict, "another instance owns partition %d now", partition))
}

func (b *Bus) holdLease(partition int, l *lease) error {
	consumer, err := b.leaseConsumer(l.ctx, partition)
	if err != nil {
		return err
	}
	broken := make(chan error, 1)
	reading, err := consumer.Consume(
		func(jetstream.Msg) {
			l.seen.Store(time.Now().UnixNano())
			l.once.Do(func() { close(l.got) })
		},
		jetstream.PullPriorityGroup(leaseGroup), jetstream.PullMaxMessages(1),
		jetstream.PullExpiry(b.config.lease.doubt), jetstream.PullHeartbeat(b.config.lease.nudge),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			select {
			case broken <- err:
			default:
			}
		}),
	)
	if err != nil {
		return fmt.Errorf("asking for partition %d: %w", partition, err)
	}
	defer b.handOver(partition, l)
	defer reading.Stop()
	return b.keepLease(partition, l, broken)
}

// keepLease nudges, and watches that nudges arrive.
func (b *Bus) keepLease(partition int, l *lease, broken <-chan error) error {
	tick := time.NewTicker(b.config.lease.nudge)
	defer tick.Stop()
	b.nudge(partition, l)
	for {
		select {
		case <-l.ctx.Done():
			return nil
		case err := <-broken:
			if l.owned() && errors.Is(err, jetstream.ErrPinIDMismatch) {
				l.lose(partition)
				return nil
			}
			b.log.Debug("asking for ownership", "partition", partition, "error", err)
		case <-tick.C:
			b.nudge(partition, l)
		}
		if l.owned() && time.Since(time.Unix(0, l.seen.Load())) > b.config.lease.doubt {
			l.lose(partition)
			return nil
		}
	}
}

func (b *Bus) nudge(partition int, l *lease) {
	if err := b.conn.Publish(fmt.Sprint(leasePrefix, partition), nil); err != nil && l.ctx.Err() == nil {
		b.log.Debug("nudging the owner", "partition", partition, "error", err)
	}
}

// handOver unpins us, so that the next one need not wait for us to expire.
func (b *Bus) handOver(partition int, l *lease) {
	if !l.owned() || errors.Is(context.Cause(l.ctx), context.Canceled) && b.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), b.config.lease.nudge)
	defer cancel()
	if outcry.CodeOf(context.Cause(l.ctx)) == outcry.CodeConflict {
		return // it is somebody else's pin
	}
	stream, err := b.js.Stream(ctx, leaseStream)
	if err == nil {
		err = stream.UnpinConsumer(ctx, fmt.Sprint(leaseConsumer, partition), leaseGroup)
	}
	if err != nil {
		b.log.Debug("handing a partition over", "partition", partition, "error", err)
	}
}

func (b *Bus) leaseConsumer(ctx context.Context, partition int) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	stream, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:              leaseStream,
		Description:       "Outcry: which instance counts which partition",
		Subjects:          []string{leasePrefix + "*"},
		Storage:           jetstream.MemoryStorage,
		Replicas:          b.config.Replicas,
		MaxMsgsPerSubject: 1,
		MaxAge:            time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("making the stream %s: %w", leaseStream, err)
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:        fmt.Sprint(leaseConsumer, partition),
		FilterSubject:  fmt.Sprint(leasePrefix, partition),
		AckPolicy:      jetstream.AckNonePolicy,
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{leaseGroup},
		PinnedTTL:      b.config.lease.ttl,
	})
	if err != nil {
		return nil, fmt.Errorf("making the consumer for partition %d: %w", partition, err)
	}
	return consumer, nil
}
