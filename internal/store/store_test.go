package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/testutil/postgres"
)

// server is the tests' PostgreSQL; it is started when the first test asks.
var server postgres.Server

func TestMain(m *testing.M) {
	if dsn := os.Getenv(crashEnv); dsn != "" {
		os.Exit(crashChild(dsn))
	}
	code := postgres.Main(m, &server)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// engine is one way to keep the store; every conformance test runs on all.
type engine struct {
	name string
	dsn  func(testing.TB) string
}

func engines() []engine {
	return []engine{
		{"sqlite file", sqliteFile},
		{"sqlite memory", func(testing.TB) string { return "sqlite::memory:" }},
		{"postgres", func(tb testing.TB) string { return server.Database(tb) }},
	}
}

func sqliteFile(tb testing.TB) string {
	return "sqlite:" + filepath.Join(tb.TempDir(), "a folder", "50% #1?.db")
}

// onEach runs the test on an empty store of every engine.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store)) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(t, open(t, e.dsn(t))) })
	}
}

func open(tb testing.TB, dsn string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func wantCode(tb testing.TB, err error, want outcry.Code) {
	tb.Helper()
	if got := outcry.CodeOf(err); got != want {
		tb.Fatalf("error %v has code %q, want %q", err, got, want)
	}
}

// noon is when the tests take place.
var noon = time.Date(2024, 5, 16, 12, 0, 0, 0, time.UTC)

// tick is the n-th tick after noon.
func tick(n int) outcry.Tick { return outcry.TickOf(noon) + outcry.Tick(n) }

// report makes a tally of n single reports of one cell each.
func reports(service string, at outcry.Tick, cells ...outcry.Cell) outcry.Tally {
	t := outcry.Tally{Service: service, Kind: outcry.KindReport, Tick: at}
	for _, c := range cells {
		t.Counts.Add(c.Counts)
		t.Networks += c.Fresh
	}
	t.Cells = cells
	return t
}

func cell(symptom, region string, n uint32) outcry.Cell {
	return outcry.Cell{
		CellKey: outcry.CellKey{Symptom: symptom, Scope: outcry.Scope{Region: region}},
		Counts:  outcry.Counts{Total: n, Bad: n, Distinct: n, Fresh: n},
	}
}

func commit(tb testing.TB, s *store.Store, part int, from, to uint64, deltas ...outcry.Tally) {
	tb.Helper()
	ok(tb, s.CommitTallies(context.WithoutCancel(tb.Context()), part, from, to, 0, deltas))
}
