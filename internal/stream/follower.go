package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/posts"
)

// Take is handed every post, and the cursor from which what follows can be had
// again; the cursor is empty where there is none. Its error ends the source.
type Take func(p posts.Post, cursor string) error

// Source brings posts.
type Source interface {
	// Follow brings posts from a cursor on, until the context or the connection
	// ends. A source that polls returns nil after each round.
	Follow(ctx context.Context, cursor string, take Take) error
}

// Reader reads a post; it may be called by several followers at once.
type Reader interface {
	Read(p posts.Post) []outcry.Signal
}

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Memory keeps cursors. A key without a value gives nil.
type Memory interface {
	Setting(ctx context.Context, key string) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte) error
}

// Throttled is an error of a source that was told to come back later.
type Throttled struct {
	After time.Duration
	Err   error
}

// Error gives the reason.
func (t *Throttled) Error() string { return t.Err.Error() }

// Unwrap gives the cause.
func (t *Throttled) Unwrap() error { return t.Err }

// Follower follows one source.
type Follower struct {
	Name     string // unique
	Type     string // for metrics
	Source   Source
	Interval time.Duration // between rounds of a source that polls; 0: it does not
	// Heard is how long after it was posted a post may be read and still be news as
	// of then: of a source that polls, whose posts are minutes old when they are
	// seen. 0: posts keep their own time, and the judge's allowance for lateness
	// decides. Older ones keep theirs in any case, as those read again after a
	// break.
	Heard   time.Duration
	Reader  Reader
	Sender  Sender
	Memory  Memory
	Log     *slog.Logger
	Metrics *Metrics // may be nil

	mu     sync.Mutex
	batch  []outcry.Signal
	cursor string // behind the last post that was taken
	safe   string // behind the last that was sent

	keeping sync.Mutex // an older cursor must not be written over a newer one
	kept    string     // in Memory
}

// Bounds of a follower.
const (
	maxBatch   = 500
	flushEvery = 250 * time.Millisecond
	keepEvery  = 5 * time.Second
	firstWait  = time.Second
	longWait   = 2 * time.Minute
)

// Run follows until the context ends. It always returns nil then.
func (f *Follower) Run(ctx context.Context) error {
	f.remember(ctx)
	var beat sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	beat.Go(func() { f.beat(ctx) })
	defer beat.Wait()
	defer stop()
	for wait := firstWait; ctx.Err() == nil; {
		before := f.taken()
		err := f.Source.Follow(ctx, f.at(), f.take(ctx))
		f.settle(ctx)
		if ctx.Err() != nil {
			break
		}
		if f.taken() != before || err == nil {
			wait = firstWait
		}
		pause := f.pause(err, wait)
		if err != nil {
			f.Metrics.broken(f.Type)
			f.Log.Warn("stream: the connection to a source of posts ended; it is tried again", "source", f.Name, "in", pause.Round(time.Millisecond), "error", err)
		}
		if !sleep(ctx, pause) {
			break
		}
		wait = min(2*wait, longWait)
	}
	f.settle(context.WithoutCancel(ctx))
	return nil
}

// pause is how long to wait before the next connection.
func (f *Follower) pause(err error, wait time.Duration) time.Duration {
	if err == nil {
		wait = max(f.Interval, flushEvery)
	}
	if t, ok := errors.AsType[*Throttled](err); ok {
		wait = max(wait, min(t.After, time.Hour))
	}
	return wait + rand.N(wait/5+1)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *Follower) key() string { return "stream.cursor." + f.Name }

func (f *Follower) remember(ctx context.Context) {
	value, err := f.Memory.Setting(ctx, f.key())
	if err != nil {
		f.Log.Warn("stream: where a source was left is not known, it begins at now", "source", f.Name, "error", err)
		return
	}
	f.cursor, f.safe, f.kept = string(value), string(value), string(value)
}

func (f *Follower) at() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.safe
}

func (f *Follower) taken() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cursor
}

// take reads posts and sends what is full.
func (f *Follower) take(ctx context.Context) Take {
	return func(p posts.Post, cursor string) error {
		if now := time.Now().UTC().Truncate(time.Millisecond); now.Sub(p.At) <= f.Heard && p.At.Before(now) {
			p.At = now
		}
		signals := f.Reader.Read(p)
		f.Metrics.heard(f.Type, signals)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.batch = append(f.batch, signals...)
		if cursor != "" {
			f.cursor = cursor
		}
		if len(f.batch) >= maxBatch {
			return f.flush(ctx)
		}
		return ctx.Err()
	}
}

// flush sends the batch; what cannot be sent stays, and stops the source.
func (f *Follower) flush(ctx context.Context) error {
	if len(f.batch) > 0 {
		if err := f.Sender.Send(ctx, f.batch); err != nil {
			return fmt.Errorf("send what %s said: %w", f.Name, err)
		}
		f.batch = f.batch[:0]
	}
	f.safe = f.cursor
	return nil
}

// beat sends what is not full, and keeps the cursor.
func (f *Follower) beat(ctx context.Context) {
	kept := time.Now()
	for sleep(ctx, flushEvery) {
		f.mu.Lock()
		err := f.flush(ctx)
		f.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			f.Log.Warn("stream: posts wait, they cannot be sent", "source", f.Name, "error", err)
		}
		if time.Since(kept) >= keepEvery {
			f.keep(ctx)
			kept = time.Now()
		}
	}
}

// settle sends and keeps what there is.
func (f *Follower) settle(ctx context.Context) {
	f.mu.Lock()
	err := f.flush(ctx)
	f.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		f.Log.Warn("stream: posts wait, they cannot be sent", "source", f.Name, "error", err)
	}
	f.keep(ctx)
}

func (f *Follower) keep(ctx context.Context) {
	f.keeping.Lock()
	defer f.keeping.Unlock()
	f.mu.Lock()
	safe := f.safe
	f.mu.Unlock()
	if safe == f.kept {
		return
	}
	if err := f.Memory.PutSetting(ctx, f.key(), []byte(safe)); err != nil {
		if ctx.Err() == nil {
			f.Log.Warn("stream: where a source was left cannot be kept", "source", f.Name, "error", err)
		}
		return
	}
	f.kept = safe
}
