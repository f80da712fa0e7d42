package notify

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Options are the dispatcher's settings; zero fields have defaults.
type Options struct {
	Now      func() time.Time // default time.Now
	Random   func() float64   // jitter, in [0, 1); default math/rand
	Lease    time.Duration    // a claimed notice is ours for so long; 2 minutes, or three times the longest timeout
	Timeout  time.Duration    // of an attempt, where the destination gives none; 30 s
	Idle     time.Duration    // looks for work at least this often; 5 s
	First    time.Duration    // wait after the first failed attempt; 5 s
	Longest  time.Duration    // wait between attempts, at most; 1 hour
	Drain    time.Duration    // at shutdown, what is under way may take so long; 10 s
	Limit    int              // notices held at a time; 256
	Parallel int              // attempts at a time over one channel; 4
	Metrics  prometheus.Registerer
}

const giveUp = 24 * time.Hour

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	for _, f := range []struct {
		set *time.Duration
		def time.Duration
	}{
		{&o.Lease, 2 * time.Minute}, {&o.Timeout, 30 * time.Second}, {&o.Idle, 5 * time.Second},
		{&o.First, 5 * time.Second}, {&o.Longest, time.Hour}, {&o.Drain, 10 * time.Second},
	} {
		if *f.set <= 0 {
			*f.set = f.def
		}
	}
	if o.Limit <= 0 {
		o.Limit = 256
	}
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	return o
}

// Dispatcher sends what waits in the store.
type Dispatcher struct {
	store  Store
	to     map[string]Destination
	log    *slog.Logger
	o      Options
	m      *metrics
	poke   chan struct{}
	slots  map[string]chan struct{}
	worker sync.WaitGroup

	mu       sync.Mutex
	queues   map[lane][]job
	waiting  map[lane]waiter
	held     int
	stopping bool
}

// New makes a dispatcher to the destinations by their names.
func New(s Store, to map[string]Destination, log *slog.Logger, o Options) (*Dispatcher, error) {
	o = o.withDefaults()
	for _, dest := range to {
		o.Lease = max(o.Lease, 3*dest.Timeout)
	}
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInternal, err, "registering the metrics of notices")
	}
	d := &Dispatcher{
		store: s, to: to, log: log, o: o, m: m, poke: make(chan struct{}, 1),
		slots: make(map[string]chan struct{}), queues: make(map[lane][]job), waiting: make(map[lane]waiter),
	}
	for name := range to {
		d.slots[name] = make(chan struct{}, o.Parallel)
	}
	return d, nil
}

// Poke says that there may be new notices. It never blocks.
func (d *Dispatcher) Poke() {
	select {
	case d.poke <- struct{}{}:
	default: // one is waiting already, and will see these too
	}
}

// Run sends until ctx ends. Then it lets the attempts under way finish, for
// Options.Drain at most, hands back what it has not begun and returns nil. It
// runs once.
func (d *Dispatcher) Run(ctx context.Context) error {
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	for ctx.Err() == nil {
		if !d.claim(ctx, work) {
			d.rest(ctx)
		}
	}
	d.drain(abort)
	return nil
}

// claim takes what is due and hands it to the lanes. It reports whether there
// may be more.
func (d *Dispatcher) claim(ctx, work context.Context) bool {
	d.mu.Lock()
	room := d.o.Limit - d.held
	d.mu.Unlock()
	if room <= 0 {
		return false // a lane pokes when it has made room
	}
	now := d.o.Now()
	notices, err := d.store.ClaimNotices(ctx, now, d.o.Lease, room)
	if err != nil {
		if ctx.Err() == nil {
			d.log.Warn("notices cannot be claimed; trying again", "in", d.o.Idle, "error", err)
		}
		return false
	}
	d.accept(work, notices, now.Add(d.o.Lease))
	return len(notices) == room
}

// rest waits for a poke, for the next attempt that is known of, or a while.
func (d *Dispatcher) rest(ctx context.Context) {
	timer := time.NewTimer(d.untilNext())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-d.poke:
	case <-timer.C:
	}
}

func (d *Dispatcher) drain(abort context.CancelFunc) {
	d.mu.Lock()
	d.stopping = true
	d.mu.Unlock()
	timer := time.AfterFunc(d.o.Drain, abort)
	defer timer.Stop()
	d.worker.Wait()
}
