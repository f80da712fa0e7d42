package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/bus"
	"github.com/outcry/outcry/internal/count"
)

// signalStream is what a counter reads: the bus.
type signalStream interface {
	Consume(ctx context.Context, partition int, after uint64, since time.Time, handle func([]bus.Message) error) error
	Last(ctx context.Context, partition int) (uint64, error)
}

// streamPlace is where a counter stands: which stream that is, and whether the
// partition is its own.
type streamPlace interface {
	Own(ctx context.Context, partition int) (owned context.Context, release func(), err error)
	Extent(ctx context.Context) (bus.Extent, error)
}

// tallyBook is where a counter writes: the store.
type tallyBook interface {
	Rewind(ctx context.Context, partition int, from, to uint64) error
	CommitTallies(ctx context.Context, partition int, from, to uint64, complete outcry.Tick, deltas []outcry.Tally) error
	Position(ctx context.Context, partition int) (seq uint64, complete outcry.Tick, at time.Time, err error)
}

// memoryBook keeps what an abacus has learned of its crowds.
type memoryBook interface {
	Setting(ctx context.Context, key string) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte) error
}

// counter counts one partition of the stream into the store, exactly once: the
// tallies and the stream position that they cover are one transaction, and the
// abacus' memory is rebuilt from the stream itself after a restart.
type counter struct {
	partition int
	bus       signalStream
	place     streamPlace
	book      tallyBook
	memory    memoryBook
	log       *slog.Logger
	now       func() time.Time
	// stored says when a signal is taken to have arrived: when the stream
	// stored it, or, in a replay, when the scenario says.
	stored func(m *bus.Message, s *outcry.Signal) time.Time

	ready chan struct{} // closed when the position is known
	born  time.Time     // of the stream that is read
	still bool          // commits only when told to settle: in a replay

	mu       sync.Mutex
	abacus   *count.Abacus
	pos      uint64      // what the store's tallies cover
	seen     uint64      // the last message that the abacus has had
	seenAt   time.Time   // when that was stored
	complete outcry.Tick // the watermark in the store
	pending  *tallySums  // flushed, and not yet in the store
	window   int64       // of the last snapshot
	signals  []outcry.Signal
	reread   int
	advanced chan struct{} // closed when messages were counted; nil: nobody waits
}

// commitEvery is how often counts reach the store while signals flow.
const commitEvery = 100 * time.Millisecond

// run counts until ctx ends, as soon as the partition is its own: nobody else
// moves the position then, nor the watermark. An error of CodeConflict means
// that another counter has taken the partition over, or that the stream is
// another one.
func (c *counter) run(ctx context.Context, cfg count.Config) error {
	ctx, release, err := c.place.Own(ctx, c.partition)
	if err != nil {
		return fmt.Errorf("wait to own partition %d: %w", c.partition, err)
	}
	defer release()
	pos, complete, at, err := c.locate(ctx)
	if err != nil {
		return err
	}
	since := c.remember(ctx, count.New(cfg), at)
	c.pos, c.seen, c.complete, c.pending = pos, pos, complete, newTallySums()
	close(c.ready)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var beat sync.WaitGroup
	defer beat.Wait()
	if !c.still {
		beat.Go(func() { c.beat(ctx, stop) })
	}
	err = c.bus.Consume(ctx, c.partition, pos, since, c.take)
	stop(err)
	return err
}

// remember brings the abacus' memory back, and says from when the stream must be
// read again for it.
func (c *counter) remember(ctx context.Context, a *count.Abacus, at time.Time) (since time.Time) {
	c.abacus = a
	if at.IsZero() {
		return time.Time{}
	}
	since = at.Add(-a.Rebuild())
	blob, err := c.memory.Setting(ctx, c.key())
	if err != nil || len(blob) == 0 {
		return since
	}
	from, err := a.Restore(blob)
	if err != nil {
		c.log.Warn("counter: what was learned of the usual crowds is lost, it will be learned anew", "partition", c.partition, "error", err)
		return since
	}
	c.window = a.Window()
	if from.Before(since) {
		return from
	}
	return since
}

func (c *counter) key() string { return fmt.Sprintf("abacus.%d", c.partition) }

