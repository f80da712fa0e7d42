//go:build slow

package promql

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/stream/streamtest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// shop is a program that Prometheus scrapes.
type shop struct {
	failed atomic.Int64 // requests, since it began
	away   atomic.Bool
}

func (s *shop) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if s.away.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(w, "# TYPE errors_total counter\nerrors_total{code=\"500\"} %d\nerrors_total{code=\"404\"} 12345\n", s.failed.Load())
}

func TestAgainstPrometheus(t *testing.T) {
	target := &shop{}
	target.failed.Store(1000)
	site := httptest.NewServer(target)
	defer site.Close()
	address := daemon.Prometheus(t, site.URL)
	r := &rig{now: time.Date(2026, 3, 2, 12, 0, 7, 0, time.UTC)}
	make := func(query string) *Poller {
		p, err := New(Config{
			Name: "errors", URL: address, Query: query, About: "shop", Interval: 30 * time.Second, Token: func() (string, error) { return "", nil },
			Web: streamtest.Web(t), Sender: &r.sent, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return r.now },
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	r.Poller = make(query)
	r.sees(t, 1000)
	r.reads(t, "at first", -1)
	r.reads(t, "nothing is new", 0)
	target.failed.Add(132)
	r.sees(t, 1132)
	r.reads(t, "the shop fails", 132)
	target.failed.Store(7)
	r.sees(t, 7)
	r.reads(t, "it was restarted", 0)
	target.failed.Store(9)
	r.sees(t, 9)
	r.reads(t, "it fails again", 2)
	target.away.Store(true)
	r.sees(t, -1)
	if err := r.poll(t.Context()); err == nil {
		t.Error("a target that is not scraped says something")
	}
	if err := make(`errors_total{`).poll(t.Context()); err == nil {
		t.Error("a query that is none is answered")
	}
}

// sees waits until Prometheus has the value; −1: none at all.
func (r *rig) sees(t *testing.T, want float64) {
	t.Helper()
	var last string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		values, err := r.ask(t.Context())
		last = fmt.Sprint(values, err)
		if err != nil {
			continue
		}
		if want < 0 && len(values) == 0 {
			return
		}
		for _, v := range values {
			if v == want {
				return
			}
		}
	}
	t.Fatalf("Prometheus does not come to %v: %s", want, last)
}

// reads asks once, half a minute after the last time.
func (r *rig) reads(t *testing.T, when string, want int) {
	t.Helper()
	r.now = r.now.Add(30 * time.Second)
	if err := r.poll(t.Context()); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if got := said(&r.sent.list[len(r.sent.list)-1]); got != want {
		t.Errorf("%s: %d, want %d", when, got, want)
	}
}
