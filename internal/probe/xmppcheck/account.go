package xmppcheck

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/xmpp"
)

// Account is one of the check's own.
type Account struct {
	JID      string        `yaml:"jid,required"`
	Password config.Secret `yaml:"password,required"`
	Server   string        `yaml:"server"` // xmpp://host[:5222] or xmpps://host[:5223]; default: by the DNS of its domain
}

// account is one that was verified, and how to get there.
type account struct {
	field    string // in the configuration: "sender"
	jid      xmpp.JID
	password config.Secret
	host     string // empty: by DNS
	addr     string
	direct   bool // TLS from the first byte
	cfg      *tls.Config
	tls      probe.TLSOptions
	env      probe.Env
}

func newAccount(field string, o Account, t probe.TLSOptions, env probe.Env) (*account, error) {
	jid, err := xmpp.ParseJID(o.JID)
	if err != nil || jid.Local == "" || jid.Resource != "" {
		return nil, outcry.FieldErrorf(field+".jid", "%q is no address of an account, such as name@example.org", o.JID)
	}
	a := &account{field: field, jid: jid, password: o.Password, tls: t, env: env}
	if a.cfg, err = t.Config(env, jid.Domain); err != nil {
		return nil, err
	}
	if err := env.VerifySecret(field+".password", o.Password); err != nil {
		return nil, err
	}
	if o.Server == "" {
		return a, nil
	}
	return a, a.server(o.Server)
}

func (a *account) server(raw string) error {
	u, err := probe.ParseURL(raw)
	if err != nil {
		return outcry.FieldErrorf(a.field+".server", "%s", err)
	}
	port := "5222"
	switch u.Scheme {
	case "xmpp":
	case "xmpps":
		port, a.direct = "5223", true
		a.cfg.NextProtos = []string{"xmpp-client"} // XEP-0368
	default:
		return outcry.FieldErrorf(a.field+".server", "scheme %q is none of xmpp, xmpps", u.Scheme)
	}
	a.host = u.Hostname()
	a.addr, err = probe.HostPort(u, port)
	return err
}

// target is the host that is gone to, as far as it is known without DNS.
func (a *account) target() string {
	if a.host != "" {
		return a.host
	}
	return a.jid.Domain
}

// session is an account that is online.
type session struct {
	*xmpp.Client
	me      xmpp.JID
	stanzas <-chan xmpp.Stanza
	stop    func() bool
}

// leave says goodbye; a nil session has nothing to say.
func (s *session) leave() {
	if s != nil {
		s.stop()
		s.Close()
	}
}

// over is the error of a stream that has ended; nil while it goes on. By the
// end of the time all streams end, and that is not their fault: the time's end
// is what is told.
func (s *session) over(ctx context.Context, side string, last xmpp.Stanza) error {
	if last.Err == nil {
		return nil
	}
	s.stanzas = nil
	if ctx.Err() != nil || errors.Is(last.Err, os.ErrDeadlineExceeded) {
		return nil //nolint:nilerr // whoever waits sees the end of the time by itself
	}
	return fmt.Errorf("%s: %w", side, reasoned(ctx, last.Err))
}

// signIn brings the account online. Its error has a reason.
func (a *account) signIn(ctx context.Context, trail *probe.Trail) (*session, error) {
	password, err := probe.ReadSecret(a.field+".password", a.password)
	if err != nil {
		return nil, err
	}
	conn, err := a.connect(ctx, trail)
	if err != nil {
		return nil, err
	}
	c := xmpp.NewClient(conn, a.jid.Domain)
	s := &session{Client: c, stop: context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })} //nolint:errcheck // a closed connection needs none
	if err := a.negotiate(ctx, trail, s, conn, password); err != nil {
		s.leave()
		return nil, reasoned(ctx, err)
	}
	s.stanzas = c.Stanzas()
	return s, nil
}

func (a *account) negotiate(ctx context.Context, trail *probe.Trail, s *session, conn net.Conn, password string) error {
	if err := trail.Do("stream", func() (string, error) { return "", s.Open() }); err != nil {
		return err
	}
	if !a.direct {
		if err := a.secure(ctx, trail, s, conn); err != nil {
			return err
		}
	}
	if err := trail.Do("sign-in", func() (string, error) { return s.SignIn(a.jid.Local, password) }); err != nil {
		return err
	}
	return trail.Do("bind", func() (detail string, err error) {
		if s.me, err = s.Bind("outcry-" + probe.Token()[:8]); err != nil {
			return "", err
		}
		return s.me.String(), s.Present("-1")
	})
}

// secure goes on within TLS, which the server must offer.
func (a *account) secure(ctx context.Context, trail *probe.Trail, s *session, conn net.Conn) error {
	err := trail.Do("starttls", func() (string, error) {
		if !s.OffersTLS() {
			return "", &probe.Fault{Reason: probe.ReasonNoSecurity, Err: errors.New("the server offers no TLS")}
		}
		return "", s.StartTLS()
	})
	if err != nil {
		return err
	}
	tc, err := trail.Handshake(ctx, conn, a.cfg)
	if err != nil {
		return err
	}
	state := tc.ConnectionState()
	if err := a.tls.Verify(&state, a.env.Time()); err != nil {
		return err
	}
	return s.Secured(tc)
}

