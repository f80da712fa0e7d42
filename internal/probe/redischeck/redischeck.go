// Package redischeck probes Redis, and what speaks its protocol (RESP2: Valkey,
// KeyDB, Dragonfly), by a round trip: a key is set, read back and deleted.
//
// Steps: dns, connect, tls, auth, select, then set, get and delete, or ping
// where nothing may be written. The key is under a name of its own and expires
// by itself within a minute. Reasons beside those of the way there:
//
//	sign-in-refused   NOAUTH, WRONGPASS, NOPERM
//	not-serving   LOADING, MASTERDOWN, CLUSTERDOWN, READONLY, MISCONF, OOM, BUSY, or no connection left
//	query         any other error of the server
//	answer        what is read back is not what was written
package redischeck

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type redis.
type Options struct {
	URL      string           `yaml:"url,required"` // redis://host[:6379][/database], rediss:// over TLS
	User     string           `yaml:"user"`         // of Redis 6 and later
	Password config.Secret    `yaml:"password"`
	Write    bool             `yaml:"write"`  // false: PING only; default true
	Prefix   string           `yaml:"prefix"` // of the key; default "outcry:probe:"
	TLS      probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Write, o.Prefix = true, "outcry:probe:" }

// SetURL makes o the options of a check given by URL: nothing is written.
func (o *Options) SetURL(url string) { o.URL, o.Write = url, false }

type prober struct {
	opts       Options
	host, addr string
	database   string
	cfg        *tls.Config
	dialer     *netguard.Dialer
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	p := &prober{opts: o, host: u.Hostname(), dialer: env.Own()}
	switch u.Scheme {
	case "redis":
	case "rediss":
		if p.cfg, err = o.TLS.Config(env, p.host); err != nil {
			return nil, err
		}
	default:
		return nil, outcry.FieldErrorf("url", "scheme %q is none of redis, rediss", u.Scheme)
	}
	if p.addr, err = probe.HostPort(u, "6379"); err != nil {
		return nil, err
	}
	if p.database, err = databaseOf(u); err != nil {
		return nil, err
	}
	return p, env.VerifySecret("password", o.Password)
}

func databaseOf(u *url.URL) (string, error) {
	name := strings.Trim(u.Path, "/")
	if name == "" {
		return "", nil
	}
	if _, err := strconv.ParseUint(name, 10, 16); err != nil {
		return "", outcry.FieldErrorf("url", "the database %q is no number", name)
	}
	return name, nil
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }

// session is one connection.
type session struct {
	conn  net.Conn
	in    *bufio.Reader
	trail *probe.Trail
}

// ask is a step: a command, and its answer.
func (s *session) ask(step string, args ...string) (got string, err error) {
	err = s.trail.Do(step, func() (string, error) {
		if _, err := s.conn.Write(command(args...)); err != nil {
			return "", fmt.Errorf("send %s: %w", args[0], err)
		}
		got, err = answer(s.in)
		return "", fault(err)
	})
	return got, err
}

// Probe signs in and makes the round trip.
func (p *prober) Probe(ctx context.Context) probe.Result {
	password, err := probe.ReadSecret("password", p.opts.Password)
	if err != nil {
		return probe.Failed(err)
	}
	trail := probe.NewTrail()
	conn, err := trail.Secure(ctx, p.dialer, p.addr, p.cfg, p.opts.TLS)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // all that mattered has been read
	s := &session{conn: conn, in: bufio.NewReaderSize(conn, maxLine), trail: trail}
	if err := p.enter(s, password); err != nil {
		return trail.End(probe.Failed(err))
	}
	detail, err := p.trip(s)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(detail))
}

// enter signs in and chooses the database.
func (p *prober) enter(s *session, password string) error {
	if password != "" {
		args := []string{"AUTH", password}
		if p.opts.User != "" {
			args = []string{"AUTH", p.opts.User, password}
		}
		if _, err := s.ask("auth", args...); err != nil {
			return err
		}
	}
	if p.database != "" {
		if _, err := s.ask("select", "SELECT", p.database); err != nil {
			return err
		}
	}
	return nil
}

// trip is the round trip itself.
func (p *prober) trip(s *session) (detail string, err error) {
	if !p.opts.Write {
		got, err := s.ask("ping", "PING")
		if err == nil && got != "PONG" {
			err = wrong("PING was answered with %.20q", got)
		}
		return "PONG", err
	}
	key, want := p.opts.Prefix+rand.Text(), rand.Text()
	if _, err := s.ask("set", "SET", key, want, "EX", "60"); err != nil {
		return "", err
	}
	got, err := s.ask("get", "GET", key)
	if errors.Is(err, errNil) || err == nil && got != want {
		err = wrong("what was written is not read back")
	}
	if err != nil && probe.Classify(err) != probe.ReasonAnswer {
		return "", err // no answer can be trusted any more; the key expires
	}
	if _, deleting := s.ask("delete", "DEL", key); err == nil {
		err = deleting
	}
	return "wrote, read and deleted a key", err
}

func wrong(format string, args ...any) error {
	return &probe.Fault{Reason: probe.ReasonAnswer, Err: fmt.Errorf(format, args...)}
}

// fault gives an error of the server its reason, by its first word.
func fault(err error) error {
	said, ok := errors.AsType[serverError](err)
	if !ok {
		return err
	}
	reason := probe.ReasonQuery
	word, _, _ := strings.Cut(string(said), " ")
	switch word {
	case "NOAUTH", "WRONGPASS", "NOPERM":
		reason = probe.ReasonSignIn
	case "LOADING", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "MISCONF", "OOM", "BUSY", "NOREPLICAS":
		reason = probe.ReasonNotServing
	}
	switch text := strings.ToLower(string(said)); {
	case strings.Contains(text, "invalid password"), strings.Contains(text, "without any password configured"):
		reason = probe.ReasonSignIn // before Redis 6
	case strings.Contains(text, "max number of clients"):
		reason = probe.ReasonNotServing
	}
	return &probe.Fault{Reason: reason, Err: err}
}
