package store

import (
	"context"
	"database/sql"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/outcry/outcry"
)

// Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	log     *slog.Logger
	engine  engine
	writer  *sql.DB
	reader  *sql.DB
	streams streamTable // service × kind → number
	read    []wideStmt  // of tallies, widest first, prepared on the writer
	save    []wideStmt
	broken  atomic.Value // string: why nothing is written any more
	close   sync.Once
}

// engine is what differs between the two databases.
type engine struct {
	name string
	// forUpdate locks the rows of a SELECT until the end of the transaction;
	// empty where there is only one writer anyway.
	forUpdate string
	// skipLocked is the same, passing over rows that somebody else holds.
	skipLocked string
	// alone makes the rest of the transaction run alone among Retains.
	alone string
	// anonymous says that placeholders are faster without numbers.
	anonymous bool
	// shrink gives freed space back to the file system, a little at a time.
	shrink string
}

// arg names the n-th argument of a wide statement, which come in order: SQLite
// would look the name of each "$n" up in a list, from its start.
func (e engine) arg(n int) string {
	if e.anonymous {
		return "?"
	}
	return "$" + strconv.Itoa(n)
}

// args gives "($first, …)" for n arguments.
func (e engine) args(first, n int) string {
	p := make([]string, n)
	for i := range p {
		p[i] = e.arg(first + i)
	}
	return "(" + strings.Join(p, ", ") + ")"
}

// Open connects to the database that dsn names, creating and migrating it as
// needed: "sqlite:PATH", "sqlite::memory:" (gone when closed), or a
// "postgres://" URL. An unknown form is CodeInvalid on the field "store"; a
// database that does not answer, or was written by a newer version, is
// CodeUnavailable.
func Open(ctx context.Context, dsn string, log *slog.Logger) (*Store, error) {
	s, err := connect(ctx, dsn, log)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, joinClose(err, s)
	}
	if err := s.loadStreams(ctx); err != nil {
		return nil, joinClose(err, s)
	}
	if err := s.prepareWide(ctx); err != nil {
		return nil, joinClose(err, s)
	}
	return s, nil
}

func connect(ctx context.Context, dsn string, log *slog.Logger) (*Store, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return connectSQLite(ctx, path, log)
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return connectPostgres(ctx, dsn, log)
	}
	return nil, outcry.FieldErrorf("store", `want "sqlite:PATH" or "postgres://…"`)
}

// joinClose closes what was half opened; its own failure is the lesser one.
func joinClose(err error, s *Store) error {
	if cerr := s.Close(); cerr != nil {
		s.log.Warn("store: closing after a failed start", "err", cerr)
	}
	return err
}

// Close waits for running statements and closes the database.
func (s *Store) Close() error {
	var err error
	s.close.Do(func() {
		if s.reader != s.writer {
			err = s.reader.Close()
		}
		if werr := s.writer.Close(); err == nil {
			err = werr
		}
	})
	return s.fail(err, "closing the database")
}

// Shared reports whether other processes may use the database too; a SQLite file
// is its process's own.
func (s *Store) Shared() bool { return s.engine.alone != "" }

// Ready reports whether the store can be read and may be written now.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.writable(); err != nil {
		return err
	}
	return s.fail(s.reader.PingContext(ctx), "asking the database for a sign of life")
}
