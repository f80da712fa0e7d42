package vantage

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func openSpool(t *testing.T, dir string) *Spool {
	t.Helper()
	s, err := OpenSpool(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func run(check string, at time.Time) outcry.Signal {
	return outcry.Signal{Kind: outcry.KindProbe, Outcome: outcry.Good, At: at, Service: check, Latency: 5 * time.Millisecond}
}

// What was kept is there after a restart, in order, under the same numbers, and
// no number is ever used again.
func TestSpoolOutlivesItsProcess(t *testing.T) {
	dir, now := t.TempDir(), time.UnixMilli(1778932800000)
	s := openSpool(t, dir)
	for i := range 3 {
		if err := s.Send(t.Context(), []outcry.Signal{run("web", now.Add(time.Duration(i)*time.Second))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.note(t.Context(), []byte(`{"vantage":"ord"}`)); err != nil {
		t.Fatal(err)
	}
	id := s.id
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openSpool(t, dir)
	list, all, err := s.oldest(t.Context(), 2)
	if err != nil || all != 3 || len(list) != 2 || s.id != id || list[0].Number != 1 || list[1].At != now.Add(time.Second).UnixMilli() {
		t.Fatalf("after the restart: %+v of %d, %v", list, all, err)
	}
	if err := s.forget(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), []outcry.Signal{run("web", now)}); err != nil {
		t.Fatal(err)
	}
	if list, _, err = s.oldest(t.Context(), 9); err != nil || len(list) != 1 || list[0].Number != 4 {
		t.Errorf("after all were forgotten: %+v, %v", list, err)
	}
	if a, err := s.noted(t.Context()); err != nil || string(a) != `{"vantage":"ord"}` {
		t.Errorf("the agenda: %s, %v", a, err)
	}
}

// A spool is bounded by number and by age; the oldest go.
func TestSpoolIsBounded(t *testing.T) {
	s, now := openSpool(t, t.TempDir()), time.UnixMilli(1778932800000)
	s.rows = 10
	for i := range 25 {
		if err := s.Send(t.Context(), []outcry.Signal{run("web", now.Add(time.Duration(i)*time.Hour))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Len(t.Context()); n != 10 {
		t.Errorf("%d are kept, want 10", n)
	}
	gone, err := s.expire(t.Context(), now.Add(spoolAge+20*time.Hour))
	if err != nil || gone != 5 {
		t.Errorf("%d were too old, %v, want 5", gone, err)
	}
}

// A core that is away, that fails, and that answers what is no receipt, loses
// nothing; revoked, the vantage stops, and goes on when it is accepted again.
func TestClientIsPatient(t *testing.T) {
	c := newCore(t)
	c.now = time.Now()
	var broken atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		c.mux().ServeHTTP(w, r)
	}))
	defer srv.Close()
	var checks []int
	spool := openSpool(t, t.TempDir())
	client, err := NewClient(ClientConfig{
		Core: srv.URL, Token: func() (string, error) { return "token-of-ord", nil }, HTTP: srv.Client(), Spool: spool, Log: slog.New(slog.DiscardHandler),
		Apply: func(a Agenda) error { checks = append(checks, len(a.Checks)); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	client.poll(ctx)
	client.poll(ctx) // 304: nothing is applied anew
	for i := range maxResults + 7 {
		if err := spool.Send(ctx, []outcry.Signal{run("web", c.now.Add(-time.Duration(i)*time.Second))}); err != nil {
			t.Fatal(err)
		}
	}
	broken.Store(true)
	if _, err := client.deliver(ctx); err == nil {
		t.Error("a core that is away took results")
	}
	client.poll(ctx)
	broken.Store(false)
	for range 2 {
		if _, err := client.deliver(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.counter.seen); n != maxResults+7 || spool.Len(ctx) != 0 {
		t.Errorf("%d were counted, %d are left", n, spool.Len(ctx))
	}
	if err := c.cfg.Book.Revoke(ctx, "ord", true); err != nil {
		t.Fatal(err)
	}
	client.poll(ctx)
	if a, err := spool.noted(ctx); err != nil || a != nil {
		t.Errorf("a revoked vantage keeps its checks: %s, %v", a, err)
	}
	if err := c.cfg.Book.Revoke(ctx, "ord", false); err != nil {
		t.Fatal(err)
	}
	client.poll(ctx)
	if want := []int{2, 0, 2}; !slices.Equal(checks, want) {
		t.Errorf("checks in force: %v, want %v", checks, want)
	}
}
