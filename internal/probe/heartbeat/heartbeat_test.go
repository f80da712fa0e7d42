package heartbeat_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "0123456789abcdef-backup"

// memory is a store.
type memory struct {
	mu     sync.Mutex
	values map[string]string
	broken bool
}

func (m *memory) Setting(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return nil, outcry.Errorf(outcry.CodeUnavailable, "away")
	}
	v, ok := m.values[name]
	if !ok {
		return nil, outcry.Errorf(outcry.CodeNotFound, "no setting %q", name)
	}
	return []byte(v), nil
}

func (m *memory) PutSetting(_ context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return outcry.Errorf(outcry.CodeUnavailable, "away")
	}
	m.values[name] = string(value)
	return nil
}

// stand is a server's part of it, on a clock that is moved.
type stand struct {
	t     testing.TB
	now   time.Time
	store *memory
	beats *heartbeat.Beats
	opts  heartbeat.Options
	mux   *http.ServeMux
	paths []string // of refused calls, as the log would show them
}

func newStand(t testing.TB, change func(*heartbeat.Options)) *stand {
	t.Helper()
	s := &stand{t: t, now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), store: &memory{values: map[string]string{}}}
	s.opts.SetDefaults()
	s.opts.Token, s.opts.Period, s.opts.Grace = config.Plain(token), time.Hour, 5*time.Minute
	if change != nil {
		change(&s.opts)
	}
	s.restart()
	return s
}

func (s *stand) restart() {
	s.t.Helper()
	s.beats = heartbeat.New(s.store, func() time.Time { return s.now }, func(w http.ResponseWriter, r *http.Request, err error) {
		s.paths = append(s.paths, r.URL.String()+r.RequestURI)
		status := map[outcry.Code]int{outcry.CodeNotFound: 404, outcry.CodeTooMany: 429, outcry.CodeUnavailable: 503}[outcry.CodeOf(err)]
		http.Error(w, err.Error(), status)
	})
	if err := s.beats.Register(s.opts); err != nil {
		s.t.Fatal(err)
	}
	s.mux = http.NewServeMux()
	for pattern, h := range s.beats.Handlers() {
		s.mux.Handle(pattern, h)
	}
}

func (s *stand) call(path, body string) int {
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v1/heartbeat/"+path, strings.NewReader(body)))
	return w.Code
}

func (s *stand) want(says string, reason probe.Reason) {
	s.t.Helper()
	p, err := s.beats.NewCheck(s.opts, probe.Env{})
	r := probetest.Attempt(s.t, p, err)
	outcome := outcry.Bad
	switch reason {
	case "":
		outcome = outcry.Good
	case heartbeat.ReasonNotYet, probe.ReasonVantage, probe.ReasonInternal, probe.ReasonUnsupported:
		outcome = outcry.Unknown
	}
	if r.Reason != reason || r.Outcome != outcome {
		s.t.Errorf("%s: %s; wanted %q", says, r.Summary(), reason)
	}
}

func (s *stand) after(d time.Duration) { s.now = s.now.Add(d) }

func TestStories(t *testing.T) {
	for _, c := range []struct {
		says string
		play func(s *stand)
	}{
		{"a job that was configured and never calls", func(s *stand) {
			s.want("at first nobody can tell", heartbeat.ReasonNotYet)
			s.after(64 * time.Minute)
			s.want("still within period and grace", heartbeat.ReasonNotYet)
			s.after(2 * time.Minute)
			s.want("then it is missed", heartbeat.ReasonMissed)
		}},
		{"a job that calls, stops, and calls again", func(s *stand) {
			s.call(token, "")
			s.want("it has called", "")
			s.after(65 * time.Minute)
			s.want("at the very end of its grace", "")
			s.after(time.Second)
			s.want("one second later", heartbeat.ReasonMissed)
			s.call(token, "")
			s.want("it is back", "")
		}},
		{"a job that says it has failed", func(s *stand) {
			s.call(token, "")
			s.call(token+"/fail", "disk full\x1b[31m")
			s.want("at once", heartbeat.ReasonJobFailed)
			s.call(token+"/start", "")
			s.want("also while it tries again", heartbeat.ReasonJobFailed)
			s.after(time.Second)
			s.call(token, "")
			s.want("until it succeeds", "")
		}},
		{"a job that hangs", func(s *stand) {
			s.opts.MaxRun = 10 * time.Minute
			s.call(token, "")
			s.after(50 * time.Minute)
			s.call(token+"/start", "")
			s.after(10 * time.Minute)
			s.want("it may take ten minutes", "")
			s.after(time.Second)
			s.want("and no more", heartbeat.ReasonOverrun)
			s.call(token, "")
			s.want("it has ended after all", "")
		}},
		{"a job that begins in time and runs past its own deadline", func(s *stand) {
			s.call(token, "")
			s.after(time.Hour)
			s.call(token+"/start", "")
			s.after(30 * time.Minute)
			s.want("it runs", "")
			s.after(36 * time.Minute)
			s.want("the next one is overdue", heartbeat.ReasonMissed)
		}},
		{"a restart forgets nothing", func(s *stand) {
			s.call(token, "")
			s.after(30 * time.Minute)
			s.restart()
			s.want("it has called half an hour ago", "")
			s.after(36 * time.Minute)
			s.restart()
			s.want("and is missed now", heartbeat.ReasonMissed)
		}},
		{"the store is away", func(s *stand) {
			s.call(token, "")
			s.store.broken = true
			s.want("nobody can tell", probe.ReasonInternal)
			if got := s.call(token, ""); got != 503 {
				s.t.Errorf("a call while the store is away: %d", got)
			}
		}},
	} {
		t.Run(c.says, func(t *testing.T) { c.play(newStand(t, nil)) })
	}
}

