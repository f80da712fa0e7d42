package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/outcry/outcry"
)

// Message is one stored message.
type Message struct {
	Seq     uint64
	At      time.Time // when it was stored, by the server's clock, or by Config.Clock of its publisher
	Data    []byte
	Pending uint64 // how many more waited behind it when it was delivered
}

const (
	readAhead     = 128 // messages asked for before they are handled
	readExpiry    = 10 * time.Second
	readHeartbeat = 2 * time.Second
	readPauseMin  = 50 * time.Millisecond
	readPauseMax  = 2 * time.Second
)

// Consume hands the partition's messages to handle, in order, as many at a time
// as are waiting (at most 128). It begins at the first message stored at or
// after since, or at sequence number after+1, whichever is earlier; a zero since
// does not count. It blocks until ctx ends, and returns its error, or until
// handle fails, and returns that one. Lost connections and servers are no end:
// it goes on behind the last message that handle has had.
//
// In a cluster it first waits to own the partition, see [Bus.Own], unless the
// caller does already, and fails with outcry.CodeConflict when it is taken away.
func (b *Bus) Consume(ctx context.Context, partition int, after uint64, since time.Time, handle func([]Message) error) error {
	if err := b.checkPartition(partition); err != nil {
		return err
	}
	ctx, release, err := b.Own(ctx, partition)
	if err != nil {
		return err
	}
	defer release()
	r := reader{bus: b, partition: partition, after: after, since: since, handle: handle}
	pause := readPauseMin
	for {
		before := r.last
		err := r.session(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if failed, ok := errors.AsType[*handlerError](err); ok {
			return failed.err
		}
		b.log.Warn("reading the stream was interrupted", "partition", partition, "after", r.last, "error", err)
		if r.last != before {
			pause = readPauseMin
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
			pause = min(2*pause, readPauseMax)
		}
	}
}

// handlerError sets the consumer's own errors apart from the stream's.
type handlerError struct{ err error }

func (e *handlerError) Error() string { return e.err.Error() }

// reader is one Consume, over as many sessions with the server as it takes.
type reader struct {
	bus       *Bus
	partition int
	after     uint64
	since     time.Time
	handle    func([]Message) error
	last      uint64 // the last sequence number handled; 0: none yet
}

// session reads until something fails, which it returns.
func (r *reader) session(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	c, err := r.consumer(ctx)
	if err != nil {
		return err
	}
	messages := make(chan jetstream.Msg, readAhead)
	var full atomic.Bool // the handler is slow: heartbeats queue behind messages
	reading, err := c.Consume(
		func(m jetstream.Msg) {
			full.Store(true)
			select {
			case messages <- m:
			case <-ctx.Done():
			}
			full.Store(false)
		},
		jetstream.PullMaxMessages(readAhead), jetstream.PullExpiry(readExpiry), jetstream.PullHeartbeat(readHeartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if !errors.Is(err, jetstream.ErrNoHeartbeat) || !full.Load() {
				fail(err)
			}
		}),
	)
	if err != nil {
		return fmt.Errorf("reading partition %d: %w", r.partition, err)
	}
	defer r.drop(c)
	defer reading.Stop()
	return r.deliver(ctx, messages)
}

// drop deletes a session's consumer; if that fails the server does when it has
// been idle.
func (r *reader) drop(c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(r.bus.ctx, readPauseMax)
	defer cancel()
	if err := r.bus.js.DeleteConsumer(ctx, streamName, c.CachedInfo().Name); err != nil {
		r.bus.log.Debug("deleting a consumer", "partition", r.partition, "error", err)
	}
}

// consumer makes a consumer on the server that starts where this reader stands.
// It holds no state that matters.
func (r *reader) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	c := jetstream.ConsumerConfig{
		FilterSubject:     r.bus.subject(r.partition),
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: time.Minute,
		MemoryStorage:     true,
		Replicas:          1,
	}
	if err := r.startAt(ctx, &c); err != nil {
		return nil, err
	}
	consumer, err := r.bus.js.CreateConsumer(ctx, streamName, c)
	if err != nil {
		return nil, fmt.Errorf("making a consumer of partition %d: %w", r.partition, err)
	}
	return consumer, nil
}

