package bluesky

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream/streamtest"
)

const base = 1_715_895_540_000_000 // microseconds

// jetstream plays so many posts, one a second, from the cursor on, and drops
// every connection after eight, with junk between them. The first dial and the
// fourth are too many, and the third brings nothing.
func jetstream(t *testing.T, n int) (address string, dials *atomic.Int32) {
	t.Helper()
	dials = new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch dials.Add(1) {
		case 1, 4:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case 3:
			stall(w, r)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		from := int64(base)
		if c, err := strconv.ParseInt(r.URL.Query().Get("cursor"), 10, 64); err == nil {
			from = c
		}
		sent := 0
		for i := range n {
			at := int64(base) + int64(i)*1_000_000
			if at < from {
				continue
			}
			for _, junk := range []string{"{", `{"did":"x","time_us":1,"kind":"identity"}`, `{"kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post"}}`, `[]`} {
				conn.Write(r.Context(), websocket.MessageText, []byte(junk))
			}
			post := fmt.Sprintf(`{"did":"did:plc:%d","time_us":%d,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.post","rkey":"k%d","record":{"$type":"app.bsky.feed.post","text":"post %d","createdAt":"2024-05-16T21:39:00Z","langs":["en"]},"cid":"c"}}`, i, at, i, i)
			conn.Write(r.Context(), websocket.MessageText, []byte(post))
			if sent++; sent == 8 {
				return // dropped
			}
		}
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http") + "/subscribe", dials
}

// stall takes a connection, and sends nothing.
func stall(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	_, _, _ = conn.Read(r.Context()) // until the other side has enough of it
}

func TestDroppedConnectionsLoseNothing(t *testing.T) {
	address, dials := jetstream(t, 12)
	web := streamtest.Web(t)
	web.Idle = time.Second
	s, err := New(address, web)
	if err != nil {
		t.Fatal(err)
	}
	c := streamtest.NewCollector()
	c.Refuse = 1 // and the stream does not take the first batch
	got := streamtest.Follow(t, s, c, 12)
	for i := range 12 {
		if !slices.Contains(got, fmt.Sprint("post ", i)) {
			t.Errorf("post %d was lost: %q", i, got)
		}
	}
	if dials.Load() < 5 {
		t.Errorf("connected %d times", dials.Load())
	}
	if p := c.Posts[0]; p.Author != "did:plc:0" || p.ID != "did:plc:0/k0" || p.Source != "bluesky" || p.At.UnixMicro() != base {
		t.Errorf("%+v", p)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, a := range []string{"", "https://host/subscribe", "wss://", "::"} {
		if _, err := New(a, nil); err == nil {
			t.Errorf("%q was taken", a)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(`{"did":"d","time_us":1,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{"text":"t"}}}`)
	f.Add(`{"did":1}`)
	f.Fuzz(func(t *testing.T, data string) {
		err := parse([]byte(data), func(p posts.Post, _ string) error {
			if p.Text == "" {
				t.Errorf("a post without a text: %q", data)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}
