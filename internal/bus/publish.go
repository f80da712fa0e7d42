package bus

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/outcry/outcry"
)

// headerAt carries the publisher's clock, milliseconds since the Unix epoch;
// only with Config.Clock.
const headerAt = "Outcry-At"

// The pace of a publish that gets no answer: it is repeated, under its id,
// until the caller's deadline or publishTimeout.
const (
	publishTimeout = 10 * time.Second
	publishAttempt = 3 * time.Second
	publishPause   = 50 * time.Millisecond
)

// Publish stores data in the partition and returns its sequence number, when it
// is on disk or on a quorum of the cluster. A repeat under the same id within
// Config.Duplicates is not stored again and gives the first one's number.
//
// It fails with outcry.CodeUnavailable when it could not learn that data is
// stored, which it still may be: repeat it under the same id. CodeTooLarge is
// more than the servers take in one message.
func (b *Bus) Publish(ctx context.Context, partition int, id string, data []byte) (seq uint64, err error) {
	if err := b.checkPartition(partition); err != nil {
		return 0, err
	}
	m := nats.NewMsg(b.subject(partition))
	m.Data = data
	m.Header.Set(jetstream.MsgIDHeader, id)
	if b.config.Clock != nil {
		m.Header.Set(headerAt, strconv.FormatInt(b.config.Clock().UnixMilli(), 10))
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	for {
		seq, err := b.tryPublish(ctx, m)
		if err == nil || !again(err) {
			return seq, publishError(err, len(data))
		}
		select {
		case <-ctx.Done():
			return 0, publishError(err, len(data))
		case <-time.After(publishPause):
		}
	}
}

func (b *Bus) tryPublish(ctx context.Context, m *nats.Msg) (uint64, error) {
	fit, err := b.health.check()
	if err == nil && b.space != nil {
		err = b.space.check()
	}
	if err != nil { // spares an attempt that is known to fail
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, publishAttempt)
	defer cancel()
	defer context.AfterFunc(fit, cancel)()
	ack, err := b.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0), jetstream.WithExpectStream(streamName))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// again reports whether the same publish may succeed in a moment: a connection
// or a leader that is being replaced, but not a stream that says no.
func again(err error) bool {
	if _, ok := errors.AsType[*outcry.Error](err); ok || errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrConnectionClosed) {
		return false
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	return !ok || api.Code == 503 && api.ErrorCode == clusterNotAvailable
}

// clusterNotAvailable is the server's "JetStream system temporarily unavailable".
const clusterNotAvailable jetstream.ErrorCode = 10008

func publishError(err error, size int) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*outcry.Error](err); ok {
		return err
	}
	if errors.Is(err, nats.ErrMaxPayload) {
		return outcry.Wrap(outcry.CodeTooLarge, err, "a message of %d bytes is more than the stream takes", size)
	}
	return outcry.Wrap(outcry.CodeUnavailable, err, "reports cannot be stored at the moment")
}
