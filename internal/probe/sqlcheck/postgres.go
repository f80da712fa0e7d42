package sqlcheck

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/outcry/outcry/internal/probe"
)

// NewPostgres makes the prober of a check of type postgres; its errors are of
// CodeInvalid.
func NewPostgres(o Options, env probe.Env) (probe.Prober, error) {
	return newProber(o, env, dialect{
		scheme: "postgres", port: "5432", args: [2]string{"$1", "$2"}, connector: postgresConnector, reason: postgresReason,
		headSize: 5, size: postgresSize,
	})
}

// postgresTypes are the messages of a server (PostgreSQL, 53.7) that are no
// answers to what a check never asks for, such as copying.
const postgresTypes = "123CDEIKNRSTZAntsv"

// postgresSize reads a message's type and size, which counts its own four bytes.
func postgresSize(head []byte) (int, error) {
	size := int64(binary.BigEndian.Uint32(head[1:]))
	if size < 4 || strings.IndexByte(postgresTypes, head[0]) < 0 {
		return 0, &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("what begins with %q is no message of PostgreSQL", head)}
	}
	return int(size - 4), nil
}

// postgresConnector signs in over a connection that is there already.
func postgresConnector(p *prober, password string, conn net.Conn) (driver.Connector, error) {
	cfg, err := pgx.ParseConfig("sslmode=disable passfile=/dev/null servicefile=/dev/null")
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	cfg.Host, cfg.Port, cfg.Database, cfg.User, cfg.Password = host, 5432, p.database, p.opts.User, password
	cfg.TLSConfig, cfg.Fallbacks = p.cfg, nil
	cfg.RuntimeParams = map[string]string{"application_name": "outcry"}
	cfg.MaxProtocolMessageBodyLen = maxRead
	if p.cfg == nil {
		cfg.RequireAuth = "!password" // whoever listens, or poses as the server, would have it
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // through a pooler, too
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{host}, nil }
	cfg.DialFunc = func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	return stdlib.GetConnector(*cfg), nil
}

// postgresReason reads the SQLSTATE (PostgreSQL, appendix A).
func postgresReason(err error) probe.Reason {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case strings.HasPrefix(e.Code, "28"): // invalid authorization
			return probe.ReasonSignIn
		case strings.HasPrefix(e.Code, "53"), strings.HasPrefix(e.Code, "57P"): // out of resources, starting or stopping
			return probe.ReasonNotServing
		}
		return probe.ReasonQuery
	}
	switch text := err.Error(); {
	case strings.Contains(text, "server refused TLS"):
		return probe.ReasonTLS
	case strings.Contains(text, "require_auth"), strings.Contains(text, "authentication method"):
		return probe.ReasonSignIn
	case strings.Contains(text, "invalid body length"), strings.Contains(text, "exceeds max"), strings.Contains(text, "exceeded"):
		if strings.Contains(text, "body") {
			return probe.ReasonTooLarge
		}
	}
	return ""
}
