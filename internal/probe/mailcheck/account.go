package mailcheck

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// account is one that was verified, and how to get there.
type account struct {
	Account
	field      string // in the configuration: "sender"
	host, addr string
	direct     bool // TLS from the first byte
	address    string
	cfg        *tls.Config
	tls        probe.TLSOptions
	env        probe.Env
}

func newAccount(field string, o Account, t probe.TLSOptions, env probe.Env, scheme, port, tlsPort string) (*account, error) {
	u, err := probe.ParseURL(o.Server)
	if err != nil {
		return nil, outcry.FieldErrorf(field+".server", "%s", err)
	}
	a := &account{Account: o, field: field, host: u.Hostname(), direct: u.Scheme == scheme+"s", address: o.Address, tls: t, env: env}
	if u.Scheme != scheme && !a.direct {
		return nil, outcry.FieldErrorf(field+".server", "scheme %q is none of %s, %ss", u.Scheme, scheme, scheme)
	}
	if a.direct {
		port = tlsPort
	}
	if a.addr, err = probe.HostPort(u, port); err != nil {
		return nil, err
	}
	if err := bareAddress(o.Address); err != nil {
		return nil, outcry.FieldErrorf(field+".address", "%s", err)
	}
	if a.Username == "" {
		a.Username = o.Address
	}
	if err := env.VerifySecret(field+".password", o.Password); err != nil {
		return nil, err
	}
	if a.cfg, err = t.Config(env, a.host); err != nil {
		return nil, err
	}
	// The libraries shake hands for STARTTLS, and not all give the state away.
	a.cfg.VerifyConnection = func(s tls.ConnectionState) error { return t.Verify(&s, env.Time()) }
	return a, nil
}

// connect reads the password, dials, and shakes hands where TLS is from the
// first byte.
func (a *account) connect(ctx context.Context, trail *probe.Trail) (conn *boundConn, password string, err error) {
	if password, err = probe.ReadSecret(a.field+".password", a.Password); err != nil {
		return nil, "", err
	}
	var cfg *tls.Config
	if a.direct {
		cfg = a.cfg
	}
	raw, err := trail.Secure(ctx, a.env.Own(), a.addr, cfg, a.tls)
	if err != nil {
		return nil, "", err
	}
	conn = &boundConn{Conn: raw, left: maxRead}
	conn.stop = context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // a closed connection needs none
	return conn, password, nil
}

// maxRead is how many bytes are read over one connection, in all.
const maxRead = 1 << 20

// boundConn keeps a library within our bounds: of what is read, and of the
// attempt's deadline, which it cannot move. It remembers what went wrong, since
// libraries make text of it.
type boundConn struct {
	net.Conn
	stop func() bool

	mu     sync.Mutex
	left   int
	broken error
}

// Read implements [net.Conn].
func (b *boundConn) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left -= n; b.left < 0 {
		n, err = 0, fault(probe.ReasonTooLarge, "the server sends more than %d bytes", maxRead)
	}
	if err != nil && b.broken == nil {
		b.broken = err
	}
	return n, err
}

// SetDeadline does nothing: the deadline is the attempt's.
func (b *boundConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing, either.
func (b *boundConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, either.
func (b *boundConn) SetWriteDeadline(time.Time) error { return nil }

// hangUp gives the server a moment to take our farewell, which the function
// says, and closes the connection.
func (b *boundConn) hangUp(say func() error) {
	b.stop()
	if b.Conn.SetDeadline(time.Now().Add(goodbye)) == nil {
		_ = say() //nolint:errcheck // closing tells the server as well
	}
	_ = b.Conn.Close() //nolint:errcheck // nothing is left to be read
}

// goodbye is how long a server may take for it.
const goodbye = 200 * time.Millisecond

// failure is the error with which reading ended; nil while it goes on.
func (b *boundConn) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}
