package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/outcry/outcry"
)

// streamName and subjectPrefix are the stream's names on the NATS servers.
const (
	streamName    = "SIGNALS"
	subjectPrefix = "signals."
)

// Bus is an open stream. Its methods may be called from many goroutines.
type Bus struct {
	config Config
	log    *slog.Logger
	server *embedded // nil in a cluster
	space  *space    // nil in a cluster and in memory
	conn   *nats.Conn
	js     jetstream.JetStream
	health *health
	owned  ownership

	ctx    context.Context // ends with the Bus
	cancel context.CancelFunc
	work   sync.WaitGroup // everything that runs until ctx ends
}

// openTimeout bounds each step of opening against a cluster.
const openTimeout = 30 * time.Second

// Open opens the stream, and makes it where there is none. The Bus lives until
// Close; ctx bounds opening only. A stream that cannot be reached or opened is
// outcry.CodeUnavailable, a configuration that cannot be is CodeInvalid.
func Open(ctx context.Context, c Config, log *slog.Logger) (*Bus, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{config: c, log: log, health: newHealth()}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if err := b.open(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if b.space != nil {
		b.work.Go(b.heal)
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) error {
	if err := b.connect(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := b.makeStream(ctx); err != nil {
		return err
	}
	if b.server != nil {
		return nil
	}
	if err := b.makeLeases(ctx); err != nil {
		return err
	}
	return b.checkCluster(ctx)
}

func (b *Bus) connect() error {
	options := []nats.Option{
		nats.Name("outcry"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectBufSize(-1), // a publish fails at once rather than wait where nobody sees it
		nats.DisconnectErrHandler(b.disconnected),
		nats.ReconnectHandler(b.reconnected),
		nats.ErrorHandler(b.connError),
	}
	var err error
	url := ""
	if len(b.config.URLs) > 0 {
		url, options, err = b.clusterOptions(options)
	} else {
		options, err = b.embeddedOptions(options)
	}
	if err != nil {
		return err
	}
	if b.conn, err = nats.Connect(url, options...); err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "connecting to the stream")
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "speaking JetStream")
	}
	return nil
}

func (b *Bus) embeddedOptions(options []nats.Option) ([]nats.Option, error) {
	server, err := newEmbedded(b.config, b.log, b.health.fail)
	if err != nil {
		return nil, err
	}
	b.server = server
	if !b.config.Memory {
		b.space = &space{dir: b.config.Dir, reserve: b.config.Reserve, statfs: statfs}
	}
	return append(options, nats.InProcessServer(server)), nil
}

// makeStream creates the stream, or brings an older one up to the configuration.
func (b *Bus) makeStream(ctx context.Context) error {
	c := jetstream.StreamConfig{
		Name:        streamName,
		Description: "Outcry: signals on their way to be counted",
		Subjects:    []string{subjectPrefix + "*"},
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew, // never drop what was acknowledged to make room
		Storage:     jetstream.FileStorage,
		Replicas:    b.config.Replicas,
		MaxAge:      b.config.MaxAge,
		MaxBytes:    b.config.MaxBytes,
		Duplicates:  b.config.Duplicates,
		AllowDirect: false, // a replica that is behind must not answer for the stream
	}
	if b.config.Memory {
		c.Storage = jetstream.MemoryStorage
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = -1
	}
	if _, err := b.js.CreateOrUpdateStream(ctx, c); err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "making the stream %s", streamName)
	}
	return nil
}

// Partitions is how many parts the stream has, numbered from 0.
func (b *Bus) Partitions() int { return b.config.Partitions }

func (b *Bus) subject(partition int) string { return fmt.Sprint(subjectPrefix, partition) }

func (b *Bus) checkPartition(partition int) error {
	if partition < 0 || partition >= b.config.Partitions {
		return outcry.Errorf(outcry.CodeInvalid, "there is no partition %d; there are %d", partition, b.config.Partitions)
	}
	return nil
}

// Close lets go of the stream. What was acknowledged is stored; what is being
// published may be or not, and its Publish fails.
func (b *Bus) Close() error {
	b.cancel()
	b.health.unfit()
	b.work.Wait()
	if b.conn != nil {
		b.conn.Close()
	}
	if b.server != nil {
		b.server.stop()
	}
	return nil
}

func (b *Bus) disconnected(_ *nats.Conn, err error) {
	if b.ctx.Err() == nil {
		b.log.Warn("connection to the stream lost", "error", err)
	}
}

func (b *Bus) reconnected(c *nats.Conn) {
	b.log.Info("connected to the stream again", "server", c.ConnectedServerName())
}

func (b *Bus) connError(_ *nats.Conn, s *nats.Subscription, err error) {
	subject := ""
	if s != nil {
		subject = s.Subject
	}
	b.log.Warn("stream connection", "subject", subject, "error", err)
}
