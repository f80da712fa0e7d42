package store

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/outcry/outcry"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// sqliteReaders is how many connections read beside the writer: enough that a
// slow export does not hold up the pages, few enough that their caches stay
// small.
const sqliteReaders = 4

const inMemory = ":memory:"

func connectSQLite(ctx context.Context, path string, log *slog.Logger) (*Store, error) {
	if path == "" {
		return nil, outcry.FieldErrorf("store", "the path after \"sqlite:\" is missing")
	}
	if err := makeFile(path); err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "making the database %s", path)
	}
	s := &Store{log: log, engine: engine{name: "sqlite", anonymous: true, shrink: "PRAGMA incremental_vacuum(2000)"}}
	var err error
	if s.writer, err = sql.Open("sqlite", sqliteDSN(path, "immediate")); err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "opening the database %s", path)
	}
	oneForever(s.writer)
	s.reader = s.writer // a database in memory belongs to its one connection
	if err := s.writer.PingContext(ctx); err != nil {
		return nil, joinClose(s.fail(err, "opening the database "+path), s)
	}
	if path == inMemory {
		return s, nil
	}
	if s.reader, err = sql.Open("sqlite", sqliteDSN(path, "deferred")+"&_pragma=query_only(1)"); err != nil {
		s.reader = s.writer
		return nil, joinClose(outcry.Wrap(outcry.CodeUnavailable, err, "opening the database %s", path), s)
	}
	s.reader.SetMaxOpenConns(sqliteReaders)
	s.reader.SetMaxIdleConns(sqliteReaders)
	return s, nil
}

// makeFile sees to it that the file is there, and nobody else's to read: it
// holds the salts and the addresses of subscribers.
func makeFile(path string) error {
	if path == inMemory {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// oneForever makes all writers queue for one connection that is never closed:
// there they wait in turn, where SQLite's own lock is a lottery of retries.
func oneForever(db *sql.DB) {
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	db.SetConnMaxLifetime(0)
	db.SetConnMaxIdleTime(0)
}

// sqliteDSN gives the driver's address with the settings that every connection
// has. auto_vacuum only acts on a new file, and must come first.
func sqliteDSN(path, txlock string) string {
	settings := url.Values{"_txlock": {txlock}, "_pragma": {
		"busy_timeout(30000)", // only other processes can make us wait: a backup, a shell
		"auto_vacuum(incremental)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"journal_size_limit(67108864)",
		"temp_store(MEMORY)",
		"cache_size(-16000)",
	}}
	if path == inMemory {
		return inMemory + "?" + settings.Encode()
	}
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	return file.String() + "?" + settings.Encode()
}