// take counts messages. Those that the store covers already only rebuild the
// abacus' memory.
func (c *counter) take(messages []bus.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range messages {
		m := &messages[i]
		if m.Seq > c.pos && c.reread > 0 {
			c.abacus.Discard()
			c.log.Info("counter: recovered its memory from the stream", "partition", c.partition, "position", c.pos, "messages_read_again", c.reread)
			c.reread = 0
		}
		if err := c.add(m); err != nil {
			return err
		}
		if m.Seq <= c.pos {
			c.reread++
			continue
		}
		c.seen, c.seenAt = m.Seq, m.At
	}
	if c.advanced != nil {
		close(c.advanced)
		c.advanced = nil
	}
	return nil
}

func (c *counter) add(m *bus.Message) (err error) {
	if c.signals, err = outcry.DecodeSignals(c.signals[:0], m.Data); err != nil {
		// not ours, or of a newer version: it is counted by nobody, and said
		c.log.Error("counter: a message that cannot be read was passed over", "partition", c.partition, "seq", m.Seq, "error", err)
		return nil
	}
	for i := range c.signals {
		s := &c.signals[i]
		c.abacus.Add(*s, c.stored(m, s))
	}
	return nil
}

// beat commits at intervals, and moves the watermark.
func (c *counter) beat(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		complete, err := c.watermark(ctx)
		if err == nil {
			err = c.commit(ctx, complete)
		}
		if err != nil && ctx.Err() == nil {
			if outcry.CodeOf(err) == outcry.CodeConflict {
				stop(err)
				return
			}
			c.log.Error("counter: the counts could not be stored, they are kept and tried again", "partition", c.partition, "error", err)
		}
	}
}

// watermark is the last tick of which everything has been counted: with nothing
// left to read, the one before now. An error says that the stream is not the one
// that was counted.
func (c *counter) watermark(ctx context.Context) (outcry.Tick, error) {
	asked := c.now()
	c.mu.Lock()
	seen, seenAt, complete := c.seen, c.seenAt, c.complete
	c.mu.Unlock()
	if outcry.TickOf(asked)-1 <= complete {
		return complete, nil
	}
	if err := c.same(ctx, seen); err != nil {
		return complete, err
	}
	last, err := c.bus.Last(ctx, c.partition)
	switch {
	case err != nil:
		return complete, nil //nolint:nilerr // the next beat asks again
	case seen >= last:
		return outcry.TickOf(asked) - 1, nil
	case seenAt.IsZero():
		return complete, nil
	default:
		return max(complete, outcry.TickOf(seenAt)-1), nil
	}
}

// commit stores what was counted since the last time, and the watermark.
func (c *counter) commit(ctx context.Context, complete outcry.Tick) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == c.pos && complete == c.complete && c.pending.empty() {
		return nil
	}
	if c.reread == 0 {
		c.pending.add(c.abacus.Flush())
	}
	if err := c.book.CommitTallies(ctx, c.partition, c.pos, c.seen, complete, c.pending.list()); err != nil {
		return fmt.Errorf("store the counts of partition %d up to message %d: %w", c.partition, c.seen, err)
	}
	c.pos, c.complete = c.seen, complete
	c.pending.clear()
	return c.keep(ctx)
}

// keep stores what the abacus has learned, when it has learned.
func (c *counter) keep(ctx context.Context) error {
	w := c.abacus.Window()
	if w == c.window {
		return nil
	}
	blob, err := c.abacus.Snapshot()
	if err != nil {
		return err
	}
	if err := c.memory.PutSetting(ctx, c.key(), blob); err != nil {
		return fmt.Errorf("keep the usual crowds of partition %d: %w", c.partition, err)
	}
	c.window = w
	return nil
}

// settle waits until everything in the stream is counted, and stores it with the
// watermark: a replay's turn of the counter.
func (c *counter) settle(ctx context.Context, complete outcry.Tick) error {
	last, err := c.bus.Last(ctx, c.partition)
	if err != nil {
		return fmt.Errorf("find the end of the stream: %w", err)
	}
	for {
		c.mu.Lock()
		done := c.seen >= last
		if !done && c.advanced == nil {
			c.advanced = make(chan struct{})
		}
		wait := c.advanced
		c.mu.Unlock()
		if done {
			return c.commit(ctx, complete)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
