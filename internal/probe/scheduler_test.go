package probe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// proberFunc is a prober that is a function.
type proberFunc func(ctx context.Context) Result

func (f proberFunc) Probe(ctx context.Context) Result { return f(ctx) }

// target is a prober whose state a test turns.
type target struct {
	mu     sync.Mutex
	result Result
	takes  time.Duration
	runs   []time.Time
	closed int
}

func (p *target) Probe(ctx context.Context) Result {
	p.mu.Lock()
	p.runs = append(p.runs, time.Now())
	result, takes := p.result, p.takes
	p.mu.Unlock()
	if !Sleep(ctx, takes) {
		return Failed(ctx.Err())
	}
	return result
}

func (p *target) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed++
	return nil
}

func (p *target) set(r Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result = r
}

func (p *target) started() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.runs)
}

// sink keeps the signals that it is sent; while it is broken it takes none.
type sink struct {
	mu      sync.Mutex
	err     error
	tries   int
	signals []outcry.Signal
}

func (s *sink) Send(_ context.Context, signals []outcry.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.err == nil {
		s.signals = append(s.signals, signals...)
	}
	return s.err
}

func (s *sink) breakWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// of lists the signals of a service, as "good", "bad timeout", "unknown vantage".
func (s *sink) of(service string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, x := range s.signals {
		if x.Service == service {
			list = append(list, (outcomeName(x.Outcome) + " " + x.Reason)[:len(outcomeName(x.Outcome))+min(1, len(x.Reason))+len(x.Reason)])
		}
	}
	return list
}

// scene is a scheduler that runs in a bubble of synctest.
type scene struct {
	*Scheduler
	sink *sink
	stop func()
}

func start(t *testing.T, cfg Config, checks ...Check) *scene {
	t.Helper()
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Log, cfg.Metrics, cfg.Vantage = slog.New(slog.DiscardHandler), metrics, "here"
	s := &scene{sink: &sink{}}
	s.Scheduler = NewScheduler(cfg, s.sink)
	if err := s.Update(checks); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	s.stop = func() { cancel(); <-done }
	return s
}

// testContext ends with the test, or when it is stopped.
func testContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 10*time.Second)
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d) // of the bubble: no real time
	synctest.Wait()
}

func up() *target { return &target{result: Good("")} }

func down(r Reason) Result { return Bad(r, "it is down") }

func TestFirstRunsAreSpreadOverTheFirstInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		began := time.Now()
		targets, checks := make([]*target, n), make([]Check, n)
		for i := range checks {
			targets[i] = up()
			checks[i] = Check{Name: fmt.Sprint(i), Service: "s", Interval: 10 * time.Second, Prober: targets[i]}
		}
		s := start(t, Config{}, checks...)
		defer s.stop()
		pass(20 * time.Second)
		var perSecond [10]int
		for i, p := range targets {
			runs := p.started()
			if len(runs) != 2 || runs[0].Sub(began) > 10*time.Second {
				t.Fatalf("check %d ran %d times, first after %s", i, len(runs), runs[0].Sub(began))
			}
			if gap := runs[1].Sub(runs[0]) - 10*time.Second; gap.Abs() > slack {
				t.Errorf("check %d: the second run came %s off its time", i, gap)
			}
			perSecond[runs[0].Sub(began)/time.Second%10]++
		}
		for sec, k := range perSecond {
			if k < 90 || k > 110 {
				t.Errorf("second %d of the first interval has %d first runs of %d", sec, k, n)
			}
		}
	})
}

// However many checks there are, no part of the interval stays empty for more
// than three fair shares.
func TestPhasesAreEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPhases(rapid.String().Draw(t, "vantage"))
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		at := make([]time.Duration, n)
		for i := range at {
			at[i] = p.next(time.Minute)
		}
		slices.Sort(at)
		if at[0] < 0 || at[n-1] >= time.Minute {
			t.Fatalf("outside of the interval: %s to %s", at[0], at[n-1])
		}
		widest := time.Minute - at[n-1] + at[0]
		for i := 1; i < n; i++ {
			widest = max(widest, at[i]-at[i-1])
		}
		if widest > 3*time.Minute/time.Duration(n) {
			t.Fatalf("%d checks, and a gap of %s", n, widest)
		}
	})
}

func TestARunFailsOnlyAfterItsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		flaky := proberFunc(func(context.Context) Result {
			if attempts++; attempts%3 == 0 {
				return Good("")
			}
			return down(ReasonStatus)
		})
		s := start(t, Config{}, Check{Name: "flaky", Service: "flaky", Interval: 10 * time.Second, Retries: 2, RetryDelay: time.Second, Prober: flaky},
			Check{Name: "dead", Service: "dead", Symptom: "no-answer", Interval: 10 * time.Second, Retries: 2, Prober: &target{result: down(ReasonStatus)}})
		pass(11 * time.Second)
		s.stop()
		if diff := cmp.Diff([]string{"good"}, s.sink.of("flaky")); diff != "" {
			t.Error("two failed attempts and a good one are a good run:", diff)
		}
		if diff := cmp.Diff([]string{"bad status"}, s.sink.of("dead")); diff != "" {
			t.Error("three failed attempts are one failed run:", diff)
		}
		for _, x := range s.sink.signals {
			if x.Kind != outcry.KindProbe || x.Vantage != "here" || x.ID == 0 || x.At.IsZero() || (x.Outcome == outcry.Bad) != (x.Symptom == "no-answer") {
				t.Errorf("a signal lacks something: %+v", x)
			}
		}
	})
}

func TestAHangingCheckHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &target{result: Good(""), takes: time.Hour}
		well := up()
		s := start(t, Config{}, Check{Name: "hangs", Service: "hangs", Interval: 5 * time.Second, Timeout: 12 * time.Second, Prober: hangs},
			Check{Name: "well", Service: "well", Interval: 5 * time.Second, Prober: well})
		pass(61 * time.Second)
		s.stop()
		if n := len(well.started()); n < 12 {
			t.Errorf("the other ran %d times in a minute", n)
		}
		if n := len(hangs.started()); n > 5 {
			t.Errorf("the hanging one ran %d times, though each run takes 12 s", n)
		}
		for _, o := range s.sink.of("hangs") {
			if o != "bad timeout" {
				t.Errorf("a hanging check is %q", o)
			}
		}
	})
}

func TestAProberThatPanicsSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{}, Check{Name: "x", Service: "x", Interval: time.Second, Prober: proberFunc(func(context.Context) Result { panic("bug") })})
		pass(1500 * time.Millisecond)
		s.stop()
		if got := s.sink.of("x"); len(got) == 0 || got[0] != "unknown internal" {
			t.Error(got)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		slow := proberFunc(func(ctx context.Context) Result {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			Sleep(ctx, 2*time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return Good("")
		})
		var checks []Check
		for i := range 100 {
			checks = append(checks, Check{Name: fmt.Sprint(i), Service: "s", Interval: 10 * time.Second, Prober: slow})
		}
		s := start(t, Config{Concurrency: 7}, checks...)
		pass(40 * time.Second)
		s.stop()
		if most != 7 {
			t.Errorf("%d at a time, 7 are allowed", most)
		}
	})
}

func TestUpdateLeavesUnchangedChecksRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept, goes, comes, changed, successor := up(), up(), up(), up(), up()
		check := func(name, revision string, p Prober) Check {
			return Check{Name: name, Service: name, Revision: revision, Interval: 10 * time.Second, Prober: p}
		}
		s := start(t, Config{}, check("kept", "1", kept), check("goes", "1", goes), check("changed", "1", changed))
		pass(15 * time.Second)
		before := kept.started()
		second := up() // made by the reload for the check that does not change
		if err := s.Update([]Check{check("kept", "1", second), check("comes", "1", comes), check("changed", "2", successor)}); err != nil {
			t.Fatal(err)
		}
		pass(30 * time.Second)
		s.stop()
		after := kept.started()
		if gap := after[len(before)].Sub(before[len(before)-1]) - 10*time.Second; gap.Abs() > slack {
			t.Errorf("the kept check lost its rhythm by %s", gap)
		}
		for name, c := range map[string]struct {
			p    *target
			runs bool
		}{"kept": {kept, true}, "its twin": {second, false}, "comes": {comes, true}, "successor": {successor, true}} {
			if (len(c.p.started()) > 0) != c.runs || c.p.closed != 1 {
				t.Errorf("%s: ran %d times, closed %d times", name, len(c.p.started()), c.p.closed)
			}
		}
		if n := len(goes.started()); n > 2 || goes.closed != 1 {
			t.Errorf("the check that went ran %d times, was closed %d times", n, goes.closed)
		}
	})
}

func TestUpdateRefusesAndChangesNothing(t *testing.T) {
	s := NewScheduler(Config{Log: slog.New(slog.DiscardHandler)}, &sink{})
	err := s.Update([]Check{
		{Name: "", Prober: up()}, {Name: "a"}, {Name: "b", Prober: up(), Interval: time.Millisecond},
		{Name: "c", Prober: up(), Retries: 99}, {Name: "d", Prober: up()}, {Name: "d", Prober: up()},
	})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 5 || outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("five mistakes: %v", err)
	}
	if s.pending != nil {
		t.Error("and yet it was taken")
	}
}

func TestSignalsAreKeptWhileNobodyTakesThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{}, Check{Name: "x", Service: "x", Interval: time.Second, Prober: up()})
		s.sink.breakWith(outcry.Errorf(outcry.CodeUnavailable, "the disk is full"))
		pass(100 * time.Second)
		if s.sink.tries > 20 {
			t.Errorf("%d tries in 100 s are no patience", s.sink.tries)
		}
		s.sink.breakWith(nil)
		pass(maxBackoff)
		s.stop()
		if n := len(s.sink.of("x")); n < 129 {
			t.Errorf("%d signals of 130 runs arrived", n)
		}
		ids := map[uint64]bool{}
		for _, x := range s.sink.signals {
			if ids[x.ID] {
				t.Error("two runs have one id")
			}
			ids[x.ID] = true
		}
	})
}

func TestAFullOutboxDropsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &sink{err: errors.New("away")}
		o := NewOutbox(to, slog.New(slog.DiscardHandler), nil)
		o.size = 10
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { o.Run(ctx) })
		for i := range 25 {
			o.Add(outcry.Signal{ID: uint64(i)})
		}
		pass(time.Second)
		to.breakWith(nil)
		pass(time.Minute)
		cancel()
		wg.Wait()
		var ids []uint64
		for _, x := range to.signals {
			ids = append(ids, x.ID)
		}
		if diff := cmp.Diff([]uint64{15, 16, 17, 18, 19, 20, 21, 22, 23, 24}, ids); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSignalsThatAreRefusedForGoodDoNotBlockTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &sink{err: outcry.Errorf(outcry.CodeInvalid, "no such service")}
		o := NewOutbox(to, slog.New(slog.DiscardHandler), nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { o.Run(ctx) })
		o.Add(outcry.Signal{ID: 1})
		pass(time.Second)
		to.breakWith(nil)
		o.Add(outcry.Signal{ID: 2})
		cancel()
		wg.Wait()
		if len(to.signals) != 1 || to.signals[0].ID != 2 {
			t.Error(to.signals)
		}
	})
}
