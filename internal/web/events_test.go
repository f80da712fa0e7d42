package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/page/pagetest"
)

// listen opens a live stream and gives its lines.
func listen(t *testing.T, ctx context.Context, addr, query, last string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/events?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	return lines
}

// await reads lines until one has the prefix.
func await(t *testing.T, lines <-chan string, prefix string, within time.Duration) string {
	t.Helper()
	late := time.After(within)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q", prefix)
			}
			if strings.HasPrefix(l, prefix) {
				return strings.TrimPrefix(l, prefix)
			}
		case <-late:
			t.Fatalf("no %q within %s", prefix, within)
		}
	}
}

// TestLiveStream: a change is told within a second, with the version that the
// page then has; a reconnect with that version is told nothing, one with an
// older version is told at once.
func TestLiveStream(t *testing.T) {
	s := newTest(t, func(c *Config, _ *Deps) { c.Heartbeat = 50 * time.Millisecond })
	addr := start(t, s)
	have := s.site.get("/s/imessage").doc.Version
	lines := listen(t, t.Context(), addr, "page=/s/imessage&have="+have, "")
	await(t, lines, "retry: ", time.Second)
	if err := s.Publish(pagetest.World(pagetest.Recovering)); err != nil {
		t.Fatal(err)
	}
	id := await(t, lines, "id: ", time.Second)
	if want := s.site.get("/s/imessage").doc.Version; id != want || id == have {
		t.Errorf("told of version %q, the page is %q", id, want)
	}
	if data := await(t, lines, "data: ", time.Second); !strings.Contains(data, `"page":"/s/imessage"`) {
		t.Errorf("the event says %s", data)
	}
	again := listen(t, t.Context(), addr, "page=/s/imessage&have="+have, id)
	for l := range again { // the first line after the greeting is a beat, not an event
		if l != "" && !strings.HasPrefix(l, "retry: ") {
			if l != ": beat" {
				t.Errorf("a listener that has the latest is told %q", l)
			}
			break
		}
	}
	old := listen(t, t.Context(), addr, "page=/s/imessage", have)
	if got := await(t, old, "id: ", time.Second); got != id {
		t.Errorf("a listener with an old version is told of %q", got)
	}
}

// TestLiveStreamIsBounded: one listener too many is told to poll, and there is
// room again when one leaves.
func TestLiveStreamIsBounded(t *testing.T) {
	s := newTest(t, func(c *Config, _ *Deps) { c.MaxListeners = 1 })
	addr := start(t, s)
	ctx, leave := context.WithCancel(t.Context())
	lines := listen(t, ctx, addr, "page=/", "")
	await(t, lines, "id: ", time.Second)
	w := ask(s, "GET", "/events?page=/", "")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many is answered %d", w.Code)
	}
	leave()
	for range lines { // until the connection is gone
	}
	for deadline := time.Now().Add(5 * time.Second); s.hub.count() > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the place of a listener that has left stays taken")
		}
	}
	await(t, listen(t, t.Context(), addr, "page=/", ""), "id: ", time.Second)
}

// TestShutdownLetsListenersGo: serving ends promptly with a stream open.
func TestShutdownLetsListenersGo(t *testing.T) {
	s := newTest(t, nil)
	var lines <-chan string
	t.Run("serve", func(t *testing.T) { // its clean-up stops the server and waits
		addr := start(t, s)
		lines = listen(t, context.Background(), addr, "page=/", "")
		await(t, lines, "id: ", time.Second)
	})
	for range lines { // ends, or the test hangs
	}
}
