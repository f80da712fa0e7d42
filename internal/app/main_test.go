package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/testutil/postgres"
)

// database is a PostgreSQL for the tests that ask for one.
var database postgres.Server

func TestMain(m *testing.M) {
	code := postgres.Main(m, &database)
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// t0 is the tick at which most stories here begin.
const t0 outcry.Tick = 178_000_000

func reports(service string, tick outcry.Tick, people uint32) outcry.Tally {
	return cells(service, tick, cell("", people))
}

func cells(service string, tick outcry.Tick, list ...outcry.Cell) outcry.Tally {
	y := outcry.Tally{Service: service, Kind: outcry.KindReport, Tick: tick, Cells: list}
	for _, c := range list {
		y.Counts.Add(c.Counts)
		y.Networks += c.Fresh
	}
	return y
}

func cell(symptom string, people uint32) outcry.Cell {
	return outcry.Cell{
		CellKey: outcry.CellKey{Symptom: symptom},
		Counts:  outcry.Counts{Total: people, Bad: people, Distinct: people, Fresh: people},
	}
}

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func memory(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite::memory:", quietLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// notebook is a log that a test can read, and wait on.
type notebook struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func newNotebook() *notebook { return &notebook{news: make(chan struct{}, 1)} }

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case n.news <- struct{}{}:
	default:
	}
	return n.text.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func (n *notebook) log() *slog.Logger { return slog.New(slog.NewTextHandler(io.Writer(n), nil)) }

// failing is a store's error.
func failing() error { return outcry.Errorf(outcry.CodeUnavailable, "the disk is full") }

// soon gives a context for what must not take long.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
