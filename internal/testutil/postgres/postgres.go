// Package postgres gives tests a PostgreSQL of their own.
//
// OUTCRY_TEST_POSTGRES may name a server by URL, whose user may create
// databases. Without it, the first call starts a cluster in a temporary folder
// from the newest of /usr/lib/postgresql/*/bin, on a Unix socket and with no
// care for crashes of the machine; [Main] stops it when the tests are done. Each
// call of [Server.Database] makes an empty database of its own.
package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
)

// Server is a PostgreSQL that is started when the first test asks for it.
type Server struct {
	once sync.Once
	url  string
	err  error
	stop func() error

	halt, launch func() error // of a cluster of our own: as stop, but it can be launched again
}

// errNotInstalled is the one reason for which a test may be skipped.
var errNotInstalled = errors.New("no PostgreSQL in /usr/lib/postgresql/*/bin and no OUTCRY_TEST_POSTGRES: apt-get install postgresql")

// Main runs the tests with a server to pass to them; it is for TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(postgres.Main(m, &server)) }
func Main(m *testing.M, s *Server) int {
	code := m.Run()
	if s.stop == nil {
		return code
	}
	if err := s.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
		return cmp.Or(code, 1)
	}
	return code
}

// Database makes an empty database, dropped at the end of the test, and gives
// its URL. Without PostgreSQL the test fails where CI is set, and is skipped
// elsewhere, saying why.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	s.once.Do(s.start)
	if errors.Is(s.err, errNotInstalled) && os.Getenv("CI") == "" {
		tb.Skip(s.err)
	}
	if s.err != nil {
		tb.Fatal(s.err)
	}
	name := "outcry_" + strings.ToLower(rand.Text())
	if err := s.run("CREATE DATABASE " + name); err != nil {
		tb.Fatalf("creating a database: %v", err)
	}
	tb.Cleanup(func() {
		if s.stop != nil {
			return // it goes with its cluster, and dropping takes longer than making
		}
		if err := s.run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("dropping the test's database: %v", err)
		}
	})
	u, err := url.Parse(s.url)
	if err != nil {
		tb.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Cluster starts a cluster that is this test's alone, whatever the environment
// names, so that the test may have an outage of it. It gives an empty database's
// URL.
func (s *Server) Cluster(tb testing.TB) string {
	tb.Helper()
	s.once.Do(func() {
		bin, err := newestBin()
		if s.err = err; err == nil {
			s.err = s.startCluster(bin)
		}
	})
	url := s.Database(tb)
	tb.Cleanup(func() {
		if err := s.stop(); err != nil {
			tb.Errorf("stopping PostgreSQL: %v", err)
		}
	})
	return url
}

// Halt ends the cluster's process; its data stays.
func (s *Server) Halt(tb testing.TB) {
	tb.Helper()
	if err := s.halt(); err != nil {
		tb.Fatalf("halting PostgreSQL: %v", err)
	}
}

// Resume starts it again after Halt, and returns when it answers.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	if err := s.launch(); err != nil {
		tb.Fatalf("starting PostgreSQL again: %v", err)
	}
}

func (s *Server) run(statement string) error {
	db, err := sql.Open("pgx", s.url)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(context.Background(), statement)
	return errors.Join(err, db.Close())
}

func (s *Server) start() {
	if s.url = os.Getenv("OUTCRY_TEST_POSTGRES"); s.url != "" {
		return
	}
	bin, err := newestBin()
	if err != nil {
		s.err = err
		return
	}
	s.err = s.startCluster(bin)
}

func newestBin() (string, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(bins) == 0 {
		return "", errors.Join(errNotInstalled, err)
	}
	version := func(path string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0 // not a version: the least wanted
		}
		return n
	}
	return filepath.Dir(slices.MaxFunc(bins, func(a, b string) int { return cmp.Compare(version(a), version(b)) })), nil
}

// startCluster makes and starts a cluster that listens on a socket in its own
// folder only.
func (s *Server) startCluster(bin string) error {
	dir, err := os.MkdirTemp("", "outcry-pg-") // not the test's own: sockets need short paths
	if err != nil {
		return err
	}
	as, err := unprivileged(dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "outcry", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, as
	if out, err := initdb.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	s.url = "postgres://outcry@/postgres?host=" + url.QueryEscape(dir)
	s.launch = func() error {
		server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "", "-F",
			"-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "logging_collector=off")
		server.Dir, server.SysProcAttr = dir, as
		server.Stdout, server.Stderr = log, log
		if err := server.Start(); err != nil {
			return err
		}
		s.halt = func() error { return end(server) }
		return s.await(log.Name())
	}
	s.halt = func() error { return nil } // until it runs
	s.stop = func() error { return errors.Join(s.halt(), log.Close(), os.RemoveAll(dir)) }
	return s.launch()
}

// end asks a server for a "fast" shutdown and waits for it.
func end(server *exec.Cmd) error {
	err := server.Process.Signal(syscall.SIGINT)
	if werr := server.Wait(); err == nil && werr != nil {
		err = werr
	}
	return err
}

// unprivileged gives the folder to a user who may run a server: PostgreSQL
// refuses to be root. The server dies with the test's process, even if killed.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("no user to run PostgreSQL as: %w", err)
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, errors.Join(uerr, gerr, os.Chown(dir, int(uid), int(gid)))
}

// await returns when the server answers, within half a minute.
func (s *Server) await(logfile string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := s.run("SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			log, lerr := os.ReadFile(logfile)
			return errors.Join(fmt.Errorf("PostgreSQL did not start: %w: %s", err, log), lerr)
		}
	}
}
