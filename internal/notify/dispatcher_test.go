package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a store in memory, with the store's own rules: claiming counts as an
// attempt and lasts a lease.
type shelf struct {
	mu       sync.Mutex
	notices  map[string]outcry.Notice
	due      map[string]time.Time
	down     bool
	deafTo   int // outcomes that are lost before one is kept
	finished int
}

func newShelf(notices ...outcry.Notice) *shelf {
	s := &shelf{notices: map[string]outcry.Notice{}, due: map[string]time.Time{}}
	s.put(notices...)
	return s
}

func (s *shelf) put(notices ...outcry.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range notices {
		s.notices[n.ID], s.due[n.ID] = n, n.NextAttempt
	}
}

func (s *shelf) ClaimNotices(_ context.Context, now time.Time, lease time.Duration, limit int) ([]outcry.Notice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, outcry.Errorf(outcry.CodeUnavailable, "the disk is full")
	}
	var ids []string
	for id, due := range s.due {
		if !due.After(now) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var out []outcry.Notice
	for _, id := range ids[:min(limit, len(ids))] {
		n := s.notices[id]
		n.Attempts++
		s.notices[id], s.due[id] = n, now.Add(lease)
		out = append(out, n)
	}
	return out, nil
}

func (s *shelf) ReturnNotice(ctx context.Context, n outcry.Notice) error {
	n.Attempts--
	return s.FinishNotice(ctx, n)
}

func (s *shelf) FinishNotice(_ context.Context, n outcry.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished++
	if s.deafTo > 0 {
		s.deafTo--
		return outcry.Errorf(outcry.CodeUnavailable, "the disk is full")
	}
	s.notices[n.ID], s.due[n.ID] = n, n.NextAttempt
	if !n.DeliveredAt.IsZero() || !n.FailedAt.IsZero() {
		delete(s.due, n.ID)
	}
	return nil
}

func (s *shelf) get(id string) outcry.Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notices[id]
}

// ear is a channel that answers as it is told and remembers what it heard.
type ear struct {
	mu     sync.Mutex
	heard  []string
	answer func(n outcry.Notice, times int) error
	stall  time.Duration
}

func (e *ear) Send(ctx context.Context, n outcry.Notice) error {
	select {
	case <-time.After(e.stall):
	case <-ctx.Done():
		return ctx.Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, n.ID)
	times := 0
	for _, id := range e.heard {
		if id == n.ID {
			times++
		}
	}
	if e.answer == nil {
		return nil
	}
	return e.answer(n, times)
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

func notice(channel, in string, n int) outcry.Notice {
	at := time.Now().Add(time.Duration(n) * time.Millisecond)
	return outcry.Notice{
		ID: fmt.Sprintf("%s-%d-%s", in, n, channel), Kind: outcry.NoticeUpdated, Channel: channel,
		Incident: outcry.Incident{ID: in, Version: int64(n)}, CreatedAt: at, NextAttempt: time.Now(),
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// run starts a dispatcher, lets it work for a while and stops it.
func run(t *testing.T, s notify.Store, to map[string]notify.Destination, o notify.Options, during func()) {
	t.Helper()
	o.Random = func() float64 { return 0.5 }
	d, err := notify.New(s, to, quiet(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	during()
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestDelivery(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(n outcry.Notice, times int) error
		wait   time.Duration
		heard  []string
		state  string
	}{
		{"a receiver that takes it hears it once", nil, time.Hour, []string{"a-1-x", "a-2-x"}, "delivered delivered"},
		{"one that is away at first hears it later, and the later word after it",
			func(n outcry.Notice, times int) error {
				if n.ID == "a-1-x" && times < 3 {
					return errors.New("away")
				}
				return nil
			}, time.Hour, []string{"a-1-x", "a-1-x", "a-1-x", "a-2-x"}, "delivered delivered"},
		{"one that refuses for good is asked once, and the next word still goes out",
			func(n outcry.Notice, _ int) error {
				if n.ID == "a-1-x" {
					return &notify.Failure{Permanent: true, Err: errors.New("gone")}
				}
				return nil
			}, time.Hour, []string{"a-1-x", "a-2-x"}, "failed delivered"},
		{"one that asks to wait is not asked before",
			func(n outcry.Notice, times int) error {
				if n.ID == "a-1-x" && times < 2 {
					return &notify.Failure{After: 2 * time.Hour, Err: errors.New("later")}
				}
				return nil
			}, time.Hour, []string{"a-1-x"}, "waiting waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, e := newShelf(notice("x", "a", 1), notice("x", "a", 2)), &ear{answer: c.answer}
				run(t, s, map[string]notify.Destination{"x": {Channel: e}}, notify.Options{}, func() { time.Sleep(c.wait) })
				if diff := cmp.Diff(c.heard, e.all()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.name, diff)
				}
				if got := fate(s.get("a-1-x")) + " " + fate(s.get("a-2-x")); got != c.state {
					t.Errorf("%s: %s, want %s", c.name, got, c.state)
				}
			})
		})
	}
}

// Of a channel with many subscribers one that is away holds up no other, and
// what becomes of each is no news for the log; two dispatchers count together.
// What has waited for hours behind another word is tried again soon after its
// own first failure.
func TestWaitingIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recovered := time.Now().Add(5 * time.Hour)
		var first, second time.Time
		e := &ear{answer: func(n outcry.Notice, times int) error {
			switch {
			case time.Now().Before(recovered):
				return errors.New("away")
			case n.ID == "a-2-x" && first.IsZero():
				first = time.Now()
				return errors.New("away for a moment")
			case n.ID == "a-2-x":
				second = time.Now()
			}
			return nil
		}}
		s := newShelf(notice("x", "a", 1), notice("x", "a", 2))
		run(t, s, map[string]notify.Destination{"x": {Channel: e}}, notify.Options{}, func() { time.Sleep(12 * time.Hour) })
		if wait := second.Sub(first); first.IsZero() || wait <= 0 || wait > time.Minute {
			t.Errorf("after its first failure, at %s, it is tried again after %s", first, wait)
		}
	})
}

func TestSubscribersAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := notice("x", "a", 1), notice("x", "a", 2)
		a.To, b.To = "away", "there"
		e := &ear{answer: func(n outcry.Notice, _ int) error {
			if n.To == "away" {
				return &notify.Failure{Permanent: true, Err: errors.New("gone")}
			}
			return nil
		}}
		reg, said := prometheus.NewRegistry(), &strings.Builder{}
		to := map[string]notify.Destination{"x": {Channel: e, Crowd: true}}
		log := slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelInfo}))
		for _, n := range []outcry.Notice{a, b} {
			d, err := notify.New(newShelf(n), to, log, notify.Options{Metrics: reg})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
			stop()
		}
		checkAttempts(t, reg, map[string]int{"delivered": 1, "failed": 1})
		if said.Len() > 0 {
			t.Errorf("the log says of single strangers: %s", said)
		}
		e.heard = nil
		a.ID, e.answer = "a-1", func(n outcry.Notice, _ int) error {
			if n.To == "away" {
				return errors.New("not now")
			}
			return nil
		}
		s := newShelf(a, b)
		run(t, s, to, notify.Options{}, func() { time.Sleep(time.Second) })
		if got := fate(s.get("a-1")) + " " + fate(s.get(b.ID)); got != "waiting delivered" {
			t.Errorf("one that is away and one that is there: %s", got)
		}
	})
}

func fate(n outcry.Notice) string {
	switch {
	case !n.DeliveredAt.IsZero():
		return "delivered"
	case !n.FailedAt.IsZero():
		return "failed"
	default:
		return "waiting"
	}
}

// A receiver that is never there is asked for a day, ever less often, and then
// given up.
func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ear{answer: func(outcry.Notice, int) error { return errors.New("away\nwith a second line") }}
		s := newShelf(notice("x", "a", 1))
		reg := prometheus.NewPedanticRegistry()
		run(t, s, map[string]notify.Destination{"x": {Channel: e}}, notify.Options{Metrics: reg}, func() { time.Sleep(30 * time.Hour) })
		n := s.get("a-1-x")
		if fate(n) != "failed" || n.FailedAt.Sub(n.CreatedAt) > 24*time.Hour || n.FailedAt.Sub(n.CreatedAt) < 22*time.Hour {
			t.Errorf("%s after %v", fate(n), n.FailedAt.Sub(n.CreatedAt))
		}
		// 5 s doubling to 1 h is ten attempts; then one an hour.
		if heard := len(e.all()); heard < 25 || heard > 40 {
			t.Errorf("asked %d times", heard)
		}
		if n.LastError != "away with a second line" {
			t.Errorf("error is kept as %q", n.LastError)
		}
		checkAttempts(t, reg, map[string]int{"retried": n.Attempts - 1, "failed": 1})
	})
}

