package feedposts

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/stream/streamtest"
)

func entry(i int, at time.Time) string {
	return fmt.Sprintf(`<entry><id>urn:%d</id><title>post %d</title><author><name>a%d</name></author><updated>%s</updated><content type="html">&lt;b&gt;bold&lt;/b&gt;</content></entry>`, i, i, i, at.Format(time.RFC3339))
}

func TestEntriesComeOnce(t *testing.T) {
	var rounds, unchanged atomic.Int32
	start := time.Now().Add(time.Second)
	h, met := streamtest.Troubled(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(rounds.Add(1))
		tag := fmt.Sprintf(`"%d"`, n/2)
		if r.Header.Get("If-None-Match") == tag {
			unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if n == 5 {
			fmt.Fprint(w, "<html>maintenance</html>")
			return
		}
		w.Header().Set("ETag", tag)
		var b strings.Builder
		for i := n/2 + 1; i >= 0; i-- {
			b.WriteString(entry(i, start.Add(time.Duration(i)*time.Second)))
		}
		fmt.Fprintf(w, `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>f</title>%s%s</feed>`, b.String(), entry(99, time.Unix(1000, 0)))
	}))
	srv := httptest.NewServer(h)
	defer srv.Close()
	web := streamtest.Web(t)
	web.Idle = time.Second
	s, err := New(srv.URL+"/latest.rss", "", web)
	if err != nil {
		t.Fatal(err)
	}
	c := streamtest.NewCollector()
	got := streamtest.FollowUntil(t, s, c, 5, func() bool { return met() == streamtest.Troubles })
	if !slices.Equal(got[:5], []string{"post 0 bold", "post 1 bold", "post 2 bold", "post 3 bold", "post 4 bold"}) {
		t.Errorf("got %q", got)
	}
	if unchanged.Load() == 0 {
		t.Error("no request was conditional")
	}
	if p := c.Posts[0]; p.Author != "a0" || p.ID != "urn:0" {
		t.Errorf("%+v", p)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<rss><channel><item><title>x</title><guid>1</guid><pubDate>Mon, 02 Jan 2006 15:04:05 GMT</pubDate></item></channel></rss>`))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","content_text":"x","date_published":"2024-05-16T21:39:00Z"}]}`))
	s, err := New("https://feed.example/rss", "", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := s.read(data)
		if err != nil {
			return
		}
		for i := range list {
			if list[i].ID == "" || list[i].At.IsZero() {
				t.Errorf("%+v", list[i])
			}
		}
	})
}
