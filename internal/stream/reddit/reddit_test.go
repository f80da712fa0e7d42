package reddit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream/streamtest"
)

func TestNewThingsComeOnceAndInOrder(t *testing.T) {
	var rounds atomic.Int32
	now := time.Now().Unix()
	h, met := streamtest.Troubled(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(rounds.Add(1)) // one more thing each round, the newest first
		if n == 3 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		var list []string
		for i := n; i > 0; i-- {
			list = append(list, fmt.Sprintf(`{"kind":"t3","data":{"name":"t3_%d","title":"post %d","selftext":"","author":"a","created_utc":%d.0}}`, i, i, now+int64(i)))
		}
		list = append(list, `{"kind":"t3","data":{"name":"t3_old","title":"old","created_utc":1.0}}`)
		fmt.Fprintf(w, `{"kind":"Listing","data":{"children":[%s]}}`, strings.Join(list, ","))
	}))
	srv := httptest.NewServer(h)
	defer srv.Close()
	web := streamtest.Web(t)
	web.Idle = time.Second
	s, err := New(srv.URL+"/r/verizon/new.json", "verizon", streamtest.NoToken, web)
	if err != nil {
		t.Fatal(err)
	}
	c := streamtest.NewCollector()
	got := streamtest.FollowUntil(t, s, c, 4, func() bool { return met() == streamtest.Troubles })
	if !slices.Equal(got[:4], []string{"post 1", "post 2", "post 3", "post 4"}) {
		t.Errorf("got %q", got)
	}
	if c.Posts[0].About != "verizon" {
		t.Errorf("%+v", c.Posts[0])
	}
}

func FuzzListing(f *testing.F) {
	f.Add(`{"data":{"children":[{"data":{"name":"t3_1","title":"x","created_utc":1e300}}]}}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, data string) {
		l, err := parse([]byte(data))
		if err != nil {
			return
		}
		s := Source{}
		if err := s.pass(l, "", func(posts.Post, string) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}
