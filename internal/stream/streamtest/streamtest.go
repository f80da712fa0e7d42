// Package streamtest helps the tests of sources of posts: it follows a source
// as the product does, against a server on this machine, and gives what was
// sent on.
package streamtest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

// Web reaches servers of the test on this machine.
func Web(t testing.TB) *stream.Web {
	t.Helper()
	w := stream.NewWeb(nil, "outcry-test")
	t.Cleanup(w.Client.CloseIdleConnections)
	return w
}

// NoToken is a token that is none.
func NoToken() (string, error) { return "", nil }

// Collector takes posts and cursors: it is a follower's reader, sender and
// memory.
type Collector struct {
	mu      sync.Mutex
	Posts   []posts.Post
	Sent    []outcry.Signal
	Refuse  int // so many sends fail first
	memory  map[string]string
	changed chan struct{}
}

// NewCollector makes an empty one.
func NewCollector() *Collector {
	return &Collector{memory: map[string]string{}, changed: make(chan struct{}, 1)}
}

// Read implements stream.Reader: each post is one signal, its text the symptom.
func (c *Collector) Read(p posts.Post) []outcry.Signal {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Posts = append(c.Posts, p)
	return []outcry.Signal{{Kind: outcry.KindPost, At: p.At, Service: "s", Symptom: p.Text}}
}

// Send implements stream.Sender.
func (c *Collector) Send(_ context.Context, signals []outcry.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Refuse > 0 {
		c.Refuse--
		return errors.New("the stream is full")
	}
	c.Sent = append(c.Sent, signals...)
	select {
	case c.changed <- struct{}{}:
	default:
	}
	return nil
}

// Setting implements stream.Memory.
func (c *Collector) Setting(_ context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []byte(c.memory[key]), nil
}

// PutSetting implements stream.Memory.
func (c *Collector) PutSetting(_ context.Context, key string, value []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory[key] = string(value)
	return nil
}

// Texts are those of the signals that were sent, each once, in order.
func (c *Collector) Texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	seen := map[string]bool{}
	for _, s := range c.Sent {
		if !seen[s.Symptom] {
			seen[s.Symptom] = true
			out = append(out, s.Symptom)
		}
	}
	return out
}

// Follow follows a source until so many different texts were sent, and returns
// them. It fails the test when they do not come.
func Follow(t testing.TB, s stream.Source, c *Collector, texts int) []string {
	t.Helper()
	return FollowUntil(t, s, c, texts, func() bool { return true })
}

// FollowUntil is [Follow] that goes on until something else is there too.
func FollowUntil(t testing.TB, s stream.Source, c *Collector, texts int, there func() bool) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	f := &stream.Follower{Name: "test", Type: "test", Source: s, Interval: time.Millisecond, Reader: c, Sender: c, Memory: c, Log: slog.New(slog.DiscardHandler)}
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }() //nolint:errcheck // it gives none
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for len(c.Texts()) < texts || !there() {
		select {
		case <-c.changed:
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("only %q came", c.Texts())
		}
	}
	cancel()
	<-done
	return c.Texts()
}
