package xapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/stream/streamtest"
)

// account is X as its documentation describes it, for one account.
type account struct {
	mu      sync.Mutex
	changes []string
	dials   int
	asked   []string
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer secret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /2/tweets/search/stream/rules":
		fmt.Fprint(w, `{"data":[{"id":"1","value":"old","tag":"outcry"},{"id":"2","value":"somebody's"}],"meta":{"sent":"2024-05-16T21:39:00.000Z"}}`)
	case "POST /2/tweets/search/stream/rules":
		body, _ := io.ReadAll(r.Body)
		a.changes = append(a.changes, string(body))
		fmt.Fprint(w, `{"meta":{"summary":{"created":1}}}`)
	case "GET /2/tweets/search/stream":
		a.stream(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (a *account) stream(w http.ResponseWriter, r *http.Request) {
	a.dials++
	a.asked = append(a.asked, r.URL.Query().Get("backfill_minutes"))
	line := func(i int, more string) {
		fmt.Fprintf(w, "{\"data\":{\"id\":\"%d\",\"text\":\"post %d\",\"author_id\":\"a%d\",\"created_at\":\"2024-05-16T21:39:00.000Z\"%s},\"matching_rules\":[{\"id\":\"1\"}]}\r\n", i, i, i, more)
	}
	switch a.dials {
	case 1:
		fmt.Fprint(w, "\r\n\r\n{broken\r\n")
		line(0, "")
		line(1, "")
	case 2:
		line(1, "")
		fmt.Fprint(w, `{"errors":[{"title":"operational-disconnect","detail":"This stream has been disconnected for operational reasons."}]}`+"\r\n")
	default:
		line(1, "")
		line(2, "")
		fmt.Fprint(w, `{"data":{"id":"3","text":"RT @first: post 0","author_id":"b","created_at":"2024-05-16T21:40:00.000Z","referenced_tweets":[{"type":"retweeted","id":"0"}]}}`+"\r\n\r\n")
		line(4, "")
	}
}

func TestFilteredStream(t *testing.T) {
	a := &account{}
	h, met := streamtest.Troubled(t, a)
	mux := http.NewServeMux() // its rules are changed without trouble: each is a second more that the stream waits
	mux.Handle("/", a)
	mux.Handle("GET /2/tweets/search/stream", h)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	web := streamtest.Web(t)
	web.Idle = time.Second
	s, err := New(srv.URL, []string{"iMessage -is:retweet"}, true, func() (string, error) { return "secret", nil }, web)
	if err != nil {
		t.Fatal(err)
	}
	c := streamtest.NewCollector()
	got := streamtest.FollowUntil(t, s, c, 4, func() bool { return met() == streamtest.Troubles })
	slices.Sort(got)
	if want := []string{"post 0", "post 1", "post 2", "post 4"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	reposts := 0
	for _, p := range c.Posts {
		if p.Repost && p.Text == "post 0" {
			reposts++
		}
	}
	if reposts == 0 {
		t.Error("a repost was not seen as one")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if all := strings.Join(a.changes[:2], " "); !strings.Contains(all, `{"add":[{"value":"iMessage -is:retweet","tag":"outcry"}]}`) || !strings.Contains(all, `{"delete":{"ids":["1"]}}`) {
		t.Errorf("rules were changed by %q", all)
	}
	if a.asked[0] != "" || a.asked[2] != "5" {
		t.Errorf("asked for %q minutes again", a.asked)
	}
}

func TestAWrongTokenIsSaid(t *testing.T) {
	srv := httptest.NewServer(&account{})
	defer srv.Close()
	s, err := New(srv.URL, nil, false, func() (string, error) { return "wrong-token", nil }, streamtest.Web(t))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Follow(t.Context(), "", nil)
	if err == nil || !strings.Contains(err.Error(), "status 401") || strings.Contains(err.Error(), "wrong-token") {
		t.Errorf("got %v", err)
	}
}
