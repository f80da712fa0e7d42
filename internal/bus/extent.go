package bus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/outcry/outcry"
)

// Extent is what there is of the stream, over all partitions.
type Extent struct {
	// Born is when the stream was made. One of another birth is another stream,
	// whose numbers begin anew: the old one was lost, or deleted.
	Born        time.Time
	First, Last uint64 // sequence numbers; Last stays when messages leave
	Bytes       int64
	MaxBytes    int64 // 0: no limit
}

// Extent looks at the stream.
func (b *Bus) Extent(ctx context.Context) (Extent, error) {
	stream, err := b.js.Stream(ctx, streamName)
	if err != nil {
		return Extent{}, outcry.Wrap(outcry.CodeUnavailable, err, "looking up the stream")
	}
	i := stream.CachedInfo() // what Stream has just been told
	return Extent{
		Born: i.Created.UTC(), First: i.State.FirstSeq, Last: i.State.LastSeq,
		Bytes: int64(min(i.State.Bytes, 1<<62)), MaxBytes: max(0, i.Config.MaxBytes),
	}, nil
}

// Ready says why the stream would refuse signals now, if it would.
func (b *Bus) Ready(ctx context.Context) error {
	if _, err := b.health.check(); err != nil {
		return err
	}
	if b.space != nil {
		if err := b.space.check(); err != nil {
			return err
		}
	}
	e, err := b.Extent(ctx)
	if err == nil && e.MaxBytes > 0 && e.MaxBytes-e.Bytes < min(e.MaxBytes/16, 1<<20) {
		err = outcry.Errorf(outcry.CodeUnavailable, "the stream is full: it has %d bytes of %d", e.Bytes, e.MaxBytes)
	}
	return err
}

// Before gives the sequence number of the last message, of any partition, that
// was stored before at; it is First-1 when there is none.
func (b *Bus) Before(ctx context.Context, e Extent, at time.Time) (uint64, error) {
	stream, err := b.js.Stream(ctx, streamName)
	if err != nil {
		return 0, outcry.Wrap(outcry.CodeUnavailable, err, "looking up the stream")
	}
	from, to := e.First, e.Last+1 // the first message at or after at is in [from, to]
	for from < to {
		middle := from + (to-from)/2
		m, err := stream.GetMsg(ctx, middle)
		if err != nil {
			return 0, outcry.Wrap(outcry.CodeUnavailable, err, "looking up message %d", middle)
		}
		if m.Time.Before(at) {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return from - 1, nil
}

// Trim drops the messages of all partitions up to and including sequence number
// upTo: those that have been counted and are not needed to rebuild any memory.
// Trimming a single partition's would hold up every writer for as long as it
// takes to look at each message.
func (b *Bus) Trim(ctx context.Context, upTo uint64) error {
	if upTo == 0 {
		return nil
	}
	stream, err := b.js.Stream(ctx, streamName)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "looking up the stream")
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSequence(upTo+1)); err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "trimming up to message %d", upTo)
	}
	return nil
}