// run lets the part that notes its own presence run until the time.
func (s *stand) run(d time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	begin, base := time.Now(), s.now
	beats := heartbeat.New(s.store, func() time.Time { return base.Add(time.Since(begin)) }, nil)
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := beats.Run(ctx); err != nil {
			s.t.Error(err)
		}
	})
	time.Sleep(d)
	cancel()
	wait.Wait()
	s.after(d)
}

func TestOurOwnAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		s.run(time.Minute)
		s.call(token, "")
		s.run(50 * time.Minute)
		s.after(30 * time.Minute) // nobody was there when the call was due
		s.run(time.Minute)
		s.want("the job may have called meanwhile", probe.ReasonVantage)
		s.run(64 * time.Minute)
		s.want("but by now it would have called again", heartbeat.ReasonMissed)
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		s.run(time.Minute)
		s.call(token, "")
		s.run(66 * time.Minute)
		s.want("missed while we were there", heartbeat.ReasonMissed)
		s.after(30 * time.Minute)
		s.run(time.Minute)
		s.want("and our absence afterwards is no excuse", heartbeat.ReasonMissed)
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, nil)
		s.run(time.Minute)
		s.call(token, "")
		s.run(59 * time.Minute)
		s.after(3 * time.Minute) // a restart, shorter than the grace
		s.run(5 * time.Minute)
		s.want("jobs try again over a short absence", heartbeat.ReasonMissed)
	})
}

func TestStrangersAndLimits(t *testing.T) {
	s := newStand(t, nil)
	if got := s.call("0123456789abcdef-guessed", ""); got != 404 {
		t.Errorf("a token of nobody: %d", got)
	}
	got := map[int]int{}
	for range 30 {
		got[s.call("0123456789abcdef-guessed", "")]++
	}
	if got[429] == 0 {
		t.Errorf("thirty guesses at once: %v", got)
	}
	if code := s.call(token, ""); code != 200 {
		t.Errorf("strangers must not hinder the job: %d", code)
	}
	got = map[int]int{}
	for range 30 {
		got[s.call(token, "")]++
	}
	if got[429] == 0 || got[200] == 0 {
		t.Errorf("thirty calls at once: %v", got)
	}
	s.after(time.Second)
	if code := s.call(token, ""); code != 200 {
		t.Errorf("a second later: %d", code)
	}
	for name, value := range s.store.values {
		if strings.Contains(name+value, token) {
			t.Errorf("the token is in the store: %s", name)
		}
	}
	for _, path := range s.paths {
		if strings.Contains(path, "0123456789abcdef") {
			t.Errorf("a token in what is logged: %s", path)
		}
	}
}

func TestLongMessagesAndOtherMethods(t *testing.T) {
	s := newStand(t, nil)
	if code := s.call(token+"/fail", strings.Repeat("x", 1<<20)); code != 200 {
		t.Errorf("a message of a megabyte: %d", code)
	}
	for _, v := range s.store.values {
		if len(v) > 4<<10 {
			t.Errorf("%d bytes are kept", len(v))
		}
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/heartbeat/"+token, nil))
	if body, _ := io.ReadAll(w.Body); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET, which browsers do unasked: %d %s", w.Code, body)
	}
}

func TestRefuses(t *testing.T) {
	for says, change := range map[string]func(*heartbeat.Options){
		"no period":       func(o *heartbeat.Options) { o.Period = 0 },
		"a short token":   func(o *heartbeat.Options) { o.Token = config.Plain("backup") },
		"a negative run":  func(o *heartbeat.Options) { o.MaxRun = -1 },
		"a secret nobody": func(o *heartbeat.Options) { o.Token = config.Secret{Env: "OUTCRY_TEST_UNSET"} },
	} {
		o := heartbeat.Options{Token: config.Plain(token), Period: time.Hour}
		change(&o)
		if err := heartbeat.New(nil, time.Now, nil).Register(o); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
	s := newStand(t, nil)
	if err := s.beats.Register(s.opts); outcry.CodeOf(err) != outcry.CodeInvalid {
		t.Errorf("two jobs of one token: %v", err)
	}
	p, err := heartbeat.New(nil, time.Now, nil).NewCheck(s.opts, probe.Env{})
	probetest.Want(t, "without a store", probetest.Attempt(t, p, err), probe.ReasonUnsupported)
}

// Whatever is called when, a job that has just said it is done is up, one that
// has just failed is not, and nobody is missed within its time.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStand(t, func(o *heartbeat.Options) { o.Grace = 0 })
		var done, configured time.Time
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			s.after(time.Duration(rapid.IntRange(1, 4000).Draw(rt, "seconds")) * time.Second)
			word := rapid.SampledFrom([]string{"", "/fail", "/start", "look"}).Draw(rt, "word")
			if word != "look" && s.call(token+word, "") != 200 {
				rt.Fatal("a call was refused")
			}
			p, err := s.beats.NewCheck(s.opts, probe.Env{})
			r := probetest.Attempt(t, p, err)
			if configured.IsZero() {
				configured = s.now
			}
			switch {
			case word == "" && r.Outcome != outcry.Good, word == "/fail" && r.Reason != heartbeat.ReasonJobFailed:
				rt.Fatalf("after %q: %s", word, r.Summary())
			case word == "":
				done = s.now
			}
			from := configured
			if done.After(from) {
				from = done
			}
			if r.Reason == heartbeat.ReasonMissed && s.now.Sub(from) <= time.Hour {
				rt.Fatalf("missed after %s: %s", s.now.Sub(from), r.Summary())
			}
		}
	})
}
