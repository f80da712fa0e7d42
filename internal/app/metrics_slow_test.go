//go:build slow

package app

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/detect"
	"github.com/outcry/outcry/internal/store"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// till is a program that counts its failed payments, and which Prometheus scrapes.
type till struct {
	mu     sync.Mutex
	failed float64
	rate   float64 // a second
	since  time.Time
}

// fails sets how many payments fail from now on, a second.
func (s *till) fails(rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count()
	s.rate = rate
}

func (s *till) count() {
	now := time.Now()
	if !s.since.IsZero() {
		s.failed += s.rate * now.Sub(s.since).Seconds()
	}
	s.since = now
}

func (s *till) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(w, "# TYPE payments_failed_total counter\npayments_failed_total{code=\"503\"} %d\npayments_failed_total{code=\"402\"} 12345\n", int(s.failed))
}

// lived leaves in a folder what a process would have learned in two and a half
// days of a metric of so many errors every ten seconds.
func lived(t *testing.T, yaml, data, metric string, usual float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	last := outcry.TickOf(time.Now()) - 1
	j, err := detect.New(detectConfig(typed(t, yaml)), last-5*4320+1)
	if err != nil {
		t.Fatal(err)
	}
	for tick := last - 5*4320 + 1; tick <= last; tick++ {
		c := outcry.Counts{Total: 1, Bad: 1, Fresh: uint32(usual * 2 * rng.Float64())}
		y := outcry.Tally{Service: "shop", Kind: outcry.KindMetric, Tick: tick, Counts: c, Cells: []outcry.Cell{{CellKey: outcry.CellKey{Vantage: metric}, Counts: c}}}
		tallies := []outcry.Tally{y}
		if rng.Float64() < 6.0/360 { // six people an hour
			said := reports("shop", tick, 1)
			tallies = []outcry.Tally{said, y}
		}
		if _, err := j.Step(tick, 1, tallies); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := j.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "outcry.db"), quietLog())
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Apply(t.Context(), store.Judged{Tick: last, Snapshot: kept}, nil); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAMetricThatRises is a metric's way through the whole product in real time: a
// program counts what fails, a Prometheus scrapes it, Outcry asks that for an
// expression. The count rises tenfold while a few people complain; the incident that
// opens is confirmed, which these few cannot do, and names the metric; both fall,
// and it closes. That takes some minutes, in which the test sleeps.
func TestAMetricThatRises(t *testing.T) {
	t.Parallel()
	shop := &till{}
	shop.fails(0.5)
	site := httptest.NewServer(shop)
	defer site.Close()
	yaml := crowded + fmt.Sprintf("outbound: {allow: [127.0.0.0/8]}\nsources: [{name: failed-payments, type: promql, url: %q, query: 'payments_failed_total{code=~\"5..\"}', about: shop, interval: 10s}]\n", daemon.Prometheus(t, site.URL))
	data := t.TempDir()
	lived(t, yaml, data, "failed-payments", 5)
	l := serve(t, yaml, data)
	people := 0
	say := func() {
		people++
		if code, body := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop","symptom":"payment"}`, "X-Forwarded-For", from(people)); code != http.StatusAccepted {
			t.Fatalf("a report: %d %s", code, body)
		}
	}
	quiet := time.Now()
	awaits(t, time.Minute, "half a minute of ordinary life", func() bool { return time.Since(quiet) > 30*time.Second })
	if in := l.incident(t); in.State != "" {
		t.Fatalf("in ordinary life: %+v", in)
	}

	rose, said := time.Now(), time.Time{}
	shop.fails(5)
	awaits(t, 5*time.Minute, "the incident is public, and confirmed by the metric", func() bool {
		if time.Since(said) > 8*time.Second {
			say()
			said = time.Now()
		}
		in := l.incident(t)
		return in.State == "investigating" && in.Confirmed && in.names("failed-payments")
	})
	t.Logf("public and confirmed %v after the metric rose, by %d people: %+v", time.Since(rose).Round(time.Second), people, l.incident(t).Evidence)
	awaits(t, 2*time.Minute, "its page names the metric", func() bool {
		_, body := l.get(t, "/incidents/"+l.incident(t).ID)
		return strings.Contains(body, "errors in failed-payments where")
	})

	fell := time.Now()
	shop.fails(0.5)
	awaits(t, 10*time.Minute, "it is said that it recovers", func() bool { s := l.incident(t).State; return s == "monitoring" || s == "resolved" })
	t.Logf("recovering %v after it fell", time.Since(fell).Round(time.Second))
	awaits(t, 15*time.Minute, "it is closed", func() bool { return l.incident(t).State == "resolved" })
	t.Logf("closed %v after it fell", time.Since(fell).Round(time.Second))
}

// shown is an incident as the API has it.
type shown struct {
	ID, State string
	Confirmed bool
	Evidence  []outcry.Evidence
}

func (in *shown) names(metric string) bool {
	return slices.ContainsFunc(in.Evidence, func(e outcry.Evidence) bool {
		return e.Stream == "metric" && e.Nats > 5 && strings.Contains(e.Words, "errors in "+metric+" where")
	})
}

// incident is the only public one; empty when there is none.
func (l *live) incident(t *testing.T) shown {
	t.Helper()
	_, body := l.get(t, "/api/v1/incidents")
	var doc struct{ Incidents []shown }
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(doc.Incidents) == 0 {
		return shown{}
	}
	return doc.Incidents[0]
}

// typed reads a configuration with all the types of checks and sources.
func typed(t *testing.T, yaml string) *config.Config {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte(yaml), Types())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
