package store

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/outcry/outcry"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date; instances that start together take
// turns. A schema newer than this program is refused: its meaning is not known.
func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrator()
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "reading the migrations")
	}
	if err := s.up(ctx, p); err != nil {
		return s.fail(err, "migrating the schema")
	}
	return s.refuseNewer(ctx, p)
}

// up applies what is missing. On SQLite there is no lock that outlives a
// transaction, so of two processes that begin together one finds its next step
// done; it goes on from there, for as long as somebody gets any further.
func (s *Store) up(ctx context.Context, p *goose.Provider) error {
	for last := int64(-1); ; {
		done, err := p.Up(ctx)
		for _, m := range done {
			s.log.Info("store: migrated the schema", "engine", s.engine.name, "version", m.Source.Version, "took", m.Duration)
		}
		if err == nil {
			return nil
		}
		at, verr := p.GetDBVersion(ctx)
		if verr != nil || at <= last {
			return err
		}
		last = at
	}
}

func (s *Store) refuseNewer(ctx context.Context, p *goose.Provider) error {
	at, err := p.GetDBVersion(ctx)
	if err != nil {
		return s.fail(err, "reading the version of the schema")
	}
	all := p.ListSources()
	if newest := all[len(all)-1].Version; at > newest {
		return outcry.Errorf(outcry.CodeUnavailable, "the database has schema version %d and this program knows up to %d: run the newer program", at, newest)
	}
	return nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	if s.engine.name == "sqlite" {
		return goose.NewProvider(goose.DialectSQLite3, s.writer, files, opts...)
	}
	turns, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // each second, for five minutes
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.writer, postgresFS{files}, append(opts, goose.WithSessionLocker(turns))...)
}

// postgresFS gives the migrations in PostgreSQL's words.
type postgresFS struct{ fs.FS }

// Open rewrites the file while it is read.
func (p postgresFS) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := fs.ReadFile(p.FS, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	text = []byte(strings.NewReplacer(" WITHOUT ROWID", "", "BLOB", "BYTEA").Replace(string(text)))
	return rewritten{f, strings.NewReader(string(text))}, nil
}

// rewritten is a file whose bytes are others.
type rewritten struct {
	fs.File
	text *strings.Reader
}

func (r rewritten) Read(p []byte) (int, error) { return r.text.Read(p) }
