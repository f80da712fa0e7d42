package mqttcheck

import (
	"context"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/outcry/outcry/internal/probe"
)

// exchange is one message, from the sign-ins to the acknowledgement.
func (p *prober) exchange(ctx context.Context, trail *probe.Trail) (time.Duration, error) {
	subscriber, err := p.connect(ctx, trail, "subscriber")
	defer func() { subscriber.leave() }()
	if err != nil {
		return 0, err
	}
	publisher, err := p.connect(ctx, trail, "publisher")
	defer func() { publisher.leave() }()
	if err != nil {
		return 0, err
	}
	id := probe.Token()
	m := &message{subscriber: subscriber, publisher: publisher, within: p.opts.Within, topic: p.opts.Topic + "/" + id, body: "A check that messages arrive, by Outcry: " + id}
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{{"subscribe", m.subscribe}, {"publish", m.publish}, {"deliver", m.deliver}, {"acknowledge", m.acknowledge}} {
		if err := trail.Do(step.name, func() (string, error) { return step.do(ctx) }); err != nil {
			return 0, err
		}
	}
	return m.delivered.Sub(m.sent), nil
}

// message is one on its way.
type message struct {
	subscriber, publisher *session
	topic, body           string
	within                time.Duration
	sent, delivered       time.Time
	acked                 bool
}

// packetID is that of the one message that each publisher sends.
const packetID = 1

func (m *message) subscribe(ctx context.Context) (string, error) {
	return m.topic, m.subscriber.subscribe(ctx, m.topic)
}

func (m *message) publish(context.Context) (string, error) {
	expiry := uint32(60) // seconds; a message that comes later is of no use to anybody
	m.sent = time.Now()
	return fmt.Sprintf("%d bytes", len(m.body)), m.publisher.send(&packets.Publish{
		Topic: m.topic, Payload: []byte(m.body), QoS: 1, PacketID: packetID, Properties: &packets.Properties{MessageExpiry: &expiry},
	})
}

// deliver waits for the message at the subscriber, and for its refusal at the
// publisher.
func (m *message) deliver(ctx context.Context) (string, error) {
	for {
		select {
		case <-ctx.Done():
			return "", fault(probe.ReasonNotDelivered, "not delivered within %s", probe.Took(time.Since(m.sent)))
		case r := <-m.publisher.got:
			if err := m.progress(ctx, m.publisher, r); err != nil {
				return "", err
			}
		case r := <-m.subscriber.got:
			if err := m.progress(ctx, m.subscriber, r); err != nil {
				return "", err
			}
			if got, ok := content[*packets.Publish](r); ok && got.Topic == m.topic {
				return m.arrived(got, r.at)
			}
		}
	}
}

// progress notes what came beside the message. The end of the time ends all
// connections, and is told by whoever waits.
func (m *message) progress(ctx context.Context, s *session, r received) error {
	err := s.judge(ctx, r)
	if err != nil && probe.Classify(err) == probe.ReasonTimeout {
		return nil
	}
	if err != nil {
		return err
	}
	if ack, ok := content[*packets.Puback](r); ok && s == m.publisher && ack.PacketID == packetID {
		m.acked = true
		return refusal("the broker refuses the message", ack.ReasonCode, ack.Properties)
	}
	return nil
}

func content[T any](r received) (T, bool) {
	var none T
	if r.ControlPacket == nil {
		return none, false
	}
	c, ok := r.Content.(T)
	return c, ok
}

// arrived compares what came with what was sent, and thanks the broker.
func (m *message) arrived(got *packets.Publish, at time.Time) (string, error) {
	m.delivered = at
	took := at.Sub(m.sent)
	if got.QoS == 1 {
		if err := m.subscriber.send(&packets.Puback{PacketID: got.PacketID, Properties: &packets.Properties{}}); err != nil {
			return "", err
		}
	}
	switch {
	case string(got.Payload) != m.body:
		return "", fault(probe.ReasonAltered, "delivered with another text: %.60q", got.Payload)
	case took > m.within:
		return "", fault(probe.ReasonLate, "delivered after %s, wanted within %s", probe.Took(took), m.within)
	}
	return "after " + probe.Took(took), nil
}

// acknowledge waits until the broker has told the publisher.
func (m *message) acknowledge(ctx context.Context) (string, error) {
	for !m.acked {
		select {
		case <-ctx.Done():
			return "", fault(probe.ReasonNoReceipt, "delivered, and the publisher got no acknowledgement within %s", probe.Took(time.Since(m.sent)))
		case r := <-m.publisher.got:
			if err := m.progress(ctx, m.publisher, r); err != nil {
				return "", err
			}
		}
	}
	return "", nil
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}
