package heartbeat

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// Store keeps small values by name. What is not there is of CodeNotFound.
type Store interface {
	Setting(ctx context.Context, name string) ([]byte, error)
	PutSetting(ctx context.Context, name string, value []byte) error
}

// Beats knows the jobs of a configuration, takes their calls and makes their
// probers.
type Beats struct {
	store  Store // nil: nothing can be told
	now    func() time.Time
	refuse Refuse

	mu        sync.Mutex
	jobs      map[string]*job // by the digest of the token
	strangers *rate.Limiter   // calls with tokens of nobody
}

// job is one that may call.
type job struct {
	mu    sync.Mutex // one call at a time
	limit *rate.Limiter
}

// How often calls are taken. A job that calls faster than it must is told to
// wait; the store is spared.
const (
	callsPerSecond = 1
	callsAtOnce    = 10
	strangeCalls   = 20 // per second, of tokens that nobody has
)

// New makes a registry without jobs. Without a store its probers cannot tell.
func New(store Store, now func() time.Time, refuse Refuse) *Beats {
	return &Beats{
		store: store, now: now, refuse: refuse, jobs: make(map[string]*job),
		strangers: rate.NewLimiter(strangeCalls, strangeCalls),
	}
}

// Register lets the job of a check call. Its error is of CodeInvalid.
func (b *Beats) Register(o Options) error {
	if err := o.verify(); err != nil {
		return err
	}
	key, err := o.key()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.jobs[key] != nil {
		return outcry.FieldErrorf("token", "another heartbeat has the same token: each needs its own")
	}
	b.jobs[key] = &job{limit: rate.NewLimiter(callsPerSecond, callsAtOnce)}
	return nil
}

// heard is what a job has said.
type heard struct {
	Done    time.Time `json:"done,omitzero"`     // its last success
	Began   time.Time `json:"began,omitzero"`    // of the run that goes on
	Failed  time.Time `json:"failed,omitzero"`   // since then it has failed
	Message string    `json:"message,omitempty"` // why
}

// watched is what a prober remembers of a job between its runs.
type watched struct {
	Since  time.Time `json:"since"`  // when it was first looked for
	Missed bool      `json:"missed"` // a call is overdue, and it is the job's fault
}

// away is the last time in which nobody took calls.
type away struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Names of the values in the store.
const (
	nameHeard   = "heartbeat/heard/"
	nameWatched = "heartbeat/watched/"
	nameAlive   = "heartbeat/alive"
	nameAway    = "heartbeat/away"
)

// aliveEvery is how often it is noted that calls are taken.
const aliveEvery = 30 * time.Second

// Run notes, until the context ends, that calls are taken, and at its beginning
// since when they were not.
func (b *Beats) Run(ctx context.Context) error {
	var last time.Time
	if err := b.get(ctx, nameAlive, &last); err != nil && outcry.CodeOf(err) != outcry.CodeNotFound {
		return err
	}
	if now := b.now(); !last.IsZero() && now.Sub(last) > 2*aliveEvery {
		if err := b.put(ctx, nameAway, away{From: last, To: now}); err != nil {
			return err
		}
	}
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for {
		if err := b.put(ctx, nameAlive, b.now().UTC()); err != nil && ctx.Err() == nil && outcry.CodeOf(err) != outcry.CodeUnavailable {
			return err // a store that is away is waited for
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (b *Beats) get(ctx context.Context, name string, into any) error {
	raw, err := b.store.Setting(ctx, name)
	if err != nil {
		return err //nolint:wrapcheck // the store says what was read
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read %s from the store: %w", name, err)
	}
	return nil
}

func (b *Beats) put(ctx context.Context, name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return b.store.PutSetting(ctx, name, raw) //nolint:wrapcheck // the store says what was written
}

// NewCheck makes the prober of a check; its errors are of CodeInvalid.
func (b *Beats) NewCheck(o Options, env probe.Env) (probe.Prober, error) {
	if err := o.verify(); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("token", o.Token); err != nil {
		return nil, err
	}
	return &prober{beats: b, opts: o}, nil
}
