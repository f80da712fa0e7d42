//go:build slow

package app

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/testutil/postgres"
)

// outOfDate is how a page says that it is old.
const outOfDate = "This page is out of date: we last heard anything"

// TestPagesOverAnOutageOfStoreAndStream: with PostgreSQL and NATS stopped, the
// last pages are served, and say how old they are; a report is refused, and not
// lost. When both are back, so is everything.
func TestPagesOverAnOutageOfStoreAndStream(t *testing.T) {
	t.Parallel() // it mostly waits
	binary, cfg, dir := built(t)
	var store postgres.Server
	dsn := filepath.Join(dir, "dsn")
	if err := os.WriteFile(dsn, []byte(store.Cluster(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	nats := startNATS(t)
	nats.start(t)
	text := fmt.Sprintf("admin_listen: \"off\"\nlisten: 127.0.0.1:0\nstore: {dsn: {file: %q}}\nbus: {urls: [%s]}\n%s", dsn, strings.Join(nats.urls(), ", "), oneService)
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, binary, cfg, filepath.Join(dir, "data"))
	t.Cleanup(func() { p.kill(); p.tail.tell(t, "outcry") })
	l := &live{base: p.base}
	report := func() int {
		code, _ := l.post(t, "/api/v1/reports", "application/json", `{"service":"shop"}`)
		return code
	}
	page := func(path string) string {
		code, body := l.get(t, path)
		if code != http.StatusOK {
			t.Fatalf("%s: %d", path, code)
		}
		return body
	}
	if code := report(); code != http.StatusAccepted {
		t.Fatalf("a report is answered %d", code)
	}
	l.counted(t, 1)
	awaits(t, time.Minute, "the page knows of it", func() bool {
		return !strings.Contains(page("/"), outOfDate) && strings.Contains(page("/api/v1/services/shop"), `"stale":false`) && strings.Contains(page("/s/shop"), "1 report")
	})

	nats.halt()
	store.Halt(t)
	began := time.Now()
	awaits(t, 3*time.Minute, "the page says how old it is", func() bool {
		return strings.Contains(page("/"), outOfDate) && strings.Contains(page("/s/shop"), outOfDate) && strings.Contains(page("/api/v1/services/shop"), `"stale":true`)
	})
	t.Logf("marked as out of date %v after the outage began", time.Since(began).Round(time.Second))
	if body := page("/s/shop"); !strings.Contains(body, "1 report") {
		t.Errorf("the last page has lost what it knew: %s", body)
	}
	if code := report(); code != http.StatusServiceUnavailable {
		t.Errorf("a report that nobody can keep is answered %d", code)
	}

	store.Resume(t)
	nats.make(t)
	nats.start(t)
	back := time.Now()
	awaits(t, 3*time.Minute, "the page is up to date again", func() bool {
		return !strings.Contains(page("/"), outOfDate) && strings.Contains(page("/api/v1/services/shop"), `"stale":false`)
	})
	taken := 1
	awaits(t, time.Minute, "a report is taken again", func() bool {
		if report() == http.StatusAccepted {
			taken++
		}
		return taken > 1
	})
	t.Logf("back after %v", time.Since(back).Round(time.Second))
	awaits(t, time.Minute, "it is counted", func() bool {
		_, body := l.get(t, "/api/v1/services/shop/tallies")
		return strings.Contains(body, fmt.Sprintf(`"total":%d`, taken))
	})
}
