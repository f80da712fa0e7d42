package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/outcry/outcry"
)

// sqliteError is what the SQLite driver's error looks like.
type sqliteError int

func (e sqliteError) Error() string { return fmt.Sprintf("sqlite %d", int(e)) }
func (e sqliteError) Code() int     { return int(e) }

func TestCodes(t *testing.T) {
	cases := []struct {
		says string
		err  error
		want outcry.Code
	}{
		{"SQLite: the disk is full", sqliteError(sqliteFull), outcry.CodeUnavailable},
		{"SQLite: reading failed", sqliteError(sqliteIOErr | 1<<8), outcry.CodeUnavailable},
		{"SQLite: the file cannot be opened", sqliteError(sqliteCantOpen), outcry.CodeUnavailable},
		{"SQLite: another process is writing", sqliteError(sqliteBusy | 2<<8), outcry.CodeUnavailable},
		{"SQLite: a constraint of ours", sqliteError(19), outcry.CodeInternal},
		{"SQLite: a statement of ours", sqliteError(1), outcry.CodeInternal},
		{"PostgreSQL: the disk is full", &pgconn.PgError{Code: "53100"}, outcry.CodeUnavailable},
		{"PostgreSQL: shutting down", &pgconn.PgError{Code: "57P01"}, outcry.CodeUnavailable},
		{"PostgreSQL: an I/O error", &pgconn.PgError{Code: "58030"}, outcry.CodeUnavailable},
		{"PostgreSQL: a standby", &pgconn.PgError{Code: "25006"}, outcry.CodeUnavailable},
		{"PostgreSQL: a deadlock's victim", &pgconn.PgError{Code: "40P01"}, outcry.CodeUnavailable},
		{"PostgreSQL: a statement of ours", &pgconn.PgError{Code: "42601"}, outcry.CodeInternal},
		{"PostgreSQL: an error without a code", &pgconn.PgError{}, outcry.CodeInternal},
		{"the connection was refused", &net.OpError{Op: "dial", Err: errors.New("refused")}, outcry.CodeUnavailable},
		{"the connection broke", fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), outcry.CodeUnavailable},
		{"the pool says so", driver.ErrBadConn, outcry.CodeUnavailable},
		{"the caller went away", context.Canceled, outcry.CodeUnavailable},
		{"no row", sql.ErrNoRows, outcry.CodeNotFound},
		{"already one of ours", outcry.Errorf(outcry.CodeConflict, "x"), outcry.CodeConflict},
		{"anything else is our fault", errors.New("x"), outcry.CodeInternal},
	}
	for _, c := range cases {
		s := &Store{log: slog.New(slog.DiscardHandler)}
		err := s.fail(c.err, "testing")
		if got := outcry.CodeOf(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.says, got, c.want)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%s: the cause is lost", c.says)
		}
		if s.writable() != nil {
			t.Errorf("%s: writes are refused from then on", c.says)
		}
	}
}

// After an fsync that failed nothing may be written any more, even though the
// next write might seem to succeed.
func TestFailedFsyncLatches(t *testing.T) {
	for _, code := range []sqliteError{sqliteIOErrFsync, sqliteIOErrDirFsync, sqliteCorrupt} {
		s, err := Open(t.Context(), "sqlite::memory:", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutSetting(t.Context(), "a", []byte("kept")); err != nil {
			t.Fatal(err)
		}
		if err := s.fail(code, "committing"); outcry.CodeOf(err) != outcry.CodeUnavailable {
			t.Errorf("%v: %v", code, err)
		}
		writes := map[string]error{
			"setting": s.PutSetting(t.Context(), "a", []byte("lost")),
			"tallies": s.CommitTallies(t.Context(), 0, 0, 1, 0, nil),
			"ready":   s.Ready(t.Context()),
		}
		for what, err := range writes {
			if outcry.CodeOf(err) != outcry.CodeUnavailable {
				t.Errorf("%v: %s: %v", code, what, err)
			}
		}
		if got, err := s.Setting(t.Context(), "a"); err != nil || string(got) != "kept" {
			t.Errorf("%v: reading gives %q, %v", code, got, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
