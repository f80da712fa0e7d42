package xmppcheck

import (
	"context"
	"fmt"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/xmpp"
)

// MessageOptions are those of a check of type message over xmpp.
type MessageOptions struct {
	Sender   Account          `yaml:"sender,required"`
	Receiver Account          `yaml:"receiver,required"`
	Within   time.Duration    `yaml:"within"`  // from sending to delivery, and to the receipt; default 5s
	Receipt  bool             `yaml:"receipt"` // the receipt must come back; default true
	TLS      probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *MessageOptions) SetDefaults() { o.Within, o.Receipt = 5*time.Second, true }

type message struct {
	sender, receiver *account
	within           time.Duration
	receipt          bool
}

// NewMessage makes the prober of a check; its errors are of CodeInvalid.
func NewMessage(o MessageOptions, env probe.Env) (probe.Prober, error) {
	if o.Within <= 0 {
		return nil, outcry.FieldErrorf("within", "a positive time, not %s", o.Within)
	}
	p := &message{within: o.Within, receipt: o.Receipt}
	var err error
	if p.sender, err = newAccount("sender", o.Sender, o.TLS, env); err != nil {
		return nil, err
	}
	if p.receiver, err = newAccount("receiver", o.Receiver, o.TLS, env); err != nil {
		return nil, err
	}
	if p.sender.jid == p.receiver.jid {
		return nil, outcry.FieldErrorf("receiver.jid", "is the sender's: a message to oneself shows little")
	}
	return p, nil
}

// Target is the host of the receiver.
func (p *message) Target() string { return p.receiver.target() }

// Probe signs both in, sends, and waits for the message and its receipt.
func (p *message) Probe(ctx context.Context) probe.Result {
	return probe.Timed(ctx, "delivered", p.exchange)
}

func (p *message) exchange(ctx context.Context, trail *probe.Trail) (time.Duration, error) {
	trail.Side("receiver")
	receiver, err := p.receiver.signIn(ctx, trail)
	defer receiver.leave()
	if err != nil {
		return 0, fmt.Errorf("receiver: %w", err)
	}
	trail.Side("sender")
	sender, err := p.sender.signIn(ctx, trail)
	defer sender.leave()
	if err != nil {
		return 0, fmt.Errorf("sender: %w", err)
	}
	trail.Side("")
	d := &delivery{sender: sender, receiver: receiver, id: probe.Token(), within: p.within, receipt: p.receipt}
	d.body = "A check that messages arrive, by Outcry: " + d.id
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{{"send", d.send}, {"deliver", d.deliver}, {"receipt", d.acknowledge}} {
		if step.name == "receipt" && !p.receipt {
			continue
		}
		if err := trail.Do(step.name, func() (string, error) { return step.do(ctx) }); err != nil {
			return 0, err
		}
	}
	return d.delivered.Sub(d.sent), nil
}

// delivery is one message on its way.
type delivery struct {
	sender, receiver *session
	id, body         string
	within           time.Duration
	receipt          bool
	sent, delivered  time.Time
}

func (d *delivery) send(ctx context.Context) (string, error) {
	d.sent = time.Now()
	err := d.sender.Send(xmpp.Message{To: d.receiver.me, ID: d.id, Body: d.body, Receipt: d.receipt, Fleeting: true})
	if err != nil {
		return "", reasoned(ctx, err)
	}
	return fmt.Sprintf("%d bytes", len(d.body)), nil
}

// deliver waits for the message at the receiver, and for its refusal at the
// sender.
func (d *delivery) deliver(ctx context.Context) (string, error) {
	for {
		select {
		case <-ctx.Done():
			return "", fault(probe.ReasonNotDelivered, "not delivered within %s", probe.Took(time.Since(d.sent)))
		case s := <-d.sender.stanzas:
			if refusal := s.Refusal(); refusal != nil && s.Attr("id") == d.id {
				return "", fault(probe.ReasonNotDelivered, "not delivered: %w", refusal)
			}
			if err := d.sender.over(ctx, "sender", s); err != nil {
				return "", err
			}
		case s := <-d.receiver.stanzas:
			if s.Name == "message" && s.Attr("id") == d.id && s.From() == d.sender.me {
				return d.arrived(s)
			}
			if err := d.receiver.over(ctx, "receiver", s); err != nil {
				return "", err
			}
		}
	}
}

// arrived compares what came with what was sent.
func (d *delivery) arrived(s xmpp.Stanza) (string, error) {
	d.delivered = s.At
	took := d.delivered.Sub(d.sent)
	switch {
	case s.Body() != d.body:
		return "", fault(probe.ReasonAltered, "delivered with another text: %.60q", s.Body())
	case took > d.within:
		return "", fault(probe.ReasonLate, "delivered after %s, wanted within %s", probe.Took(took), d.within)
	}
	return "after " + probe.Took(took), nil
}

// acknowledge sends the receipt, as a client of people does, and waits for it
// at the sender.
func (d *delivery) acknowledge(ctx context.Context) (string, error) {
	if err := d.receiver.Send(xmpp.Message{To: d.sender.me, ID: d.id + "-r", Received: d.id, Fleeting: true}); err != nil {
		return "", reasoned(ctx, err)
	}
	for {
		select {
		case <-ctx.Done():
			return "", fault(probe.ReasonNoReceipt, "delivered without receipt: none within %s", probe.Took(time.Since(d.sent)))
		case s := <-d.receiver.stanzas:
			if refusal := s.Refusal(); refusal != nil && s.Attr("id") == d.id+"-r" {
				return "", fault(probe.ReasonNoReceipt, "delivered without receipt: %w", refusal)
			}
			if err := d.receiver.over(ctx, "receiver", s); err != nil {
				return "", err
			}
		case s := <-d.sender.stanzas:
			if s.Name == "message" && s.Receipt() == d.id && s.From() == d.receiver.me {
				return d.acknowledged(s)
			}
			if err := d.sender.over(ctx, "sender", s); err != nil {
				return "", err
			}
		}
	}
}

func (d *delivery) acknowledged(s xmpp.Stanza) (string, error) {
	took := s.At.Sub(d.sent)
	if took > d.within {
		return "", fault(probe.ReasonLate, "its receipt came after %s, wanted within %s", probe.Took(took), d.within)
	}
	return "after " + probe.Took(took), nil
}

// fault is an error with a reason.
func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}
