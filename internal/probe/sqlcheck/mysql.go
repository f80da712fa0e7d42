package sqlcheck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"

	"github.com/go-sql-driver/mysql"

	"github.com/outcry/outcry/internal/probe"
)

// NewMySQL makes the prober of a check of type mysql; its errors are of
// CodeInvalid.
func NewMySQL(o Options, env probe.Env) (probe.Prober, error) {
	return newProber(o, env, dialect{
		scheme: "mysql", port: "3306", args: [2]string{"?", "?"}, connector: mysqlConnector, reason: mysqlReason, greeting: mysqlGreeting,
		headSize: mysqlHead, size: mysqlSize,
	})
}

// mysqlHead is what comes before a packet: its size in three bytes, the lowest
// first, and a number.
const mysqlHead = 4

func mysqlSize(head []byte) (int, error) {
	return int(head[0]) | int(head[1])<<8 | int(head[2])<<16, nil
}

// mysqlGreeting verifies the head of the first packet: a short one, the first.
func mysqlGreeting(head []byte) error {
	size, err := mysqlSize(head)
	if err != nil || size == 0 || size > maxGreeting || head[3] != 0 {
		return &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("it begins with %q, which is not the protocol of MySQL", head)}
	}
	return nil
}

// maxGreeting bounds the first packet, in bytes; servers send about a hundred.
const maxGreeting = 1 << 10

// silent takes what the driver would print.
type silent struct{}

func (silent) Print(...any) {}

// mysqlConnector signs in over a connection that is there already. Passwords
// are never sent in the clear over an unencrypted one, and no file of ours is
// ever sent (LOAD DATA LOCAL).
func mysqlConnector(p *prober, password string, conn net.Conn) (driver.Connector, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.DBName, cfg.User, cfg.Passwd = "tcp", p.addr, p.database, p.opts.User, password
	cfg.TLS, cfg.MaxAllowedPacket, cfg.Logger = p.cfg, maxRead, silent{}
	cfg.InterpolateParams = true // one message for each statement
	cfg.DialFunc = func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	return mysql.NewConnector(cfg)
}

// mysqlReason reads the server's number of an error (MySQL 8.4 error reference).
func mysqlReason(err error) probe.Reason {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch e.Number {
		case 1044, 1045, 1251, 1698, 1820, 1862: // access denied, and passwords that have to be changed
			return probe.ReasonSignIn
		case 1040, 1053, 1129, 1130, 1203, 1226: // no connection left, stopping, host not taken
			return probe.ReasonNotServing
		}
		return probe.ReasonQuery
	}
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return probe.ReasonTLS
	case errors.Is(err, mysql.ErrPktTooLarge):
		return probe.ReasonTooLarge
	case errors.Is(err, mysql.ErrInvalidConn):
		return probe.ReasonReset
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrOldProtocol):
		return probe.ReasonProtocol
	}
	return ""
}