func (r *reader) startAt(ctx context.Context, c *jetstream.ConsumerConfig) error {
	c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.after+1
	if r.last > 0 {
		c.OptStartSeq = r.last + 1
		return nil
	}
	if r.since.IsZero() {
		return nil
	}
	earlier, err := r.sinceIsEarlier(ctx)
	if err != nil || !earlier {
		return err
	}
	c.DeliverPolicy, c.OptStartSeq, c.OptStartTime = jetstream.DeliverByStartTimePolicy, 0, &r.since
	return nil
}

// sinceIsEarlier compares since with when the message behind after was stored.
func (r *reader) sinceIsEarlier(ctx context.Context) (bool, error) {
	stream, err := r.bus.js.Stream(ctx, streamName)
	if err != nil {
		return false, fmt.Errorf("looking up the stream: %w", err)
	}
	next, err := stream.GetMsg(ctx, r.after+1, jetstream.WithGetMsgSubject(r.bus.subject(r.partition)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return true, nil // nothing behind it: all that is there is up to after
	}
	if err != nil {
		return false, fmt.Errorf("looking up message %d: %w", r.after+1, err)
	}
	return r.since.Before(next.Time), nil
}

// deliver gathers what waits and hands it over.
func (r *reader) deliver(ctx context.Context, messages <-chan jetstream.Msg) error {
	var batch []Message
	expected := uint64(1) // the server numbers what it delivers: a gap is a loss
	for {
		batch = batch[:0]
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case m := <-messages:
			first, err := r.message(m, &expected)
			if err != nil {
				return err
			}
			batch = append(batch, first)
		}
		batch, err := r.waiting(messages, batch, &expected)
		if err != nil {
			return err
		}
		if err := r.handle(batch); err != nil {
			return &handlerError{err}
		}
		r.last = batch[len(batch)-1].Seq
	}
}

// waiting appends what has arrived already.
func (r *reader) waiting(messages <-chan jetstream.Msg, batch []Message, expected *uint64) ([]Message, error) {
	for len(batch) < readAhead {
		select {
		case m := <-messages:
			next, err := r.message(m, expected)
			if err != nil {
				return nil, err
			}
			batch = append(batch, next)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

func (r *reader) message(m jetstream.Msg, expected *uint64) (Message, error) {
	meta, err := m.Metadata()
	if err != nil {
		return Message{}, fmt.Errorf("message of partition %d: %w", r.partition, err)
	}
	if meta.Sequence.Consumer != *expected {
		return Message{}, fmt.Errorf("delivery %d arrived where %d was due", meta.Sequence.Consumer, *expected)
	}
	*expected++
	out := Message{Seq: meta.Sequence.Stream, At: meta.Timestamp.UTC(), Data: m.Data(), Pending: meta.NumPending}
	if at := m.Headers().Get(headerAt); at != "" {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return Message{}, fmt.Errorf("message %d has no time in its header: %w", out.Seq, err)
		}
		out.At = time.UnixMilli(ms).UTC()
	}
	return out, nil
}

// Last is the sequence number of the partition's last message, 0 without one.
func (b *Bus) Last(ctx context.Context, partition int) (uint64, error) {
	if err := b.checkPartition(partition); err != nil {
		return 0, err
	}
	stream, err := b.js.Stream(ctx, streamName)
	if err != nil {
		return 0, outcry.Wrap(outcry.CodeUnavailable, err, "looking up the stream")
	}
	m, err := stream.GetLastMsgForSubject(ctx, b.subject(partition))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, outcry.Wrap(outcry.CodeUnavailable, err, "looking up the last message of partition %d", partition)
	}
	return m.Sequence, nil
}