// checkAttempts compares the counter of attempts, by outcome.
func checkAttempts(t *testing.T, reg *prometheus.Registry, want map[string]int) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "outcry_notice_attempts_total" {
				got[m.GetLabel()[1].GetValue()] = int(m.GetCounter().GetValue())
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempts counted (-want +got):\n%s", diff)
	}
}

// A channel that stalls holds up nobody else.
func TestChannelsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, fast := &ear{stall: time.Hour}, &ear{}
		s := newShelf()
		for i := range 50 {
			s.put(notice("slow", fmt.Sprintf("i%d", i), 1), notice("fast", fmt.Sprintf("i%d", i), 1))
		}
		run(t, s, map[string]notify.Destination{"slow": {Channel: slow}, "fast": {Channel: fast}}, notify.Options{}, func() {
			time.Sleep(time.Second)
			if n := len(fast.all()); n != 50 {
				t.Errorf("the fast channel has heard %d of 50 behind a slow one", n)
			}
		})
	})
}

// A poke sends at once what has just been stored.
func TestPoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, e := newShelf(), &ear{}
		d, err := notify.New(s, map[string]notify.Destination{"x": {Channel: e}}, quiet(), notify.Options{Idle: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		synctest.Wait()
		s.put(notice("x", "a", 0))
		d.Poke()
		d.Poke()
		synctest.Wait()
		if len(e.all()) != 1 {
			t.Errorf("heard %v after a poke", e.all())
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Where the outcome cannot be stored, as after a kill between sending and
// storing, the notice is sent again under the same ID when the lease is over.
func TestSentAgainAfterTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, e := newShelf(notice("x", "a", 1)), &ear{}
		s.deafTo = 1
		run(t, s, map[string]notify.Destination{"x": {Channel: e}}, notify.Options{Lease: 2 * time.Minute}, func() {
			time.Sleep(time.Minute)
			if n := len(e.all()); n != 1 {
				t.Errorf("heard %d times within the lease", n)
			}
			time.Sleep(2 * time.Minute)
		})
		if diff := cmp.Diff([]string{"a-1-x", "a-1-x"}, e.all()); diff != "" || fate(s.get("a-1-x")) != "delivered" {
			t.Errorf("%s: %s", fate(s.get("a-1-x")), diff)
		}
	})
}

// Shutdown lets an attempt finish, cuts off one that takes too long, and hands
// back what was not begun.
func TestDrain(t *testing.T) {
	for _, c := range []struct {
		name  string
		stall time.Duration
		fate  string
	}{
		{"an attempt of three seconds finishes", 3 * time.Second, "delivered"},
		{"one of a minute is cut off, and due at once for the next worker", time.Minute, "waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &ear{stall: c.stall}
				s := newShelf(notice("x", "a", 1), notice("x", "a", 2))
				to := map[string]notify.Destination{"x": {Channel: e, Timeout: 2 * time.Minute}}
				var began time.Time
				run(t, s, to, notify.Options{}, func() { time.Sleep(time.Second); began = time.Now() })
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("%s: shutdown took %v", c.name, took)
				}
				if got := fate(s.get("a-1-x")); got != c.fate {
					t.Errorf("%s: %s", c.name, got)
				}
				if n := s.get("a-2-x"); fate(n) != "waiting" || n.NextAttempt.After(time.Now()) {
					t.Errorf("%s: what was not begun is %s until %v", c.name, fate(n), n.NextAttempt)
				}
			})
		})
	}
}

// A store that is away, or a channel that was taken out of the configuration,
// is waited for.
func TestStoreAndChannelAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, e := newShelf(notice("x", "a", 1), notice("lost", "a", 1)), &ear{}
		s.down = true
		run(t, s, map[string]notify.Destination{"x": {Channel: e}}, notify.Options{}, func() {
			time.Sleep(time.Minute)
			s.mu.Lock()
			s.down = false
			s.mu.Unlock()
			time.Sleep(time.Minute)
		})
		if fate(s.get("a-1-x")) != "delivered" || fate(s.get("a-1-lost")) != "waiting" || s.get("a-1-lost").LastError == "" {
			t.Errorf("known channel %s, unknown %s", fate(s.get("a-1-x")), fate(s.get("a-1-lost")))
		}
	})
}
