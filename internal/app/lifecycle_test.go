package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/store"
)

// crowded is a configuration that believes X-Forwarded-For from this machine,
// and lets all of the world through.
const crowded = oneService + `
intake:
  trusted_proxies: [127.0.0.0/8]
  limit: {rate: 1000000/s, burst: 1000000}
`

// from gives the address of one person, each on a network of their own.
func from(person int) string {
	return fmt.Sprintf("%d.%d.%d.7", 20+person>>16, person>>8&255, person&255)
}

// inStore is how many reports a folder's store has, with no process at work.
func inStore(t *testing.T, data string) uint32 {
	t.Helper()
	cfg := config.Default()
	cfg.Data = data
	dsn, err := cfg.StoreDSN()
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), dsn, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := outcry.TickOf(time.Now())
	all, err := s.Tallies(t.Context(), store.TallyQuery{Service: "shop", Kind: outcry.KindReport, From: now - 8640, To: now + 2})
	if err != nil {
		t.Fatal(err)
	}
	return total(all)
}

// A process that ends under load answers what it has taken, and has counted all
// of it: the store says so before another process starts. One whose connection
// broke may be counted too: [http.Server.Shutdown] closes a connection that it
// saw idle, and a request may have come on it since.
func TestServeEndsFromTheFrontToTheBack(t *testing.T) {
	data := t.TempDir()
	l := serve(t, crowded, data)
	tr := &http.Transport{MaxIdleConnsPerHost: 16}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr, Timeout: 20 * time.Second}
	var taken, unknown, person atomic.Int32
	enough := make(chan struct{})
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for {
				req, err := http.NewRequest(http.MethodPost, l.base+"/api/v1/reports", strings.NewReader(`{"service":"shop"}`))
				if err != nil {
					panic(err) // a literal URL
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("X-Forwarded-For", from(int(person.Add(1))))
				res, err := c.Do(req)
				if err != nil {
					if !errors.Is(err, syscall.ECONNREFUSED) {
						unknown.Add(1)
					}
					return // the end of it
				}
				res.Body.Close()
				if res.StatusCode == http.StatusAccepted && taken.Add(1) == 500 {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-soon(t).Done():
		t.Errorf("only %d reports are taken", taken.Load())
	}
	if err := l.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	clients.Wait()
	low, high := uint32(taken.Load()), uint32(taken.Load()+unknown.Load())
	if got := inStore(t, data); got < low || got > high {
		t.Errorf("%d are counted, %d were answered 202 and %d not at all", got, low, high-low)
	}
}

// What a start cannot do is said, and leaves nothing behind.
func TestServeCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		set  func(*config.Config)
		says string
	}{
		{"the port is taken", func(c *config.Config) { c.Listen = taken.Addr().String() }, "--listen"},
		{"the admin port is taken", func(c *config.Config) { c.AdminListen = taken.Addr().String() }, "admin_listen"},
		{"the folder is a file", func(c *config.Config) { c.Data = file }, "data folder"},
		{"there are no address databases", func(c *config.Config) { c.Intake.MMDB.City = file + ".mmdb" }, "mmdb"},
		{"a token's secret is not there", func(c *config.Config) {
			c.Intake.Tokens = parse(t, oneService+"intake: {tokens: [{name: x, token: {env: OUTCRY_NO_SUCH}, roles: [admin]}]}").Intake.Tokens
		}, "token x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := parse(t, oneService)
			cfg.Data, cfg.Listen, cfg.AdminListen = t.TempDir(), "127.0.0.1:0", config.AdminOff
			c.set(cfg)
			err := Serve(t.Context(), ServeOptions{Config: cfg, Log: quietLog()})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

// A process that does not take reports says so, and its pages follow the store.
func TestServeOfSomeRoles(t *testing.T) {
	cfg := parse(t, oneService)
	cfg.Data, cfg.Listen, cfg.AdminListen = t.TempDir(), "127.0.0.1:0", config.AdminOff
	roles, err := ParseRoles([]string{"web", "count"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- Serve(ctx, ServeOptions{Config: cfg, Roles: roles, Log: quietLog(), Ready: func(a, _ net.Addr) { ready <- a }})
	}()
	l := &live{base: "http://" + (<-ready).String()}
	if code, body := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop"}`); code != http.StatusServiceUnavailable {
		t.Errorf("a report: %d %s; want that it is not taken here", code, body)
	}
	if code, _ := l.get(t, "/"); code != http.StatusOK {
		t.Errorf("the page: %d", code)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The web role alone shows what another process's judge has stored.
func TestFollower(t *testing.T) {
	s, ctx := memory(t), t.Context()
	now := outcry.TickOf(time.Now())
	in := outcry.Incident{ID: "i1", State: outcry.StateMonitoring, Public: true, Services: []string{"shop"}, DetectedAt: now.Start()}
	err := s.CommitTallies(ctx, 0, 0, 1, now, []outcry.Tally{reports("shop", now-1, 3), reports("shop", now, 4)})
	if err == nil {
		err = s.Apply(ctx, store.Judged{Tick: now}, []store.IncidentChange{{Incident: in}})
	}
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	f := &follower{board: newTestBoard("shop"), book: s, changed: func() { told++ }, log: quietLog()}
	for range 2 { // the second look finds nothing new
		if f.next, err = f.look(ctx, max(f.next, now-1)); err != nil || f.next != now+1 {
			t.Fatalf("next is %d, %v; want %d", f.next, err, now+1)
		}
	}
	v := viewOf(t, f.board, "shop", now.End())
	var sum uint32
	for _, x := range v.Series {
		sum += x.Reports
	}
	if told != 1 || sum != 7 || v.Condition != outcry.CondRecovering || f.board.version("i1") != 1 {
		t.Errorf("told %d times, %d reports, %s, version %d; want 1, 7, recovering, 1", told, sum, v.Condition, f.board.version("i1"))
	}
}

func TestParseRoles(t *testing.T) {
	if all, err := ParseRoles(nil); err != nil || !slices.Equal(all, Roles()) {
		t.Errorf("none: %v, %v; want all", all, err)
	}
	if _, err := ParseRoles([]string{"web", "cook"}); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("a role that there is not: %v", err)
	}
}

// The token of the data folder is made once, and is for its owner only.
func TestLocalToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.token")
	first, err := localToken(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := localToken(path); err != nil || again != first || len(first) < 16 {
		t.Errorf("%d characters, then another one, %v", len(first), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

// A loop that fails by itself is heard of; one that is told to end is not.
func TestCrew(t *testing.T) {
	notes := newNotebook()
	c := newCrew(t.Context(), notes.log())
	c.work("patient", func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
	c.work("broken", func(context.Context) error { return failing() })
	if err := <-c.failure; !strings.Contains(err.Error(), "broken: ") || outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("failure %v", err)
	}
	c.work("grumpy", func(ctx context.Context) error { <-ctx.Done(); return failing() })
	if err := c.dismiss(); err != nil {
		t.Error(err)
	}
	if log := notes.String(); !strings.Contains(log, "grumpy") || strings.Contains(log, "patient") {
		t.Errorf("the log:\n%s", log)
	}
}

// A crew outlives what started it: it ends when it is dismissed.
func TestCrewOutlivesItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newCrew(ctx, quietLog())
	cancel()
	if err := c.ctx.Err(); err != nil {
		t.Error(err)
	}
	if err := c.dismiss(); err != nil || c.ctx.Err() == nil {
		t.Errorf("dismissed: %v, %v", err, c.ctx.Err())
	}
}

// Steps of shutting down are taken in reverse, all of them.
func TestClosers(t *testing.T) {
	var c closers
	var order []string
	for _, name := range []string{"store", "stream", "door"} {
		c.add(name, func() error { order = append(order, name); return failing() })
	}
	err := c.close()
	if !slices.Equal(order, []string{"door", "stream", "store"}) || strings.Count(err.Error(), "disk is full") != 3 {
		t.Errorf("closed %v: %v", order, err)
	}
	if err := c.close(); err != nil || len(order) != 3 {
		t.Errorf("closed again: %v, %v", order, err)
	}
}

// The history of a scenario is played at once, and then its outage is on the
// page.
func TestServeReplay(t *testing.T) {
	sc, err := OpenScenario("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- ServeReplay(ctx, ReplayOptions{Scenario: sc, Seed: 1}, "127.0.0.1:0", 10_000, func(a net.Addr) { ready <- a })
	}()
	l := &live{base: "http://" + (<-ready).String()}
	awaits(t, 2*time.Minute, "the scenario's incident is told", func() bool {
		_, body := l.get(t, "/api/v1/incidents")
		return strings.Contains(body, `"shop"`)
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// awaits waits, by the wall's clock, for what a server does in its own time.
func awaits(t *testing.T, most time.Duration, what string, so func() bool) {
	t.Helper()
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", most, what)
		}
	}
}

// The stream's folder is lost between two starts. What people report then is
// counted, though the position that the store knows is far ahead.
func TestServeAfterTheStreamWasLost(t *testing.T) {
	data := t.TempDir()
	for life, people := range []int{3, 1, 1} {
		if life == 1 {
			if err := os.RemoveAll(filepath.Join(data, "stream")); err != nil {
				t.Fatal(err)
			}
		}
		l := serve(t, crowded, data)
		for n := range people {
			if code, body := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop"}`, "X-Forwarded-For", from(10*life+n)); code != http.StatusAccepted {
				t.Fatalf("life %d: %d %s", life, code, body)
			}
		}
		l.counted(t, 3+life)
		if err := l.stop(); err != nil {
			t.Errorf("life %d: %v", life, err)
		}
	}
}
