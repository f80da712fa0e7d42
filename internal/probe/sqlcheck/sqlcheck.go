// Package sqlcheck probes PostgreSQL and servers of the MySQL protocol by a
// round trip: it signs in, and asks; or, given a table, writes a row, reads it
// back and deletes it.
//
// Steps: dns, connect, greeting (MySQL), sign in (with TLS, which both negotiate within their own
// protocol), then query, or insert, select and delete. Reasons beside those of
// the way there:
//
//	sign-in-refused   the sign-in was refused
//	not-serving   it is starting, stopping, or has no connection left
//	query         it refuses what is asked: no such table, read-only, no right
//	answer        the value is not the one wanted
//	too-large     more than 1 MiB was sent
//
// Nothing is taken from PGHOST, ~/.pgpass and their like. The tables of a round
// trip are made by the operator, with two columns of text:
//
//	CREATE TABLE outcry_probe (id varchar(64) PRIMARY KEY, value varchar(64))
package sqlcheck

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of checks of the types postgres and mysql.
type Options struct {
	URL       string           `yaml:"url,required"` // postgres://host[:5432]/database, mysql://host[:3306]/database
	User      string           `yaml:"user,required"`
	Password  config.Secret    `yaml:"password"`
	Query     string           `yaml:"query"`     // default SELECT 1
	Want      string           `yaml:"want"`      // the first value of the first row, as text; empty: any
	Table     string           `yaml:"table"`     // for a round trip in place of the query
	Encrypted bool             `yaml:"encrypted"` // by TLS; default true
	TLS       probe.TLSOptions `yaml:"tls"`
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Query, o.Encrypted = "SELECT 1", true }

// maxRead bounds what is read of a server in one attempt, in bytes.
const maxRead = 1 << 20

// dialect is what the two protocols differ by.
type dialect struct {
	scheme, port string
	args         [2]string               // placeholders
	greeting     func(head []byte) error // verifies the first bytes that the server says unasked; nil: it says none
	connector    func(p *prober, password string, conn net.Conn) (driver.Connector, error)
	reason       func(error) probe.Reason // of an error of its own; empty when it is none
	headSize     int                      // bytes before each message
	size         func(head []byte) (int, error)
}

type prober struct {
	opts       Options
	dialect    dialect
	host, addr string
	database   string
	cfg        *tls.Config // nil: in the clear
	dialer     *netguard.Dialer
}

func newProber(o Options, env probe.Env, d dialect) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != d.scheme {
		return nil, outcry.FieldErrorf("url", "scheme %q is not %s", u.Scheme, d.scheme)
	}
	p := &prober{opts: o, dialect: d, host: u.Hostname(), dialer: env.Own()}
	if p.addr, err = probe.HostPort(u, d.port); err != nil {
		return nil, err
	}
	if p.database, err = databaseOf(u); err != nil {
		return nil, err
	}
	if o.Encrypted {
		if p.cfg, err = o.TLS.Config(env, p.host); err != nil {
			return nil, err
		}
	}
	if o.Table != "" && !isTable(o.Table) {
		return nil, outcry.FieldErrorf("table", "%q is no name of a table: letters, digits and _, with its schema before a dot", o.Table)
	}
	if strings.TrimSpace(o.Query) == "" {
		return nil, outcry.FieldErrorf("query", "is empty")
	}
	return p, env.VerifySecret("password", o.Password)
}

func databaseOf(u *url.URL) (string, error) {
	if u.RawQuery != "" {
		return "", outcry.FieldErrorf("url", "takes no parameters behind a question mark")
	}
	name := strings.TrimPrefix(u.Path, "/")
	if name == "" || strings.ContainsAny(name, "/\x00") {
		return "", outcry.FieldErrorf("url", "the database is missing: %s://%s/DATABASE", u.Scheme, u.Host)
	}
	return name, nil
}

func isTable(name string) bool {
	ok, err := regexp.MatchString(`^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$`, name)
	return ok && err == nil
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }

// goodbye is how long signing off may take.
const goodbye = 100 * time.Millisecond

