package probe

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Sizes and times of an outbox.
const (
	maxBatch     = 500
	linger       = 200 * time.Millisecond // to gather a batch
	outboxSize   = 100_000                // signals kept while they cannot be sent: about 20 MB
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
	lastFlush    = 5 * time.Second // for what is left at the end
)

// Outbox sends signals in batches. While the sender fails it keeps them, and
// tries again; when it is full, the oldest go.
type Outbox struct {
	to      Sender
	log     *slog.Logger
	metrics *Metrics

	mu      sync.Mutex
	waiting []outcry.Signal
	first   uint64 // number, from the beginning, of waiting[0]
	size    int
	poke    chan struct{}
}

// NewOutbox makes an empty one. Metrics may be nil.
func NewOutbox(to Sender, log *slog.Logger, metrics *Metrics) *Outbox {
	return &Outbox{to: to, log: log, metrics: metrics, size: outboxSize, poke: make(chan struct{}, 1)}
}

// Add takes a signal; it never waits.
func (o *Outbox) Add(s outcry.Signal) {
	o.mu.Lock()
	if len(o.waiting) == o.size {
		o.drop(1)
		o.metrics.dropped(1)
	}
	o.waiting = append(o.waiting, s)
	n := len(o.waiting)
	o.mu.Unlock()
	o.metrics.waiting(n)
	select {
	case o.poke <- struct{}{}:
	default:
	}
}

// drop forgets the n oldest; the mutex is held.
func (o *Outbox) drop(n int) {
	o.waiting = o.waiting[n:]
	o.first += uint64(n)
}

// Run sends until the context ends, and then once more.
func (o *Outbox) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			o.last(ctx)
			return
		case <-o.poke:
		}
		Sleep(ctx, linger)
		o.drain(ctx)
	}
}

// drain sends batch after batch, patiently, until nothing waits.
func (o *Outbox) drain(ctx context.Context) {
	backoff := firstBackoff
	for ctx.Err() == nil {
		batch, first := o.peek()
		if len(batch) == 0 {
			return
		}
		err := o.to.Send(ctx, batch)
		if err == nil || outcry.CodeOf(err) == outcry.CodeInvalid {
			o.settle(batch, first, err)
			backoff = firstBackoff
			continue
		}
		if ctx.Err() == nil {
			o.log.Warn("signals of probes cannot be sent, will try again", "waiting", o.Len(), "in", backoff, "error", err)
		}
		Sleep(ctx, backoff/2+rand.N(backoff/2)) //nolint:gosec // jitter needs no secrecy
		backoff = min(2*backoff, maxBackoff)
	}
}

// settle forgets a batch: it was sent, or can never be.
func (o *Outbox) settle(batch []outcry.Signal, first uint64, refused error) {
	if refused != nil {
		o.log.Error("signals of probes were refused for good", "signals", len(batch), "error", refused)
		o.metrics.dropped(len(batch))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if end := first + uint64(len(batch)); end > o.first { // some may have been dropped meanwhile
		o.drop(int(end - o.first)) //nolint:gosec // at most the length of a batch
	}
	o.metrics.waiting(len(o.waiting))
}

// peek copies the oldest signals, at most a batch.
func (o *Outbox) peek() (batch []outcry.Signal, first uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.waiting), maxBatch)
	return append([]outcry.Signal(nil), o.waiting[:n]...), o.first
}

// last tries to send what is left when the process ends.
func (o *Outbox) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	for {
		batch, first := o.peek()
		if len(batch) == 0 {
			return
		}
		if err := o.to.Send(ctx, batch); err != nil {
			o.log.Error("signals of probes are lost at the end", "signals", o.Len(), "error", err)
			o.metrics.dropped(o.Len())
			return
		}
		o.settle(batch, first, nil)
	}
}

// Len is how many signals wait.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting)
}
