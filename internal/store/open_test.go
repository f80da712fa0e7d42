package store_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
)

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, []byte(strings.Repeat("this is no database. ", 100)), 0o600))
	cases := []struct {
		says, dsn string
		want      outcry.Code
	}{
		{"nothing", "", outcry.CodeInvalid},
		{"an engine that is not spoken", "mysql://root@localhost/outcry", outcry.CodeInvalid},
		{"SQLite without a path", "sqlite:", outcry.CodeInvalid},
		{"a PostgreSQL URL that is none", "postgres://u:hunter2@host:port/db", outcry.CodeInvalid},
		{"a PostgreSQL that does not answer", "postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=2", outcry.CodeUnavailable},
		{"a file that is no database", "sqlite:" + file, outcry.CodeUnavailable},
		{"a folder that cannot be", "sqlite:" + file + "/below/outcry.db", outcry.CodeUnavailable},
	}
	for _, c := range cases {
		s, err := store.Open(t.Context(), c.dsn, slog.New(slog.DiscardHandler))
		if err == nil {
			ok(t, s.Close())
		}
		if outcry.CodeOf(err) != c.want {
			t.Errorf("%s: %v", c.says, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", c.says, err)
		}
	}
}

func TestReopen(t *testing.T) {
	for _, e := range engines() {
		if e.name == "sqlite memory" {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			dsn := e.dsn(t)
			s, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
			ok(t, err)
			ok(t, s.PutSetting(t.Context(), "a", []byte("kept")))
			ok(t, s.Close())
			ok(t, s.Close()) // twice does no harm
			s = open(t, dsn)
			got, err := s.Setting(t.Context(), "a")
			ok(t, err)
			if string(got) != "kept" {
				t.Errorf("after opening again: %q", got)
			}
			ok(t, s.Ready(t.Context()))
		})
	}
}

// A schema that a newer program has made means what this one cannot know.
func TestNewerSchemaIsRefused(t *testing.T) {
	for _, e := range engines() {
		if e.name == "sqlite memory" {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			dsn := e.dsn(t)
			open(t, dsn)
			db := raw(t, dsn)
			_, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, $1)", true)
			ok(t, err)
			_, err = store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
			if outcry.CodeOf(err) != outcry.CodeUnavailable || !strings.Contains(err.Error(), "newer") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// raw opens the database beside the store.
func raw(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	driver, name := "pgx", dsn
	if path, isSQLite := strings.CutPrefix(dsn, "sqlite:"); isSQLite {
		driver, name = "sqlite", "file:"+url.PathEscape(path)
	}
	db, err := sql.Open(driver, name)
	ok(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Instances that start together on an empty PostgreSQL take turns to migrate.
// A command may look into the folder of a server that is only starting.
func TestStartTogether(t *testing.T) {
	for _, e := range engines() {
		if e.name == "sqlite memory" {
			continue // nobody else sees it
		}
		t.Run(e.name, func(t *testing.T) {
			for range 3 {
				dsn := e.dsn(t)
				start := func() error {
					s, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
					if err != nil {
						return err
					}
					return s.Close()
				}
				race(t, start, start, start)
			}
		})
	}
}

func TestFileIsPrivate(t *testing.T) {
	dsn := sqliteFile(t)
	s := open(t, dsn)
	ok(t, s.PutSetting(t.Context(), "a", nil))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(strings.TrimPrefix(dsn, "sqlite:") + suffix)
		ok(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the database%s has mode %v", suffix, info.Mode())
		}
	}
}

// Where another process writes to SQLite's file, reads go on, and a write waits
// for as long as its caller does.
func TestBusyIsNotBroken(t *testing.T) {
	dsn := sqliteFile(t)
	s := open(t, dsn)
	commit(t, s, 0, 0, 1, reports("mail", tick(0), cell("calls", "GB", 1)))
	other, err := raw(t, dsn).Conn(t.Context())
	ok(t, err)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	ok(t, err)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	wantCode(t, s.CommitTallies(short, 0, 1, 2, 0, nil), outcry.CodeUnavailable)
	ok(t, s.Ready(t.Context()))
	if all, err := s.Tallies(t.Context(), store.TallyQuery{To: tick(1)}); err != nil || len(all) != 1 {
		t.Errorf("reading meanwhile: %v, %v", all, err)
	}
	waiting := make(chan error, 1)
	go func() { waiting <- s.CommitTallies(t.Context(), 0, 1, 2, 0, nil) }()
	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	ok(t, err)
	ok(t, <-waiting)
	ok(t, other.Close())
}
