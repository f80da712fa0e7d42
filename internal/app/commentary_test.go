package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/store"
)

// operator gives the header of the data folder's own token.
func operator(t *testing.T, data string) []string {
	t.Helper()
	token, err := os.ReadFile(filepath.Clean(AdminTokenFile(data)))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + strings.TrimSpace(string(token))}
}

// listed are the comments that an operator sees, newest first.
func (l *live) listed(t *testing.T, query string, as []string) (out []struct{ ID, Service, State, Text string }) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.base+"/api/v1/comments"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(as[0], as[1])
	code, body := l.do(t, req)
	var doc struct {
		Comments []struct{ ID, Service, State, Text string }
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || code != http.StatusOK {
		t.Fatalf("%d %s: %v", code, body, err)
	}
	return doc.Comments
}

// TestCommentsFromTheFormToThePage: a comment waits for an operator, stands on
// the page from then on, and no more once it is rejected; a service that takes
// none keeps none, and every report counts.
func TestCommentsFromTheFormToThePage(t *testing.T) {
	data := t.TempDir()
	l := serve(t, `
services: [{id: shop, name: Shop}, {id: mail, name: Mail, comments: off}, {id: chat, name: Chat, comments: open}]
comments: {mode: held}
intake: {trusted_proxies: [127.0.0.0/8]}
`, data)
	as := operator(t, data)
	n := 0
	say := func(service, comment string) {
		n++
		body := "service=" + service + "&comment=" + comment
		if code, answer := l.post(t, "/api/v1/reports", "application/x-www-form-urlencoded", body, "X-Forwarded-For", from(n)); code != http.StatusAccepted {
			t.Fatalf("%d %s", code, answer)
		}
	}
	say("mail", "nobody+asks")
	say("chat", "see+https://evil.example/")
	say("shop", "The+card+is+refused%0D%0Aevery+time%E2%80%AE")
	held := func() int { return len(l.listed(t, "?state=held", as)) }
	awaits(t, 2*time.Minute, "two comments are held", func() bool { return held() == 2 })
	all := l.listed(t, "", as)
	if len(all) != 2 || all[0].Text != "The card is refused every time" || all[1].Service != "chat" {
		t.Fatalf("kept are %+v; want shop's, tidied, and chat's, which leads elsewhere", all)
	}
	page := func() string { _, body := l.get(t, "/s/shop"); return body }
	awaits(t, 2*time.Minute, "the page asks", func() bool { return strings.Contains(page(), `name="comment"`) })
	if strings.Contains(page(), "card is refused") {
		t.Error("what is held is on the page")
	}
	for _, verb := range []string{"approve", "reject"} {
		if code, body := l.post(t, "/api/v1/comments/"+all[0].ID+"/"+verb, "application/json", "", as...); code != http.StatusOK {
			t.Fatalf("%s: %d %s", verb, code, body)
		}
		awaits(t, 2*time.Minute, verb+" shows", func() bool { return strings.Contains(page(), "The card is refused every time") == (verb == "approve") })
	}
	say("chat", "no+messages+since+noon")
	awaits(t, 2*time.Minute, "an open service shows it at once", func() bool { _, b := l.get(t, "/s/chat"); return strings.Contains(b, "no messages since noon") })
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	if got := inStore(t, data); got != 1 {
		t.Errorf("%d reports of the shop are counted, want 1", got)
	}
}

// slowBook is a store that a test holds up.
type slowBook struct {
	open chan struct{}
	got  []outcry.Comment
}

func (b *slowBook) AddComment(_ context.Context, c outcry.Comment, _ int) (bool, error) {
	<-b.open
	b.got = append(b.got, c)
	return true, nil
}

func (b *slowBook) ShownComments(context.Context, int) ([]outcry.Comment, error) { return nil, nil }

// TestReportsDoNotWaitForComments: with the store held up the front door goes on,
// the queue takes what it can hold, and a shutdown writes that.
func TestReportsDoNotWaitForComments(t *testing.T) {
	cfg := parse(t, oneService+"comments: {mode: held}")
	b := &slowBook{open: make(chan struct{})}
	c := newCommentary(cfg, b, newTestBoard("shop"), func() {}, quietLog())
	for i := range commentQueue + 50 { // nobody takes them out: none of these calls may wait
		c.Remark(outcry.Comment{ID: fmt.Sprint(i), Service: "shop", Text: "x"})
	}
	close(b.open)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := c.work(ctx); err != nil || len(b.got) == 0 {
		t.Fatalf("%v, %d written", err, len(b.got))
	}
	if len(b.got) != commentQueue {
		t.Errorf("%d were written, want the %d that there was room for", len(b.got), commentQueue)
	}
}

// TestCommentsOfAServiceThatStoppedTakingThem are not shown, though they are
// kept.
func TestCommentsOfAServiceThatStoppedTakingThem(t *testing.T) {
	s := memory(t)
	for _, id := range []string{"shop", "mail"} {
		if _, err := s.AddComment(t.Context(), outcry.Comment{ID: id, Service: id, At: time.Now(), State: outcry.CommentShown, Text: "words"}, 9); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Parse("c.yaml", []byte("services: [{id: shop}, {id: mail, comments: held}]"), Types())
	if err != nil {
		t.Fatal(err)
	}
	b := newTestBoard("shop", "mail")
	newCommentary(cfg, s, b, func() {}, quietLog()).refresh(t.Context())
	if v := viewOf(t, b, "shop", time.Now()); v.Remarks != nil {
		t.Errorf("a service that takes no comments shows %+v", v.Remarks)
	}
	if v := viewOf(t, b, "mail", time.Now()); v.Remarks == nil || len(v.Remarks.Shown) != 1 {
		t.Errorf("one that takes them shows %+v", v.Remarks)
	}
	if left, err := s.Comments(t.Context(), store.CommentQuery{}); err != nil || len(left) != 2 {
		t.Errorf("%d are kept, %v", len(left), err)
	}
}