// Probe signs in and asks.
func (p *prober) Probe(ctx context.Context) probe.Result {
	password, err := probe.ReadSecret("password", p.opts.Password)
	if err != nil {
		return probe.Failed(err)
	}
	trail := probe.NewTrail()
	conn, err := trail.Connect(ctx, p.dialer, "tcp", p.addr)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // it has signed off by then
	bounded := newBounded(conn, p.dialect, p.cfg == nil)
	if p.dialect.greeting != nil {
		if err := bounded.greeted(trail, p.dialect.greeting); err != nil {
			return trail.End(probe.Failed(err))
		}
	}
	connector, err := p.dialect.connector(p, password, bounded)
	if err != nil {
		return trail.End(probe.Unknown(probe.ReasonInternal, err.Error()))
	}
	db := sql.OpenDB(connector)
	defer db.Close() //nolint:errcheck // as above
	db.SetMaxOpenConns(1)
	detail, err := p.talk(ctx, trail, db)
	_ = conn.SetDeadline(time.Now().Add(goodbye)) //nolint:errcheck // the connection is closed anyway
	if broken := bounded.broken.Load(); err != nil && broken != nil {
		err = broken // drivers have other words for it
	}
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(detail))
}

func (p *prober) talk(ctx context.Context, trail *probe.Trail, db *sql.DB) (detail string, err error) {
	var c *sql.Conn
	err = trail.Do("sign in", func() (string, error) {
		c, err = db.Conn(ctx)
		return "", p.fault(ctx, err)
	})
	if err != nil {
		return "", err
	}
	defer c.Close() //nolint:errcheck // the pool closes it
	if p.opts.Table != "" {
		return "wrote, read and deleted a row", p.roundTrip(ctx, trail, c)
	}
	err = trail.Do("query", func() (string, error) {
		value, err := first(ctx, c, p.opts.Query)
		if err != nil {
			return "", p.fault(ctx, err)
		}
		detail = fmt.Sprintf("%.80q", value)
		if p.opts.Want != "" && value != p.opts.Want {
			return "", &probe.Fault{Reason: probe.ReasonAnswer, Err: fmt.Errorf("the value is %.80q, wanted %.80q", value, p.opts.Want)}
		}
		return detail, nil
	})
	return detail, err
}

// first gives the first value of the first row.
func first(ctx context.Context, c *sql.Conn, query string, args ...any) (string, error) {
	var value sql.NullString
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close() //nolint:errcheck // what comes after the first row is of no interest
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return "", err
		}
		return "", sql.ErrNoRows
	}
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(any)
	}
	if len(into) == 0 {
		return "", sql.ErrNoRows
	}
	into[0] = &value
	err = rows.Scan(into...)
	return value.String, err
}

// roundTrip writes a row, reads it back and deletes it.
func (p *prober) roundTrip(ctx context.Context, trail *probe.Trail, c *sql.Conn) error {
	id, want := "outcry-"+rand.Text(), rand.Text()
	t, a := p.opts.Table, p.dialect.args
	err := trail.Do("insert", func() (string, error) {
		_, err := c.ExecContext(ctx, "INSERT INTO "+t+" (id, value) VALUES ("+a[0]+", "+a[1]+")", id, want) //nolint:gosec // a name of letters, verified
		return "", p.fault(ctx, err)
	})
	if err != nil {
		return err
	}
	reading := trail.Do("select", func() (string, error) {
		got, err := first(ctx, c, "SELECT value FROM "+t+" WHERE id = "+a[0], id) //nolint:gosec // as above
		if err == nil && got != want {
			err = &probe.Fault{Reason: probe.ReasonAnswer, Err: errors.New("the row that was written is read back changed")}
		}
		return "", p.fault(ctx, err)
	})
	deleting := trail.Do("delete", func() (string, error) {
		_, err := c.ExecContext(ctx, "DELETE FROM "+t+" WHERE id = "+a[0], id) //nolint:gosec // as above
		return "", p.fault(ctx, err)
	})
	if reading != nil {
		return reading
	}
	return deleting
}

// fault gives an error its reason.
func (p *prober) fault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*probe.Fault)):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return &probe.Fault{Reason: probe.ReasonAnswer, Err: errors.New("there is no row")}
	}
	reason := p.dialect.reason(err)
	if deadline, ok := ctx.Deadline(); ok && (reason == "" || reason == probe.ReasonReset) && !time.Now().Before(deadline) {
		return fmt.Errorf("no answer within the time: %w", context.DeadlineExceeded) // drivers have other words for it
	}
	if reason != "" {
		return &probe.Fault{Reason: reason, Err: err}
	}
	if errors.Is(err, driver.ErrBadConn) {
		return &probe.Fault{Reason: probe.ReasonReset, Err: errors.New("the server has closed the connection")}
	}
	return err
}
