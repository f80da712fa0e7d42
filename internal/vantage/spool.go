package vantage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/outcry/outcry"
)

// Bounds of a spool: what is older, or too much, is forgotten first.
const (
	spoolRows = 1_000_000 // about 100 MB
	spoolAge  = 72 * time.Hour
)

// Spool keeps results in a file until the core has them. It is safe for
// concurrent use.
type Spool struct {
	db   *sql.DB
	id   string
	poke chan struct{}
	rows int // at most
}

// OpenSpool opens the spool in a data folder, and makes it the first time.
func OpenSpool(ctx context.Context, folder string) (*Spool, error) {
	path := filepath.Join(folder, "vantage.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // it may hold the secrets of checks
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "open the results kept in %s", path)
	}
	if err := f.Close(); err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "open the results kept in %s", path)
	}
	pragmas := url.Values{"_pragma": {"busy_timeout(10000)", "auto_vacuum(incremental)", "journal_mode(WAL)", "synchronous(FULL)"}, "_txlock": {"immediate"}}
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	db, err := sql.Open("sqlite", file.String()+"?"+pragmas.Encode())
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "open the results kept in %s", path)
	}
	db.SetMaxOpenConns(1)
	s := &Spool{db: db, poke: make(chan struct{}, 1), rows: spoolRows}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(outcry.Wrap(outcry.CodeUnavailable, err, "open the results kept in %s", path), db.Close())
	}
	return s, nil
}

func (s *Spool) prepare(ctx context.Context) error {
	for _, q := range []string{
		"CREATE TABLE IF NOT EXISTS results (n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, data TEXT NOT NULL)",
		"CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, data TEXT NOT NULL)",
	} {
		if _, err := s.db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if _, err := s.db.ExecContext(ctx, "INSERT OR IGNORE INTO notes VALUES ('spool', ?)", rand.Text()); err != nil {
		return err
	}
	return s.db.QueryRowContext(ctx, "SELECT data FROM notes WHERE name = 'spool'").Scan(&s.id)
}

// Close closes the file.
func (s *Spool) Close() error { return s.db.Close() }

// Send keeps the signals of runs: when it returns nil, they are on disk. The
// vantage's scheduler knows its checks as services of their own names, because
// a check's service is the core's to say.
func (s *Spool) Send(ctx context.Context, signals []outcry.Signal) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		for i := range signals {
			g := &signals[i]
			r := Result{Check: g.Service, At: g.At.UnixMilli(), Outcome: g.Outcome, Reason: g.Reason, Latency: g.Latency.Milliseconds()}
			data, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO results (at, data) VALUES (?, ?)", r.At, string(data)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM results WHERE n <= (SELECT max(n) FROM results) - ?", s.rows)
		return err
	})
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "keep results on disk")
	}
	select {
	case s.poke <- struct{}{}:
	default:
	}
	return nil
}

func (s *Spool) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// oldest gives up to so many results, and how many there are in all.
func (s *Spool) oldest(ctx context.Context, most int) (list []Result, all int, err error) {
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM results").Scan(&all); err != nil {
		return nil, 0, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT n, data FROM results ORDER BY n LIMIT ?", most)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var n uint64
		var data string
		if err := rows.Scan(&n, &data); err != nil {
			return nil, 0, err
		}
		var r Result
		if err := json.NewDecoder(strings.NewReader(data)).Decode(&r); err != nil {
			return nil, 0, err
		}
		r.Number = n
		list = append(list, r)
	}
	return list, all, rows.Err()
}

// Len is how many results wait; -1 when that cannot be seen.
func (s *Spool) Len(ctx context.Context) (n int) {
	if s.db.QueryRowContext(ctx, "SELECT count(*) FROM results").Scan(&n) != nil {
		return -1
	}
	return n
}

// forget drops what the core has, up to a number.
func (s *Spool) forget(ctx context.Context, through uint64) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM results WHERE n <= ?", int64(through)) //nolint:gosec // a row's number
	if err == nil {
		_, err = s.db.ExecContext(ctx, "PRAGMA incremental_vacuum(200)")
	}
	return err
}

// expire drops what is too old to be of use, and says how much that was.
func (s *Spool) expire(ctx context.Context, now time.Time) (int64, error) {
	done, err := s.db.ExecContext(ctx, "DELETE FROM results WHERE at < ?", now.Add(-spoolAge).UnixMilli())
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// note keeps what the core last said is to be done; empty forgets it.
func (s *Spool) note(ctx context.Context, agenda []byte) error {
	if len(agenda) == 0 {
		_, err := s.db.ExecContext(ctx, "DELETE FROM notes WHERE name = 'agenda'")
		return err
	}
	_, err := s.db.ExecContext(ctx, "INSERT INTO notes VALUES ('agenda', ?) ON CONFLICT (name) DO UPDATE SET data = excluded.data", string(agenda))
	return err
}

// noted is what [Spool.note] kept; nil when there is nothing.
func (s *Spool) noted(ctx context.Context) ([]byte, error) {
	var data string
	err := s.db.QueryRowContext(ctx, "SELECT data FROM notes WHERE name = 'agenda'").Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return []byte(data), err
}
