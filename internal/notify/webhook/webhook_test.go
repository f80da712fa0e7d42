package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/notify/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var now = time.Unix(1614265330, 0).UTC()

func channel(t *testing.T, url string, timeout time.Duration) *webhook.Channel {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := webhook.New(webhook.Config{
		URL: url, Secret: secret, Timeout: timeout, Site: "https://status.example/", UserAgent: "Outcry/test",
		Client: &http.Client{Transport: transport}, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sample() outcry.Notice {
	at := time.Date(2024, 5, 16, 21, 40, 0, 0, time.UTC)
	return outcry.Notice{
		ID: "n1", Kind: outcry.NoticeOpened, Channel: "ops", CreatedAt: at,
		Incident: outcry.Incident{
			ID: "i/1", Version: 3, State: outcry.StateInvestigating, Title: "iMessage is failing", Impact: outcry.ImpactMajor, Public: true,
			Services: []string{"imessage"}, Onset: outcry.Onset{At: at.Add(-time.Minute), From: at.Add(-2 * time.Minute), To: at}, PublishedAt: at,
			Updates: []outcry.Update{{Body: "a secret note"}},
		},
		Update: outcry.Update{ID: "u1", At: at, State: outcry.StateInvestigating, Body: "It fails.", Author: "outcry", Public: true},
	}
}

// The request is what the package comment says, down to the bytes that are
// signed.
func TestRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer srv.Close()
	if err := channel(t, srv.URL+"/hook", 0).Send(t.Context(), sample()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Content-Type": "application/json", "User-Agent": "Outcry/test", "Webhook-Id": "n1",
		"Webhook-Timestamp": "1614265330", "Webhook-Signature": webhook.Sign(secret, "n1", now, body),
	}
	for h, v := range want {
		if got.Header.Get(h) != v {
			t.Errorf("%s is %q, want %q", h, got.Header.Get(h), v)
		}
	}
	var p map[string]any
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	in := p["incident"].(map[string]any)
	if diff := cmp.Diff([]any{"n1", "incident.opened", "2024-05-16T21:40:00Z", "https://status.example/incidents/i%2F1", []any{"imessage"}, []any{}, nil, "It fails."},
		[]any{p["id"], p["type"], p["at"], in["url"], in["services"], in["collateral"], in["closed_at"], p["update"].(map[string]any)["body"]}); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
	if strings.Contains(string(body), "a secret note") {
		t.Error("a note to the team is sent")
	}
}

// The reference vector of the Standard Webhooks libraries.
func TestSignatureVector(t *testing.T) {
	got := webhook.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		retry     string
		ok        bool
		permanent bool
		after     time.Duration
	}{
		{"200 is taken", 200, "", true, false, 0},
		{"204 is taken", 204, "", true, false, 0},
		{"a redirect is not followed, and may be gone tomorrow", 302, "", false, false, 0},
		{"400 will not get better", 400, "", false, true, 0},
		{"401 will not get better", 401, "", false, true, 0},
		{"404 will not get better", 404, "", false, true, 0},
		{"410 says stop", 410, "", false, true, 0},
		{"408 may be tried again", 408, "", false, false, 0},
		{"425 may be tried again", 425, "", false, false, 0},
		{"429 names when, in seconds", 429, "120", false, false, 2 * time.Minute},
		{"503 names when, as a date", 503, now.Add(time.Hour).Format(http.TimeFormat), false, false, time.Hour},
		{"a date in the past is now", 503, now.Add(-time.Hour).Format(http.TimeFormat), false, false, 0},
		{"a year is a day", 503, "31536000", false, false, 24 * time.Hour},
		{"nonsense is nothing", 500, "-3 parsecs", false, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("a redirect was followed")
				}
				w.Header().Set("Location", "/elsewhere")
				if c.retry != "" {
					w.Header().Set("Retry-After", c.retry)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(strings.Repeat("x", 100_000))) // more than is read
			}))
			defer srv.Close()
			err := channel(t, srv.URL, 0).Send(t.Context(), sample())
			if (err == nil) != c.ok {
				t.Fatalf("%s: %v", c.name, err)
			}
			if c.ok {
				return
			}
			f, ok := errors.AsType[*notify.Failure](err)
			if !ok || f.Permanent != c.permanent || f.After != c.after {
				t.Errorf("%s: %+v", c.name, f)
			}
		})
	}
}

// A receiver that stalls costs the timeout and no more; nothing of the URL,
// which may be a secret, or of the key is in the error.
func TestStallAndSecrets(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(stop)
	for _, url := range []string{srv.URL + "/T0KEN?k=T0KEN", "http://127.0.0.1:1/T0KEN"} {
		err := channel(t, url, 50*time.Millisecond).Send(t.Context(), sample())
		if err == nil || strings.Contains(err.Error(), "T0KEN") || strings.Contains(err.Error(), "MfKQ") {
			t.Errorf("error is %v", err)
		}
		if f, ok := errors.AsType[*notify.Failure](err); ok && f.Permanent {
			t.Error("a stall is taken as final")
		}
	}
}

func TestRefusedConfigurations(t *testing.T) {
	for _, c := range []struct{ name, url, secret, field string }{
		{"no URL", "", secret, "url"},
		{"a path only", "/hook", secret, "url"},
		{"another scheme", "file:///etc/passwd", secret, "url"},
		{"no secret", "https://example.com", "", "secret"},
		{"a short secret", "https://example.com", "letmein", "secret"},
		{"a secret that is not base64", "https://example.com", "whsec_%%%", "secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := webhook.New(webhook.Config{URL: c.url, Secret: c.secret})
			e, ok := errors.AsType[*outcry.Error](err)
			if !ok || e.Field != c.field || (c.secret != "" && strings.Contains(err.Error(), c.secret)) {
				t.Errorf("%s: %v", c.name, err)
			}
		})
	}
}

// shelf holds one notice, as a store would.
type shelf struct {
	mu   sync.Mutex
	n    outcry.Notice
	due  time.Time
	done chan struct{}
}

func (s *shelf) ClaimNotices(_ context.Context, now time.Time, lease time.Duration, _ int) ([]outcry.Notice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due.IsZero() || s.due.After(now) {
		return nil, nil
	}
	s.n.Attempts++
	s.due = now.Add(lease)
	return []outcry.Notice{s.n}, nil
}

func (s *shelf) ReturnNotice(ctx context.Context, n outcry.Notice) error {
	return s.FinishNotice(ctx, n)
}

func (s *shelf) FinishNotice(_ context.Context, n outcry.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.due = n, n.NextAttempt
	if !n.DeliveredAt.IsZero() {
		s.due = time.Time{}
		close(s.done)
	}
	return nil
}

// Over a real server that fails twice, the notice arrives with one id over all
// attempts.
func TestThroughTheDispatcher(t *testing.T) {
	var mu sync.Mutex
	ids := []string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, r.Header.Get("Webhook-Id"))
		if len(ids) < 3 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer srv.Close()
	s := &shelf{n: sample(), due: time.Now(), done: make(chan struct{})}
	s.n.CreatedAt = time.Now()
	to := map[string]notify.Destination{"ops": {Channel: channel(t, srv.URL, 0)}}
	d, err := notify.New(s, to, slog.New(slog.DiscardHandler), notify.Options{First: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n1", "n1", "n1"}, ids); diff != "" {
		t.Errorf("ids that arrived (-want +got):\n%s", diff)
	}
	if s.n.Attempts != 3 {
		t.Errorf("%s attempts", strconv.Itoa(s.n.Attempts))
	}
}
