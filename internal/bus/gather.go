package bus

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Publisher is what a [Gatherer] publishes to: a [Bus].
type Publisher interface {
	Partitions() int
	Publish(ctx context.Context, partition int, id string, data []byte) (seq uint64, err error)
}

// Partitioner says which partition a signal goes to, out of so many. It must be
// the same in every process, and over restarts.
type Partitioner func(s *outcry.Signal, partitions int) int

// ByService sends all signals of a service to one partition, so that one
// counter sees all of them, except for services too hot for one counter: those
// are split by reporter into as many parts as split says.
func ByService(split map[string]int) Partitioner {
	return func(s *outcry.Signal, partitions int) int {
		if partitions == 1 {
			return 0
		}
		// FNV-1a, 64 bit: http://www.isthe.com/chongo/tech/comp/fnv/
		h := uint64(14695981039346656037)
		for i := range len(s.Service) {
			h = (h ^ uint64(s.Service[i])) * 1099511628211
		}
		if parts := split[s.Service]; parts > 1 {
			h += s.Reporter % uint64(parts)
		}
		return int(h % uint64(partitions))
	}
}

// GatherOptions bound a [Gatherer]. Zero fields take the defaults.
type GatherOptions struct {
	MaxSignals int           // in one message; default 4096
	MaxBytes   int           // of one message; default 900 kB, as NATS servers take 1 MiB
	Flights    int           // messages on their way at a time, per partition; default 2
	MaxWaiting int           // signals waiting at a time, per partition; Send blocks beyond; default 64 × MaxSignals
	Timeout    time.Duration // for storing one message; default 10 s
	Log        *slog.Logger
	Metrics    prometheus.Registerer // may be nil
}

func (o GatherOptions) withDefaults() GatherOptions {
	o.MaxSignals = min(cmp.Or(o.MaxSignals, 4096), outcry.MaxBatch)
	o.MaxBytes = cmp.Or(o.MaxBytes, 900_000)
	o.Flights = cmp.Or(o.Flights, 2)
	o.MaxWaiting = max(cmp.Or(o.MaxWaiting, 64*o.MaxSignals), o.MaxSignals)
	o.Timeout = cmp.Or(o.Timeout, publishTimeout)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Gatherer makes messages of many callers' signals, and tells each caller when
// its own are stored.
type Gatherer struct {
	bus     Publisher
	choose  Partitioner
	options GatherOptions
	lanes   []*lane
	metrics gatherMetrics
	prefix  string // of message ids: unique to this Gatherer
}

// NewGatherer starts a Gatherer; Close ends it.
func NewGatherer(p Publisher, choose Partitioner, o GatherOptions) (*Gatherer, error) {
	g := &Gatherer{bus: p, choose: choose, options: o.withDefaults(), metrics: newGatherMetrics()}
	if o.Metrics != nil {
		if err := g.metrics.register(o.Metrics); err != nil {
			return nil, outcry.Wrap(outcry.CodeInternal, err, "registering the gatherer's metrics")
		}
	}
	var unique [12]byte
	if _, err := rand.Read(unique[:]); err != nil {
		return nil, outcry.Wrap(outcry.CodeInternal, err, "making a name for messages")
	}
	g.prefix = hex.EncodeToString(unique[:]) + "-"
	for p := range p.Partitions() {
		g.lanes = append(g.lanes, newLane(g, p))
	}
	return g, nil
}

// Send returns nil when all signals are stored. It fails with
// outcry.CodeUnavailable when some are not, or may not be: a full disk, no
// quorum, shutdown; send them again then, with their IDs if they have any. When
// ctx ends first, its error is returned and the signals may be stored yet.
// The slice is not kept.
func (g *Gatherer) Send(ctx context.Context, signals []outcry.Signal) error {
	if len(signals) == 0 {
		return nil
	}
	var few [4]*batch
	batches, err := g.enqueue(ctx, signals, few[:0])
	for _, b := range batches {
		select {
		case <-b.done:
			err = errors.Join(err, b.err)
		case <-ctx.Done():
			return outcry.Wrap(outcry.CodeUnavailable, context.Cause(ctx), "storing reports was given up")
		}
	}
	return err
}

// enqueue puts every signal into its partition's current batch.
func (g *Gatherer) enqueue(ctx context.Context, signals []outcry.Signal, out []*batch) ([]*batch, error) {
	n := len(g.lanes)
	if n == 1 {
		return g.lanes[0].enqueue(ctx, signals, out)
	}
	if len(signals) == 1 {
		return g.lanes[g.choose(&signals[0], n)].enqueue(ctx, signals, out)
	}
	parts := make([][]outcry.Signal, n)
	for i := range signals {
		p := g.choose(&signals[i], n)
		parts[p] = append(parts[p], signals[i])
	}
	for p, part := range parts {
		var err error
		if out, err = g.lanes[p].enqueue(ctx, part, out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Close stores what has been sent, within the Timeout, and ends the Gatherer.
// What is sent from then on is refused.
func (g *Gatherer) Close() error {
	for _, l := range g.lanes {
		l.close()
	}
	for _, l := range g.lanes {
		l.workers.Wait()
	}
	return nil
}
