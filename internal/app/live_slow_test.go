//go:build slow

package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mailbox is a receiver of notices. It refuses each one the first time, so that
// nothing gets through that is sent but once.
type mailbox struct {
	*httptest.Server
	mu      sync.Mutex
	refused map[string]bool
	got     map[string]string // by id: what it tells
	about   map[string]bool   // incidents that it was told of
	broken  []string          // notices whose signature is wrong
}

const mailSecret = "a secret of the test's own, long enough"

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{refused: map[string]bool{}, got: map[string]string{}, about: map[string]bool{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	id := r.Header.Get("webhook-id")
	m.mu.Lock()
	defer m.mu.Unlock()
	if got, want := r.Header.Get("webhook-signature"), signature(id, r.Header.Get("webhook-timestamp"), body); got != want {
		m.broken = append(m.broken, fmt.Sprintf("%s: signed %s, want %s", id, got, want))
	}
	if !m.refused[id] {
		m.refused[id] = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var doc struct {
		Type     string
		Incident struct{ ID string }
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		m.broken = append(m.broken, fmt.Sprintf("%s: %v", id, err))
	}
	m.got[id] = doc.Type
	m.about[doc.Incident.ID] = true
}

// knows whether it was told of all of the incidents.
func (m *mailbox) knows(ids []string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !slices.ContainsFunc(ids, func(id string) bool { return !m.about[id] })
}

// signature is what the Standard Webhooks specification says it must be.
func signature(id, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(mailSecret))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (m *mailbox) kinds() (kinds []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.got {
		kinds = append(kinds, k)
	}
	return kinds
}

func (m *mailbox) config(t *testing.T) string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(mailSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("notify:\n  channels: [{name: hook, type: webhook, url: %q, secret: {file: %q}}]\noutbound: {allow: [127.0.0.0/8]}\n", m.URL, secret)
}

// TestARealServiceThatStopsAndReturns is the whole product at work in real time:
// a web service stops, people say so, the page says so within two minutes, and
// somebody is told; it returns, and the incident closes by itself. That takes some
// minutes, in which the test sleeps.
func TestARealServiceThatStopsAndReturns(t *testing.T) {
	t.Parallel() // with what else lasts as long
	var down atomic.Bool
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer shop.Close()
	mail := newMailbox(t)
	l := serve(t, crowded+mail.config(t)+fmt.Sprintf("checks: [{name: front, service: shop, type: http, url: %q, interval: 1s, timeout: 900ms, retries: 0}]\nvantage: {references: [%q]}\n",
		shop.URL, strings.TrimPrefix(mail.URL, "http://")), t.TempDir())
	people := 0
	say := func(n int) {
		for range n {
			people++
			if code, body := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop","symptom":"payment"}`, "X-Forwarded-For", from(people)); code != http.StatusAccepted {
				t.Fatalf("a report: %d %s", code, body)
			}
		}
	}
	state := func() string {
		_, body := l.get(t, "/api/v1/incidents")
		var doc struct {
			Incidents []struct {
				State    string
				Public   bool
				Services []string
			}
		}
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if len(doc.Incidents) != 1 || !doc.Incidents[0].Public {
			return fmt.Sprintf("%d incidents", len(doc.Incidents))
		}
		return doc.Incidents[0].State
	}
	say(1)
	awaits(t, 2*time.Minute, "ordinary life", func() bool {
		_, body := l.get(t, "/api/v1/services/shop")
		return strings.Contains(body, `"status":"ok"`)
	})
	if got := state(); got != "0 incidents" {
		t.Fatalf("in ordinary life: %s", got)
	}

	stopped := time.Now()
	down.Store(true)
	awaits(t, 2*time.Minute, "the incident is public", func() bool { say(1); return state() == "investigating" })
	t.Logf("public %v after the service stopped", time.Since(stopped).Round(time.Second))
	awaits(t, time.Second, "the page says so", func() bool {
		_, body := l.get(t, "/")
		return strings.Contains(body, "/incidents/")
	})
	awaits(t, 2*time.Minute, "a notice has come", func() bool { return slices.Contains(mail.kinds(), "incident.opened") })

	returned := time.Now()
	down.Store(false)
	awaits(t, 6*time.Minute, "it is said that it recovers", func() bool { s := state(); return s == "monitoring" || s == "resolved" })
	t.Logf("recovering %v after it returned", time.Since(returned).Round(time.Second))
	awaits(t, 2*time.Minute, "a notice of that has come", func() bool { return slices.Contains(mail.kinds(), "incident.updated") })
	awaits(t, 15*time.Minute, "it is closed", func() bool { return state() == "resolved" })
	t.Logf("closed %v after it returned", time.Since(returned).Round(time.Second))
	awaits(t, 2*time.Minute, "the page says that all is well", func() bool {
		_, body := l.get(t, "/api/v1/services/shop")
		return strings.Contains(body, `"status":"ok"`)
	})
	awaits(t, 2*time.Minute, "a notice of the end has come", func() bool { return slices.Contains(mail.kinds(), "incident.resolved") })
	mail.mu.Lock()
	defer mail.mu.Unlock()
	if len(mail.broken) > 0 {
		t.Errorf("notices that are not signed as they should be: %v", mail.broken)
	}
}
