package webpush

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Keeper stores subscribers.
type Keeper interface {
	// PutSubscriber fails with CodeTooMany when the service has most already.
	PutSubscriber(ctx context.Context, s outcry.Subscriber, now time.Time, most int) error
	DropSubscriber(ctx context.Context, service, id string) error
}

// BookConfig are the bounds of a book.
type BookConfig struct {
	Hosts   Hosts
	Most    int           // subscribers of one service
	Keep    time.Duration // nobody waits for longer
	Now     func() time.Time
	Metrics prometheus.Registerer // may be nil
}

// Book takes subscriptions.
type Book struct {
	BookConfig
	keeper Keeper
	taken  *prometheus.CounterVec
}

// NewBook makes a book over the store.
func NewBook(c BookConfig, k Keeper) (*Book, error) {
	b := &Book{BookConfig: c, keeper: k, taken: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "outcry_push_subscriptions_total",
		Help: "Visitors' wishes to be told, by what became of them: kept, refused, withdrawn.",
	}, []string{"outcome"})}
	if c.Metrics != nil {
		if err := c.Metrics.Register(b.taken); err != nil {
			return nil, fmt.Errorf("register the metrics of subscriptions: %w", err)
		}
	}
	return b, nil
}

// Subscribe checks what a stranger has given, and keeps it under an ID and with
// an end.
func (b *Book) Subscribe(ctx context.Context, s outcry.Subscriber) (outcry.Subscriber, error) {
	now := b.Now()
	err := b.check(&s)
	if err == nil {
		s.ID, s.Expires = idOf(s.Service, s.Endpoint), now.Add(b.Keep)
		err = b.keeper.PutSubscriber(ctx, s, now, b.Most)
	}
	if err != nil {
		b.taken.WithLabelValues("refused").Inc()
		return outcry.Subscriber{}, err
	}
	b.taken.WithLabelValues("kept").Inc()
	return s, nil
}

func (b *Book) check(s *outcry.Subscriber) error {
	if _, err := b.Hosts.read(s.Endpoint); err != nil {
		return err
	}
	if _, err := ecdh.P256().NewPublicKey(s.Key); err != nil || len(s.Key) != pointBytes {
		return outcry.FieldErrorf("keys.p256dh", "must be an uncompressed point on P-256 in base64url")
	}
	if len(s.Auth) != authBytes {
		return outcry.FieldErrorf("keys.auth", "must be %d bytes in base64url", authBytes)
	}
	return nil
}

// Unsubscribe forgets a subscriber; CodeNotFound when there is no such one.
func (b *Book) Unsubscribe(ctx context.Context, service, id string) error {
	if err := b.keeper.DropSubscriber(ctx, service, id); err != nil {
		return err
	}
	b.taken.WithLabelValues("withdrawn").Inc()
	return nil
}

// idOf names a subscriber of a service. An endpoint has too much chance in it to
// be guessed from this, and one of two services gives two names.
func idOf(service, endpoint string) string {
	sum := sha256.Sum256([]byte(service + "\n" + endpoint))
	return b64.EncodeToString(sum[:16])
}