// maxServers is how many of a domain's servers are tried.
const maxServers = 4

// connect goes to the server that the configuration names, or to those that
// the domain's DNS does (RFC 6120, section 3.2.1): the first that is there.
func (a *account) connect(ctx context.Context, trail *probe.Trail) (net.Conn, error) {
	if a.addr != "" {
		var cfg *tls.Config
		if a.direct {
			cfg = a.cfg
		}
		return trail.Secure(ctx, a.env.Own(), a.addr, cfg, a.tls)
	}
	addrs, err := a.lookup(ctx, trail)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	for _, addr := range addrs {
		if conn, err = trail.Connect(ctx, a.dialer(addr), "tcp", addr); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// dialer is the stricter one for a name that somebody else's DNS gave.
func (a *account) dialer(addr string) *netguard.Dialer {
	if addr == net.JoinHostPort(a.jid.Domain, "5222") {
		return a.env.Own()
	}
	return a.env.Guard.Dialer(a.env.Resolver)
}

// lookup gives the servers of the account's domain, best first.
func (a *account) lookup(ctx context.Context, trail *probe.Trail) (addrs []string, err error) {
	resolver := a.env.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	err = trail.Do("srv", func() (string, error) {
		_, found, err := resolver.LookupSRV(ctx, "xmpp-client", "tcp", a.jid.Domain)
		if none, ok := errors.AsType[*net.DNSError](err); ok && none.IsNotFound {
			addrs = []string{net.JoinHostPort(a.jid.Domain, "5222")}
			return "none, so " + addrs[0], nil
		}
		if err != nil {
			return "", fmt.Errorf("look up the servers of %s: %w", a.jid.Domain, err)
		}
		for _, srv := range found[:min(len(found), maxServers)] {
			if srv.Target != "." {
				addrs = append(addrs, net.JoinHostPort(srv.Target, strconv.Itoa(int(srv.Port))))
			}
		}
		if len(addrs) == 0 {
			return "", &probe.Fault{Reason: probe.ReasonDNSNoName, Err: fmt.Errorf("the DNS of %s says that it has no XMPP server", a.jid.Domain)}
		}
		return fmt.Sprint(addrs), nil
	})
	return addrs, err
}

// reasoned gives what the XMPP client says the reason that it stands for.
func reasoned(ctx context.Context, err error) error {
	if _, known := errors.AsType[*probe.Fault](err); known {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	if errors.Is(err, xmpp.ErrStripped) {
		return &probe.Fault{Reason: probe.ReasonNoSecurity, Err: err}
	}
	if refusal, ok := errors.AsType[*xmpp.SASLError](err); ok {
		return &probe.Fault{Reason: signInReason(refusal.Condition), Err: err}
	}
	if end, ok := errors.AsType[*xmpp.StreamError](err); ok {
		return &probe.Fault{Reason: streamReason(end.Condition), Err: err}
	}
	if refusal, ok := errors.AsType[*xmpp.StanzaError](err); ok {
		return &probe.Fault{Reason: stanzaReason(refusal.Condition), Err: err}
	}
	switch {
	case errors.Is(err, xmpp.ErrNoMechanism):
		return &probe.Fault{Reason: probe.ReasonNoSecurity, Err: err}
	case errors.Is(err, xmpp.ErrTooLarge):
		return &probe.Fault{Reason: probe.ReasonTooLarge, Err: err}
	}
	return err
}

// signInReason tells an account that is wrong from a server that cannot say
// (RFC 6120, section 6.5).
func signInReason(condition string) probe.Reason {
	switch condition {
	case "temporary-auth-failure", "aborted":
		return probe.ReasonNotServing
	case "encryption-required", "invalid-mechanism", "mechanism-too-weak":
		return probe.ReasonNoSecurity
	case "malformed-request", "incorrect-encoding":
		return probe.ReasonProtocol
	}
	return probe.ReasonSignIn
}

// streamReason is for RFC 6120, section 4.9.3.
func streamReason(condition string) probe.Reason {
	switch condition {
	case "policy-violation", "resource-constraint":
		return probe.ReasonThrottled
	case "internal-server-error", "remote-connection-failed", "reset", "system-shutdown", "undefined-condition", "see-other-host":
		return probe.ReasonNotServing
	case "connection-timeout":
		return probe.ReasonTimeout
	case "host-gone", "host-unknown", "not-authorized", "conflict":
		return probe.ReasonRejected
	}
	return probe.ReasonProtocol
}

// stanzaReason is for RFC 6120, section 8.3.3, before a message is sent.
func stanzaReason(condition string) probe.Reason {
	switch condition {
	case "resource-constraint", "policy-violation":
		return probe.ReasonThrottled
	case "internal-server-error", "service-unavailable", "remote-server-not-found", "remote-server-timeout":
		return probe.ReasonNotServing
	}
	return probe.ReasonRejected
}
