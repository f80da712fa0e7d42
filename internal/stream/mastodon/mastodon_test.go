package mastodon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream/streamtest"
)

func post(i int) map[string]any {
	return map[string]any{
		"id": strconv.Itoa(1000 + i), "created_at": "2024-05-16T21:39:00.000Z", "uri": fmt.Sprint("https://m.example/", i), "language": "en",
		"content": fmt.Sprintf(`<p>post <a href="https://x.example">%d</a> &amp; more</p>`, i), "account": map[string]any{"acct": fmt.Sprint("a", i)},
	}
}

// server streams posts 0 to 3, drops, and streams 8 to 11: 4 to 7 are only in
// its timeline. Before each of its answers there is a trouble.
func server(t *testing.T) (address string, met func() int) {
	t.Helper()
	var dials atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/streaming/public", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		n := dials.Add(1)
		if n == 2 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		from := 0
		if n > 1 {
			from = 8
		}
		fmt.Fprint(w, ":thump\n\nevent: delete\ndata: 7\n\nevent: update\ndata: {broken\n\n")
		for i := from; i < from+4; i++ {
			data, err := json.Marshal(post(i))
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, "event: update\ndata: %s\n\n", data)
			w.(http.Flusher).Flush()
		}
		if n > 1 {
			<-r.Context().Done()
		}
	})
	mux.HandleFunc("GET /api/v1/timelines/public", func(w http.ResponseWriter, r *http.Request) {
		after, err := strconv.Atoi(r.URL.Query().Get("min_id"))
		if err != nil {
			t.Error(err)
		}
		list := []map[string]any{}
		for i := min(7, after-1000+2); i > after-1000; i-- { // two at a time, the newest first
			list = append(list, post(i))
		}
		if err := json.NewEncoder(w).Encode(list); err != nil {
			t.Error(err)
		}
	})
	h, met := streamtest.Troubled(t, mux)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL, met
}

func TestWhatABreakMissedIsFetched(t *testing.T) {
	address, met := server(t)
	web := streamtest.Web(t)
	web.Idle = time.Second
	s, err := New(address, func() (string, error) { return "secret", nil }, web)
	if err != nil {
		t.Fatal(err)
	}
	c := streamtest.NewCollector()
	got := streamtest.FollowUntil(t, s, c, 12, func() bool { return met() == streamtest.Troubles })
	for i := range 12 {
		if !slices.Contains(got, fmt.Sprintf("post %d & more", i)) {
			t.Errorf("post %d was lost: %q", i, got)
		}
	}
	want := time.Date(2024, 5, 16, 21, 39, 0, 0, time.UTC)
	if p := c.Posts[0]; p.Author != "a0" || p.Source != "mastodon" || !p.At.Equal(want) || p.ID != "https://m.example/0" {
		t.Errorf("%+v", p)
	}
}

func TestBoosts(t *testing.T) {
	inner := status{Content: "<p>first</p>"}
	outer := status{ID: "1", URI: "u", CreatedAt: time.Unix(1, 0), Reblog: &inner}
	c := streamtest.NewCollector()
	if err := pass(&outer, func(p posts.Post, _ string) error { c.Read(p); return nil }); err != nil {
		t.Fatal(err)
	}
	if !c.Posts[0].Repost || c.Posts[0].Text != "first" {
		t.Errorf("%+v", c.Posts[0])
	}
}
