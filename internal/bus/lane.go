package bus

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/outcry/outcry"
)

// lane gathers for one partition. Whoever sends adds to the last batch waiting;
// as soon as fewer than Flights messages are on their way, the first one goes.
// So a batch holds what came while the disk was busy: one signal when it is idle.
type lane struct {
	g         *Gatherer
	partition int
	room      *semaphore.Weighted // MaxWaiting signals
	workers   sync.WaitGroup

	mu      sync.Mutex
	arrived sync.Cond
	waiting []*batch // oldest first
	spare   [][]outcry.Signal
	number  uint64
	closed  bool
}

// batch is what becomes one message.
type batch struct {
	id      string
	signals []outcry.Signal
	done    chan struct{} // closed when err is set
	err     error
}

func newLane(g *Gatherer, partition int) *lane {
	l := &lane{g: g, partition: partition, room: semaphore.NewWeighted(int64(g.options.MaxWaiting))}
	l.arrived.L = &l.mu
	for range g.options.Flights {
		l.workers.Go(l.work)
	}
	return l
}

// enqueue appends to out the batches that the signals went into.
func (l *lane) enqueue(ctx context.Context, signals []outcry.Signal, out []*batch) ([]*batch, error) {
	for len(signals) > 0 {
		n := min(len(signals), l.g.options.MaxSignals)
		if err := l.room.Acquire(ctx, int64(n)); err != nil {
			return out, outcry.Wrap(outcry.CodeUnavailable, err, "too many reports wait to be stored")
		}
		b, taken := l.add(signals[:n])
		if b == nil {
			l.room.Release(int64(n))
			return out, outcry.Errorf(outcry.CodeUnavailable, "shutting down")
		}
		if taken < n {
			l.room.Release(int64(n - taken))
		}
		out = append(out, b)
		signals = signals[taken:]
	}
	return out, nil
}

// add puts as many of the signals as fit into the last batch, or a new one; it
// gives no batch when the lane is closed.
func (l *lane) add(signals []outcry.Signal) (b *batch, taken int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, 0
	}
	if n := len(l.waiting); n > 0 && len(l.waiting[n-1].signals) < l.g.options.MaxSignals {
		b = l.waiting[n-1]
	} else {
		b = l.newBatch()
		l.waiting = append(l.waiting, b)
		l.arrived.Signal()
	}
	taken = min(len(signals), l.g.options.MaxSignals-len(b.signals))
	b.signals = append(b.signals, signals[:taken]...)
	return b, taken
}

func (l *lane) newBatch() *batch {
	l.number++
	b := &batch{
		id:   l.g.prefix + strconv.Itoa(l.partition) + "-" + strconv.FormatUint(l.number, 10),
		done: make(chan struct{}),
	}
	if n := len(l.spare); n > 0 {
		b.signals, l.spare = l.spare[n-1], l.spare[:n-1]
	}
	return b
}

// next waits for a batch; nil means that there will be none.
func (l *lane) next() *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 {
		if l.closed {
			return nil
		}
		l.arrived.Wait()
	}
	b := l.waiting[0]
	l.waiting = slices.Delete(l.waiting, 0, 1)
	return b
}

func (l *lane) work() {
	var data []byte
	for b := l.next(); b != nil; b = l.next() {
		data, b.err = l.publish(b.id, b.signals, data[:0])
		n := len(b.signals)
		l.recycle(b)
		close(b.done)
		l.room.Release(int64(n))
	}
}

// recycle keeps the batch's memory for another one, as many as can fly.
func (l *lane) recycle(b *batch) {
	signals := b.signals
	b.signals = nil
	clear(signals)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.spare) < 2*l.g.options.Flights {
		l.spare = append(l.spare, signals[:0])
	}
}

// publish stores the signals as one message, or as several when they are too
// long for one; data is memory to use.
func (l *lane) publish(id string, signals []outcry.Signal, data []byte) ([]byte, error) {
	data, err := outcry.AppendSignals(data, signals)
	if err != nil {
		return data, fmt.Errorf("encoding %d signals: %w", len(signals), err)
	}
	if n := len(signals); len(data) > l.g.options.MaxBytes && n > 1 {
		if data, err = l.publish(id+"a", signals[:n/2], data[:0]); err != nil {
			return data, err
		}
		return l.publish(id+"b", signals[n/2:], data[:0])
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.g.options.Timeout)
	defer cancel()
	start := time.Now()
	_, err = l.g.bus.Publish(ctx, l.partition, id, data)
	l.g.metrics.observe(len(signals), time.Since(start), err)
	if err != nil {
		l.g.options.Log.Warn("signals could not be stored", "partition", l.partition, "signals", len(signals), "error", err)
	}
	return data, err
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.arrived.Broadcast()
}
