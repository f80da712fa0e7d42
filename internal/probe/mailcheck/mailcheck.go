// Package mailcheck probes mail as people use it: a message is submitted by
// SMTP and arrives in a mailbox that is read by IMAP, in the inbox and not
// among the spam.
//
// Both connections go over TLS, by STARTTLS or from the first byte. The message
// carries a header of its own, X-Outcry-Check, by which it is found; once seen
// it is deleted, and so are those that came too late for their run, a day later.
// Nothing else in the mailbox is touched.
//
// SMTP is spoken by emersion/go-smtp, IMAP by emersion/go-imap, whose version 2
// is a beta: imap.go alone knows it.
//
// Steps, of receiver and sender: dns, connect, tls or starttls, sign-in; and
// then send, deliver, clean.
package mailcheck

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type message over mail.
type Options struct {
	Sender   Account          `yaml:"sender,required"`
	Receiver Account          `yaml:"receiver,required"`
	Within   time.Duration    `yaml:"within"` // from submission to arrival; default 30s
	Spam     []string         `yaml:"spam"`   // folders of spam; default: the one that the server calls so, or Junk and Spam
	TLS      probe.TLSOptions `yaml:"tls"`
}

// Account is one of the check's own.
type Account struct {
	Server   string        `yaml:"server,required"` // smtp://host[:587] or smtps://host[:465]; imap://host[:143] or imaps://host[:993]
	Address  string        `yaml:"address,required"`
	Username string        `yaml:"username"` // default: the address
	Password config.Secret `yaml:"password"` // none: the sender submits without signing in
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Within = 30 * time.Second }

// Header marks the messages of checks.
const Header = "X-Outcry-Check"

type prober struct {
	sender, receiver *account
	within           time.Duration
	spam             []string
	now              func() time.Time
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	if o.Within <= 0 {
		return nil, outcry.FieldErrorf("within", "a positive time, not %s", o.Within)
	}
	if !o.Receiver.Password.IsSet() {
		return nil, outcry.FieldErrorf("receiver.password", "is needed to look into the mailbox")
	}
	p := &prober{within: o.Within, spam: o.Spam, now: env.Time}
	var err error
	if p.sender, err = newAccount("sender", o.Sender, o.TLS, env, "smtp", "587", "465"); err != nil {
		return nil, err
	}
	p.receiver, err = newAccount("receiver", o.Receiver, o.TLS, env, "imap", "143", "993")
	return p, err
}

// Target is the host of the receiver's mailbox.
func (p *prober) Target() string { return p.receiver.host }

// Probe opens the mailbox, sends, and looks until the message is there.
func (p *prober) Probe(ctx context.Context) probe.Result {
	return probe.Timed(ctx, "delivered", p.exchange)
}

func (p *prober) exchange(ctx context.Context, trail *probe.Trail) (time.Duration, error) {
	trail.Side("receiver")
	box, err := p.receiver.open(ctx, trail)
	if err != nil {
		return 0, fmt.Errorf("receiver: %w", err)
	}
	defer box.leave()
	trail.Side("sender")
	post, err := p.sender.call(ctx, trail)
	if err != nil {
		return 0, fmt.Errorf("sender: %w", err)
	}
	defer post.leave()
	trail.Side("")
	l := letter{from: p.sender.address, to: p.receiver.address, token: probe.Token(), at: p.now()}
	var sent time.Time
	err = trail.Do("send", func() (string, error) {
		sent = time.Now()
		return post.send(ctx, &l)
	})
	if err != nil {
		return 0, err
	}
	return p.await(ctx, trail, box, &l, sent)
}

// await looks for the letter, judges where and when it was found, and deletes
// it.
func (p *prober) await(ctx context.Context, trail *probe.Trail, box *mailbox, l *letter, sent time.Time) (time.Duration, error) {
	var found *found
	err := trail.Do("deliver", func() (detail string, err error) {
		if found, err = box.find(ctx, l.token, p.spam); err != nil {
			return "", err
		}
		if found == nil {
			return "", fault(probe.ReasonNotDelivered, "not delivered within %s", probe.Took(time.Since(sent)))
		}
		return "in " + found.name, nil
	})
	if err != nil {
		return 0, err
	}
	took := found.at.Sub(sent)
	// A mailbox that cannot be cleaned is told by its step; the message arrived.
	_ = trail.Do("clean", func() (string, error) { return box.clean(ctx, found, p.now()) }) //nolint:errcheck // as above
	switch {
	case found.spam:
		return took, fault(probe.ReasonSpam, "delivered into %s", found.name)
	case !strings.Contains(strings.ReplaceAll(found.text, "\r\n", "\n"), l.body()):
		return took, fault(probe.ReasonAltered, "delivered with another text: %.60q", found.text)
	case took > p.within:
		return took, fault(probe.ReasonLate, "delivered after %s, wanted within %s", probe.Took(took), p.within)
	}
	return took, nil
}

// letter is the message.
type letter struct {
	from, to, token string
	at              time.Time
}

func (l *letter) body() string {
	return "This is a check that mail arrives, by Outcry. It is deleted when seen.\n" + l.token
}

// source is the message as it is submitted (RFC 5322).
func (l *letter) source() string {
	_, domain, _ := strings.Cut(l.from, "@")
	return "From: <" + l.from + ">\r\nTo: <" + l.to + ">\r\nSubject: Outcry check " + l.token[:8] + "\r\nDate: " + l.at.Format(time.RFC1123Z) +
		"\r\nMessage-ID: <" + l.token + "@" + domain + ">\r\n" + Header + ": " + l.token +
		"\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" +
		strings.ReplaceAll(l.body(), "\n", "\r\n") + "\r\n"
}

// bareAddress verifies an address of RFC 5322 without a name, in ASCII.
func bareAddress(s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%q is no address such as check@example.org", s)
	}
	return nil
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}
