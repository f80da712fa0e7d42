package bus

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/outcry/outcry"
)

// Names on the NATS servers of what ownership needs.
const (
	leaseStream = "OWNERS"
	leasePrefix = "owners."
)

// lease is this process's claim on one partition, shared by all in it that ask.
//
// It is a message: the last one of the partition's subject in a stream of their
// own names the owner, and each next one is stored only if it follows the one
// that its writer has seen (Nats-Expected-Last-Subject-Sequence). So the stream
// decides who was first, and all of it lives where the signals do.
//
// JetStream's pinned consumer groups, which were tried first, forget the pin when
// the consumer's leader changes, and pin clients that are gone: a partition was
// without an owner for a minute after one server died.
type lease struct {
	bus       *Bus
	partition int
	name      string // of this claim
	ctx       context.Context
	cancel    context.CancelCauseFunc // with why it ends
	got       chan struct{}           // closed when it is ours
	users     int                     // under ownership.mu

	// Of campaign alone:
	owned bool
	seq   uint64    // the last message seen
	since time.Time // when it was first seen, or ours was last renewed
}

func newLease(b *Bus, partition int) *lease {
	l := &lease{bus: b, partition: partition, name: rand.Text(), got: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancelCause(b.ctx)
	return l
}

// campaign asks for the partition until it is ours, renews it, and gives it up
// at the end.
func (l *lease) campaign() {
	beat := time.NewTicker(l.bus.config.lease.beat)
	defer beat.Stop()
	for {
		if err := l.turn(); err != nil && l.ctx.Err() == nil {
			l.bus.log.Warn("asking for ownership", "partition", l.partition, "owner", l.owned, "error", err)
		}
		if l.owned && time.Since(l.since) > l.bus.config.lease.doubt {
			l.lose()
		}
		select {
		case <-l.ctx.Done():
			l.giveUp()
			return
		case <-beat.C:
		}
	}
}

// turn renews, or takes what is free.
func (l *lease) turn() error {
	ctx, cancel := context.WithTimeout(l.ctx, 2*l.bus.config.lease.beat)
	defer cancel()
	if l.owned {
		err := l.write(ctx, l.name)
		if !wasOvertaken(err) {
			return err
		}
	}
	free, err := l.look(ctx)
	if err != nil || l.owned || !free {
		return err
	}
	if err := l.write(ctx, l.name); err != nil {
		if wasOvertaken(err) {
			return nil // somebody else was first
		}
		return err
	}
	l.owned = true
	close(l.got)
	return nil
}

// look reads who owns the partition. Ours is lost when it is another; a write of
// ours whose answer got lost is found here.
func (l *lease) look(ctx context.Context) (free bool, err error) {
	stream, err := l.bus.js.Stream(ctx, leaseStream)
	if err != nil {
		return false, fmt.Errorf("looking up the stream %s: %w", leaseStream, err)
	}
	now := time.Now()
	last, err := stream.GetLastMsgForSubject(ctx, l.subject())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		l.seq = 0
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking up the owner: %w", err)
	}
	owner := string(last.Data)
	if l.owned && owner != l.name {
		l.lose()
		return false, nil
	}
	if last.Sequence != l.seq {
		l.seq = last.Sequence
		if !l.owned {
			l.since = now
		}
	}
	return owner == "" || owner == l.name || now.Sub(l.since) > l.bus.config.lease.ttl, nil
}

// write stores a name behind the message that was seen last.
func (l *lease) write(ctx context.Context, name string) error {
	start := time.Now()
	ack, err := l.bus.js.Publish(ctx, l.subject(), []byte(name),
		jetstream.WithExpectLastSequencePerSubject(l.seq), jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("claiming partition %d: %w", l.partition, err)
	}
	l.seq, l.since = ack.Sequence, start
	return nil
}

func wasOvertaken(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

func (l *lease) lose() {
	l.owned = false
	l.cancel(outcry.Errorf(outcry.CodeConflict, "partition %d is not owned by this instance any more", l.partition))
}

// giveUp lets the next one have it at once.
func (l *lease) giveUp() {
	if !l.owned || l.bus.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), l.bus.config.lease.beat)
	defer cancel()
	if err := l.write(ctx, ""); err != nil {
		l.bus.log.Warn("giving up ownership", "partition", l.partition, "error", err)
	}
}

func (l *lease) subject() string { return fmt.Sprint(leasePrefix, l.partition) }

// makeLeases creates what ownership needs.
func (b *Bus) makeLeases(ctx context.Context) error {
	_, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:              leaseStream,
		Description:       "Outcry: which instance counts which partition",
		Subjects:          []string{leasePrefix + "*"},
		Storage:           jetstream.FileStorage,
		Replicas:          b.config.Replicas,
		MaxMsgsPerSubject: 1,
	})
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "making the stream %s", leaseStream)
	}
	return nil
}
