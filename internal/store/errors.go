package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/outcry/outcry"
)

// SQLite's primary result codes (https://sqlite.org/rescode.html) that say that
// the machine, and not the statement, is at fault.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteProtocol = 15
	sqliteNotADB   = 26
)

// Extended codes of SQLite after which nobody knows what is on the disk.
const (
	sqliteIOErrFsync    = sqliteIOErr | 4<<8
	sqliteIOErrDirFsync = sqliteIOErr | 5<<8
)

// coder is what the SQLite driver's error has.
type coder interface {
	error
	Code() int
}

// fail wraps an engine's error with what was being done, under the code that
// tells the caller what to make of it; nil stays nil. A failed fsync makes the
// store refuse writes from then on.
func (s *Store) fail(err error, doing string) error {
	if err == nil {
		return nil
	}
	if already, ok := errors.AsType[*outcry.Error](err); ok {
		return already
	}
	if lostTrack(err) && s.broken.CompareAndSwap(nil, doing) {
		s.log.Error("store: the disk failed to keep a write; refusing writes until a restart", "while", doing, "err", err)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return outcry.Wrap(outcry.CodeNotFound, err, "%s: no such thing", doing)
	}
	return outcry.Wrap(codeOf(err), err, "%s", doing)
}

// writable is the error of a store that has lost track of its disk.
func (s *Store) writable() error {
	if while, ok := s.broken.Load().(string); ok {
		return outcry.Errorf(outcry.CodeUnavailable, "the disk failed to keep a write (%s): check it, then start again", while)
	}
	return nil
}

// lostTrack reports whether an fsync failed: the pages may be marked clean and
// be on no disk, so that a repeat would succeed without having done anything.
func lostTrack(err error) bool {
	e, ok := errors.AsType[coder](err)
	return ok && (e.Code() == sqliteIOErrFsync || e.Code() == sqliteIOErrDirFsync || e.Code()&0xff == sqliteCorrupt)
}

func codeOf(err error) outcry.Code {
	switch {
	case sqliteAway(err), postgresAway(err), connectionAway(err):
		return outcry.CodeUnavailable
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return outcry.CodeUnavailable
	}
	return outcry.CodeInternal
}

func sqliteAway(err error) bool {
	e, ok := errors.AsType[coder](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqliteBusy, sqliteLocked, sqliteReadOnly, sqliteIOErr, sqliteCorrupt,
		sqliteFull, sqliteCantOpen, sqliteProtocol, sqliteNotADB:
		return true
	}
	return false
}

// postgresAway goes by the class of SQLSTATE (PostgreSQL manual, appendix A):
// 08 connection, 25006 read-only standby, 40 rolled back in favour of another,
// 53 out of disk, memory or connections, 57 shut down or cancelled, 58 I/O.
func postgresAway(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || len(e.Code) < 2 {
		return false
	}
	switch e.Code[:2] {
	case "08", "40", "53", "57", "58":
		return true
	}
	return e.Code == "25006"
}

func connectionAway(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}
