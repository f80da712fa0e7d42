package xmppcheck

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/xmpp"
)

// ConversationOptions are those of a check of type conversation over xmpp.
type ConversationOptions struct {
	Customer Account          `yaml:"customer,required"`
	Business string           `yaml:"business,required"` // address that answers
	Ask      string           `yaml:"ask"`               // what the customer says
	Expect   string           `yaml:"expect"`            // regular expression (RE2) for the answer; default: any text
	Within   time.Duration    `yaml:"within"`            // the service level, less than the timeout; default 5s
	TLS      probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *ConversationOptions) SetDefaults() {
	o.Ask, o.Within = "Hello, is anybody there? (This is a check.)", 5*time.Second
}

type conversation struct {
	customer *account
	business xmpp.JID
	ask      string
	expect   *regexp.Regexp
	within   time.Duration
}

// NewConversation makes the prober of a check; its errors are of CodeInvalid.
func NewConversation(o ConversationOptions, env probe.Env) (probe.Prober, error) {
	p := &conversation{ask: o.Ask, within: o.Within}
	var err error
	switch {
	case o.Within <= 0:
		return nil, outcry.FieldErrorf("within", "a positive time, not %s", o.Within)
	case o.Ask == "":
		return nil, outcry.FieldErrorf("ask", "a customer who says nothing gets no answer")
	}
	if p.business, err = xmpp.ParseJID(o.Business); err != nil {
		return nil, outcry.FieldErrorf("business", "%s", err)
	}
	if p.expect, err = regexp.Compile(o.Expect); err != nil {
		return nil, outcry.FieldErrorf("expect", "%s", err)
	}
	p.customer, err = newAccount("customer", o.Customer, o.TLS, env)
	return p, err
}

// Target is the host of the customer's server.
func (p *conversation) Target() string { return p.customer.target() }

// Probe signs the customer in, asks, and waits for the answer.
func (p *conversation) Probe(ctx context.Context) probe.Result {
	return probe.Timed(ctx, "answered", p.talk)
}

func (p *conversation) talk(ctx context.Context, trail *probe.Trail) (time.Duration, error) {
	customer, err := p.customer.signIn(ctx, trail)
	defer customer.leave()
	if err != nil {
		return 0, fmt.Errorf("customer: %w", err)
	}
	q := question{conversation: p, customer: customer, id: probe.Token()}
	if err := trail.Do("ask", func() (string, error) { return q.put(ctx) }); err != nil {
		return 0, err
	}
	err = trail.Do("answer", func() (string, error) { return q.wait(ctx) })
	return q.took, err
}

// question is one on its way.
type question struct {
	*conversation
	customer *session
	id       string // of the message, and of its thread
	asked    time.Time
	took     time.Duration
}

func (q *question) put(ctx context.Context) (string, error) {
	q.asked = time.Now()
	if err := q.customer.Send(xmpp.Message{To: q.business, ID: q.id, Body: q.ask, Thread: q.id}); err != nil {
		return "", reasoned(ctx, err)
	}
	return fmt.Sprintf("%d bytes to %s", len(q.ask), q.business), nil
}

// wait takes the first text that the business sends into this conversation, or
// without saying into which.
func (q *question) wait(ctx context.Context) (string, error) {
	for {
		select {
		case <-ctx.Done():
			return "", fault(probe.ReasonNobodyAnswered, "nobody answered within %s", probe.Took(time.Since(q.asked)))
		case s := <-q.customer.stanzas:
			if refusal := s.Refusal(); refusal != nil && s.Attr("id") == q.id {
				return "", fault(probe.ReasonRejected, "the message was rejected: %w", refusal)
			}
			if q.isAnswer(&s.Element) {
				return q.answered(s)
			}
			if err := q.customer.over(ctx, "customer", s); err != nil {
				return "", err
			}
		}
	}
}

func (q *question) isAnswer(e *xmpp.Element) bool {
	thread := e.Thread()
	return e.Name == "message" && e.From().Bare() == q.business.Bare() && e.Body() != "" && (thread == "" || thread == q.id)
}

func (q *question) answered(s xmpp.Stanza) (string, error) {
	q.took = s.At.Sub(q.asked)
	switch took := q.took; {
	case !q.expect.MatchString(s.Body()):
		return "", fault(probe.ReasonWrongAnswer, "the answer is %.60q, wanted /%s/", s.Body(), q.expect)
	case took > q.within:
		return "", fault(probe.ReasonAnsweredLate, "answered after %s, wanted within %s", probe.Took(took), q.within)
	}
	return fmt.Sprintf("%.60q", s.Body()), nil
}
