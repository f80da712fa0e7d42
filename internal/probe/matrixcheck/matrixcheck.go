// Package matrixcheck probes Matrix homeservers as people use them: one account
// sends into a room, the other sees the same text arrive by /sync, sets its read
// marker, and the first one sees that.
//
// It speaks the client-server API (specification v1.11, paths /_matrix/client/v3)
// over HTTPS or HTTP. The room is not encrypted, and both are in it already. Who
// signs in with a password has a device for the run, and signs out at its end;
// who has an access token keeps it. The device of a check has always the same
// name: should a run be killed, the next one takes its device over.
//
// Steps, of receiver and sender: dns, connect, tls, sign-in, sync; and then send,
// deliver, read, receipt.
package matrixcheck

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type message over matrix.
type Options struct {
	Sender   Account          `yaml:"sender,required"`
	Receiver Account          `yaml:"receiver,required"`
	Room     string           `yaml:"room,required"` // its id, "!abc:example.org"
	Within   time.Duration    `yaml:"within"`        // from sending to delivery, and to the receipt; default 5s
	Receipt  bool             `yaml:"receipt"`       // the read marker must come back; default true
	TLS      probe.TLSOptions `yaml:"tls"`
}

// Account is one of the check's own.
type Account struct {
	Server   string        `yaml:"server,required"` // the homeserver's address for clients, https://host
	User     string        `yaml:"user,required"`   // "@check-a:example.org"
	Password config.Secret `yaml:"password"`        // this,
	Token    config.Secret `yaml:"token"`           // or an access token
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Within, o.Receipt = 5*time.Second, true }

type prober struct {
	opts             Options
	sender, receiver *account
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	switch {
	case o.Within <= 0:
		return nil, outcry.FieldErrorf("within", "a positive time, not %s", o.Within)
	case !isID(o.Room, '!'):
		return nil, outcry.FieldErrorf("room", "%q is no id of a room, such as !abc:example.org", o.Room)
	case o.Sender.User == o.Receiver.User:
		return nil, outcry.FieldErrorf("receiver.user", "is the sender: a message to oneself shows little")
	}
	p := &prober{opts: o}
	var err error
	if p.sender, err = newAccount("sender", o.Sender, o.TLS, env); err != nil {
		return nil, err
	}
	p.receiver, err = newAccount("receiver", o.Receiver, o.TLS, env)
	return p, err
}

// isID reports whether a word is an identifier of a sort (appendices, section 4.2).
func isID(s string, sigil byte) bool {
	return len(s) > 1 && len(s) <= 255 && s[0] == sigil && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == '?' || r == '#' })
}

func newAccount(field string, o Account, t probe.TLSOptions, env probe.Env) (*account, error) {
	u, err := probe.ParseURL(o.Server)
	if err != nil {
		return nil, outcry.FieldErrorf(field+".server", "%s", err)
	}
	a := &account{Account: o, field: field, base: &url.URL{Scheme: u.Scheme, Host: u.Host}, tls: t, env: env, device: deviceOf(env.Self, field)}
	port := "80"
	switch u.Scheme {
	case "http":
	case "https":
		port = "443"
		if a.cfg, err = t.Config(env, u.Hostname()); err != nil {
			return nil, err
		}
		a.cfg.NextProtos = []string{"http/1.1"}
	default:
		return nil, outcry.FieldErrorf(field+".server", "scheme %q is none of https, http", u.Scheme)
	}
	switch {
	case !isID(o.User, '@') || !strings.Contains(o.User, ":"):
		return nil, outcry.FieldErrorf(field+".user", "%q is no user, such as @check:example.org", o.User)
	case o.Password.IsSet() == o.Token.IsSet():
		return nil, outcry.FieldErrorf(field, "needs a password or a token, one of them")
	}
	if a.addr, err = probe.HostPort(u, port); err != nil {
		return nil, err
	}
	if err := env.VerifySecret(field+".password", o.Password); err != nil {
		return nil, err
	}
	return a, env.VerifySecret(field+".token", o.Token)
}

// deviceOf names the device of a check that lasts. One that has no name may run
// beside one that has, and must not sign it out.
func deviceOf(self, field string) string {
	if self == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(self + "\x00" + field))
	return "OUTCRY" + strings.ToUpper(hex.EncodeToString(sum[:8]))
}

// Target is the host of the receiver's homeserver.
func (p *prober) Target() string { return p.receiver.base.Hostname() }

// Probe signs both in, sends, and waits for the message and its read marker.
func (p *prober) Probe(ctx context.Context) probe.Result {
	return probe.Timed(ctx, "delivered", p.exchange)
}

func (p *prober) exchange(ctx context.Context, trail *probe.Trail) (time.Duration, error) {
	receiver, err := p.receiver.signIn(ctx, trail, p.opts.Room)
	defer func() { receiver.leave(ctx) }()
	if err != nil {
		return 0, fmt.Errorf("receiver: %w", err)
	}
	sender, err := p.sender.signIn(ctx, trail, p.opts.Room)
	defer func() { sender.leave(ctx) }()
	if err != nil {
		return 0, fmt.Errorf("sender: %w", err)
	}
	id := probe.Token()
	m := &message{sender: sender, receiver: receiver, room: p.opts.Room, within: p.opts.Within, id: id, body: "A check that messages arrive, by Outcry: " + id}
	steps := []struct {
		name string
		do   func(context.Context) (string, error)
	}{{"send", m.send}, {"deliver", m.deliver}, {"read", m.mark}, {"receipt", m.marked}}
	if !p.opts.Receipt {
		steps = steps[:2]
	}
	for _, step := range steps {
		if err := trail.Do(step.name, func() (string, error) { return step.do(ctx) }); err != nil {
			return 0, err
		}
	}
	return m.delivered.Sub(m.sent), nil
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}
