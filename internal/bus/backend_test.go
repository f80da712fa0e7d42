package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

// backend is one way to have a stream. start prepares it for many tests; what it
// returns gives each of them one that is empty.
type backend struct {
	name  string
	start func(t *testing.T) func(t *testing.T) Config
}

func backends() []backend {
	return []backend{
		{"embedded", func(*testing.T) func(*testing.T) Config {
			return func(t *testing.T) Config { return Config{Dir: t.TempDir()} }
		}},
		{"memory", func(*testing.T) func(*testing.T) Config {
			return func(*testing.T) Config { return Config{Memory: true} }
		}},
		{"cluster", func(t *testing.T) func(*testing.T) Config {
			c := startCluster(t)
			return func(t *testing.T) Config {
				t.Cleanup(func() { c.clear(t) })
				return Config{URLs: c.urls()}
			}
		}},
	}
}

func openBus(t testing.TB, c Config) *Bus {
	t.Helper()
	b, err := Open(t.Context(), c, testLog(t))
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return b
}

// testLog shows warnings of a failed test only.
func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// cluster is three NATS servers in this process.
type cluster struct {
	t       testing.TB
	nodes   [3]*server.Server
	options [3]server.Options
}

func startCluster(t testing.TB) *cluster {
	return startClusterWith(t, nil)
}

func startClusterWith(t testing.TB, change func(*server.Options)) *cluster {
	t.Helper()
	c := &cluster{t: t}
	var routes []*url.URL
	for i := range c.nodes {
		port := freePort(t)
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
		c.options[i] = server.Options{
			ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: freePort(t), NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
		}
		if change != nil {
			change(&c.options[i])
		}
	}
	for i := range c.nodes {
		c.options[i].Routes = routes
		c.start(i)
	}
	t.Cleanup(func() {
		for i := range c.nodes {
			c.kill(i)
		}
	})
	await(t, "a meta leader", func() bool {
		for _, n := range c.nodes {
			if n.JetStreamIsLeader() {
				return len(n.JetStreamClusterPeers()) == len(c.nodes)
			}
		}
		return false
	})
	return c
}

func (c *cluster) start(i int) {
	c.t.Helper()
	options := c.options[i]
	s, err := server.NewServer(&options)
	if err != nil {
		c.t.Fatalf("making server %d: %v", i, err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		c.t.Fatalf("server %d does not listen", i)
	}
	c.nodes[i] = s
}

func (c *cluster) kill(i int) {
	if c.nodes[i] != nil {
		c.nodes[i].Shutdown()
		c.nodes[i].WaitForShutdown()
		c.nodes[i] = nil
	}
}

// killLeader ends the server that leads the signals' stream, and says which.
func (c *cluster) killLeader() int {
	for i, n := range c.nodes {
		if n != nil && n.JetStreamIsStreamLeader("$G", streamName) {
			c.kill(i)
			return i
		}
	}
	c.t.Fatal("the stream has no leader to kill")
	return 0
}

// clear deletes every stream.
func (c *cluster) clear(t testing.TB) {
	t.Helper()
	conn, err := nats.Connect(strings.Join(c.urls(), ","))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{streamName, leaseStream} {
		if err := js.DeleteStream(context.Background(), name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Fatalf("deleting %s: %v", name, err)
		}
	}
}

func (c *cluster) urls() []string {
	var urls []string
	for _, o := range c.options {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return urls
}

func freePort(t testing.TB) int {
	t.Helper()
	// below the range that the kernel gives to whoever asks for any: a server
	// that is stopped and started again must find its port free
	for range 1000 {
		port := 12000 + rand.IntN(20000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// await asks until it is so, for at most half a minute.
func await(t testing.TB, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// collect consumes until it has n messages.
func collect(t testing.TB, b *Bus, partition int, after uint64, since time.Time, n int) []Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []Message
	err := b.Consume(ctx, partition, after, since, func(ms []Message) error {
		got = append(got, ms...)
		if len(got) >= n {
			cancel()
		}
		return nil
	})
	if len(got) < n {
		t.Fatalf("consumed %d of %d messages: %v", len(got), n, err)
	}
	return got
}

func publish(t testing.TB, b *Bus, partition int, texts ...string) (seqs []uint64) {
	t.Helper()
	for _, text := range texts {
		seq, err := b.Publish(t.Context(), partition, "id of "+text, []byte(text))
		if err != nil {
			t.Fatalf("publishing %s: %v", text, err)
		}
		seqs = append(seqs, seq)
	}
	return seqs
}

func words(ms []Message) string {
	var out []string
	for _, m := range ms {
		out = append(out, string(m.Data))
	}
	return strings.Join(out, " ")
}

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}
