package web

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/page/pagetest"
)

// patience is how long a test waits for what comes at once.
const patience = 30 * time.Second

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

// TestLiveStream: a change is told with the version that the page then has; a
// reconnect with that event's id is told nothing, one with the id before is told
// at once.
func TestLiveStream(t *testing.T) {
	s := newTest(t, func(c *Config, _ *Deps) { c.Heartbeat = 50 * time.Millisecond })
	addr := start(t, s)
	version := func() string { return s.site.get("/s/imessage").doc.Version }
	have := version()
	first := await(t, listen(t, t.Context(), addr, "page=/s/imessage", ""), "id: ", patience)
	lines := listen(t, t.Context(), addr, "page=/s/imessage&have="+have, "")
	await(t, lines, "retry: ", patience)
	if err := s.Publish(pagetest.World(pagetest.Recovering)); err != nil {
		t.Fatal(err)
	}
	id := await(t, lines, "id: ", patience)
	if id == first {
		t.Errorf("two events have the id %s", id)
	}
	data := await(t, lines, "data: ", patience)
	if !strings.Contains(data, `"from":"`+have+`"`) || !strings.Contains(data, `"page":"/s/imessage"`) || !strings.Contains(data, `"version":"`+version()+`"`) || have == version() {
		t.Errorf("the page is %s, the event says %s", version(), data)
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
	old := listen(t, t.Context(), addr, "page=/s/imessage&have="+version(), first)
	if got := await(t, old, "id: ", patience); got != id {
		t.Errorf("a listener with an old id is told %q, want %q", got, id)
	}
}

// TestLiveStreamTellsOnlyWhatHasChanged since an id, of several documents: the
// history stays as it was while the incident goes on.
func TestLiveStreamTellsOnlyWhatHasChanged(t *testing.T) {
	s := newTest(t, nil)
	addr := start(t, s)
	const query = "page=/s/imessage&page=/history/2024-03&page=/api/v2/summary.json"
	before := make(map[string]string)
	for _, p := range []string{"/s/imessage", "/history/2024-03", "/api/v2/summary.json"} {
		if s.site.get(p) == nil {
			t.Fatalf("the fixtures have no %s", p)
		}
		before[p] = s.site.get(p).doc.Version
	}
	told := func(last string) (pages []string, id string) {
		for l := range listen(t, t.Context(), addr, query, last) {
			if _, rest, ok := strings.Cut(l, `data: {"page":"`); ok {
				page, _, _ := strings.Cut(rest, `"`)
				pages = append(pages, page)
			}
			if next, ok := strings.CutPrefix(l, "id: "); ok {
				id = next
			}
			if l == "" && id != "" { // the end of the event that has the id, which is the last
				return pages, id
			}
		}
		return nil, ""
	}
	all, id := told("")
	if strings.Join(all, " ") != "/s/imessage /history/2024-03 /api/v2/summary.json" {
		t.Errorf("a new listener is told of %q", all)
	}
	if err := s.Publish(pagetest.World(pagetest.Recovering)); err != nil {
		t.Fatal(err)
	}
	if got, _ := told(id); strings.Join(got, " ") != "/s/imessage /api/v2/summary.json" {
		t.Errorf("since %s it is told of %q", id, got)
	}
	for _, c := range []struct{ why, id string }{
		{"another process", "AAAAAAAA-7"}, {"no number", s.life + "-x"}, {"nothing known", "7"},
	} {
		if got, _ := told(c.id); len(got) != 3 {
			t.Errorf("with an id of %s it is told of %q, not of all", c.why, got)
		}
	}
	if before["/history/2024-03"] != s.site.get("/history/2024-03").doc.Version {
		t.Error("the history has changed too: this proves nothing")
	}
}

// TestLiveStreamTellsParts: of a page, in the language that the listener reads,
// only what has changed; after more steps than are remembered, to fetch it.
func TestLiveStreamTellsParts(t *testing.T) {
	s := newTest(t, nil)
	addr := start(t, s)
	home := s.site.get("/").doc
	id := await(t, listen(t, t.Context(), addr, "page=/", ""), "id: ", patience)
	world := pagetest.World(pagetest.Outage)
	change := func(i int) {
		world.Services[0].Name = "Messages " + strconv.Itoa(i)
		if err := s.Publish(world); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"", "&lang=de"} {
		ask(s, "GET", "/?"+lang, "") // a translation is there once somebody has read it
	}
	change(1)
	for _, lang := range []string{"", "&lang=de"} {
		data := await(t, listen(t, t.Context(), addr, "page=/"+lang+"&have="+home.Version, ""), "data: ", patience)
		if !strings.Contains(data, "Messages 1") || strings.Contains(data, "HomeKit") && lang == "" && strings.Count(data, "/s/homekit") > 0 || len(data) > len(home.Body)/2 {
			t.Errorf("lang %q: told %.2000s", lang, data)
		}
		if german := strings.Contains(data, "Letzte"); german != (lang != "") {
			t.Errorf("lang %q is told %.2000s", lang, data)
		}
	}
	if kind := await(t, listen(t, t.Context(), addr, "page=/", id), "event: ", patience); kind != "delta" {
		t.Errorf("whoever comes back after one change is told %q", kind)
	}
	for i := range keptDeltas + 1 {
		change(i + 2)
	}
	lines := listen(t, t.Context(), addr, "page=/", id)
	if kind := await(t, lines, "event: ", patience); kind != "page" {
		t.Errorf("whoever comes back too late is told %q", kind)
	}
	if n := len(s.site.get("/").deltas); n > keptDeltas {
		t.Errorf("%d changes are remembered", n)
	}
}

// TestLiveStreamRefuses what it cannot be about.
func TestLiveStreamRefuses(t *testing.T) {
	s := newTest(t, nil)
	for _, c := range []struct {
		why, query string
		code       int
	}{
		{"no page is named", "", http.StatusNotFound},
		{"one of two is not there", "page=/&page=/nowhere", http.StatusNotFound},
		{"a script never changes", "page=/sw.js", http.StatusNotFound},
		{"the same page twice", "page=/&page=/", http.StatusBadRequest},
		{"too many", strings.Repeat("page=/&", heardAtOnce+1), http.StatusBadRequest},
	} {
		if w := ask(s, "GET", "/events?"+c.query, ""); w.Code != c.code {
			t.Errorf("%s: answered %d, want %d", c.why, w.Code, c.code)
		}
	}
}

// TestLiveStreamIsBounded: one listener too many is told to poll, and there is
// room again when one leaves.
func TestLiveStreamIsBounded(t *testing.T) {
	s := newTest(t, func(c *Config, _ *Deps) { c.MaxListeners = 1 })
	addr := start(t, s)
	ctx, leave := context.WithCancel(t.Context())
	lines := listen(t, ctx, addr, "page=/", "")
	await(t, lines, "id: ", patience)
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
	await(t, listen(t, t.Context(), addr, "page=/", ""), "id: ", patience)
}

// TestShutdownLetsListenersGo: serving ends promptly with a stream open.
func TestShutdownLetsListenersGo(t *testing.T) {
	s := newTest(t, nil)
	var lines <-chan string
	t.Run("serve", func(t *testing.T) { // its clean-up stops the server and waits
		addr := start(t, s)
		lines = listen(t, context.Background(), addr, "page=/", "")
		await(t, lines, "id: ", patience)
	})
	for range lines { // ends, or the test hangs
	}
}

// TestListenersWithDifferentVersions of one page are each told what leads from
// their own to the new one, those with the same version the same.
func TestListenersWithDifferentVersions(t *testing.T) {
	s := newTest(t, nil)
	addr := start(t, s)
	first := s.site.get("/").doc.Version
	world := pagetest.World(pagetest.Outage)
	world.Services[0].Name = "Messages 1"
	if err := s.Publish(world); err != nil {
		t.Fatal(err)
	}
	second := s.site.get("/").doc.Version
	var lines []<-chan string
	for range 3 {
		l := listen(t, t.Context(), addr, "page=/&have="+second, "")
		await(t, l, "retry: ", patience)
		lines = append(lines, l)
	}
	world.Services[0].Name = "Messages 2"
	if err := s.Publish(world); err != nil {
		t.Fatal(err)
	}
	third := s.site.get("/").doc.Version
	step := await(t, lines[0], "id: ", patience)
	want := await(t, lines[0], "data: ", patience)
	for _, l := range lines[1:] {
		if id, got := await(t, l, "id: ", patience), await(t, l, "data: ", patience); got != want || id != step {
			t.Errorf("of two that have the same version one is told %s %s, the other %s %s", step, want, id, got)
		}
	}
	if !strings.Contains(want, `"from":"`+second+`"`) || !strings.Contains(want, `"version":"`+third+`"`) {
		t.Errorf("from %s to %s it is told %s", second, third, want)
	}
	late := listen(t, t.Context(), addr, "page=/&have="+first, "")
	for _, c := range []struct{ from, to string }{{first, second}, {second, third}} {
		if got := await(t, late, "data: ", patience); !strings.Contains(got, `"from":"`+c.from+`"`) || !strings.Contains(got, `"version":"`+c.to+`"`) {
			t.Errorf("from %s to %s it is told %s", c.from, c.to, got)
		}
	}
	again := listen(t, t.Context(), addr, "page=/&have="+second, "")
	if got := await(t, again, "data: ", patience); got != want {
		t.Errorf("after another's answer it is told %s, want %s", got, want)
	}
}
