package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

type fakeModerator struct {
	asked CommentQuery
	to    outcry.CommentState
	by    string
}

func (f *fakeModerator) Comments(_ context.Context, q CommentQuery) ([]outcry.Comment, error) {
	f.asked = q
	return []outcry.Comment{{ID: "c1", Service: "imessage", At: pagetest.Onset, State: outcry.CommentHeld, Text: "not \u202epublic"}}, nil
}

func (f *fakeModerator) JudgeComment(_ context.Context, id string, to outcry.CommentState, by string) (outcry.Comment, error) {
	if id != "c1" {
		return outcry.Comment{}, outcry.Errorf(outcry.CodeNotFound, "there is no comment %q", id)
	}
	f.to, f.by = to, by
	return outcry.Comment{ID: id, State: to, DecidedBy: by, DecidedAt: pagetest.Onset.Add(time.Minute)}, nil
}

func TestComments(t *testing.T) {
	token := []string{"Authorization", "Bearer " + operatorToken}
	for _, c := range []struct {
		says, method, target string
		headers              []string
		status               int
		want                 string // of the body
		heard                fakeModerator
	}{
		{"an operator lists them", "GET", "/api/v1/comments", token, 200, `"text":"not \u202epublic"`, fakeModerator{asked: CommentQuery{Limit: 50}}},
		{"some of them", "GET", "/api/v1/comments?state=held&service=imessage&limit=2", token, 200, `"state":"held"`, fakeModerator{asked: CommentQuery{State: outcry.CommentHeld, Service: "imessage", Limit: 2}}},
		{"of a state that is none", "GET", "/api/v1/comments?state=public", token, 400, `"field":"state"`, fakeModerator{}},
		{"all at once", "GET", "/api/v1/comments?limit=100000", token, 400, `"field":"limit"`, fakeModerator{}},
		{"strangers read none of them", "GET", "/api/v1/comments?state=shown", nil, 401, `"code":"unauthorized"`, fakeModerator{}},
		{"an operator approves one", "POST", "/api/v1/comments/c1/approve", token, 200, `"state":"shown"`, fakeModerator{to: outcry.CommentShown, by: "mara"}},
		{"or rejects it", "POST", "/api/v1/comments/c1/reject", token, 200, `"decided_by":"mara"`, fakeModerator{to: outcry.CommentRejected, by: "mara"}},
		{"one that there is not", "POST", "/api/v1/comments/c2/approve", token, 404, `"code":"not_found"`, fakeModerator{}},
		{"strangers decide nothing", "POST", "/api/v1/comments/c1/approve", nil, 401, `"code":"unauthorized"`, fakeModerator{}},
		{"nor does another site's page", "POST", "/api/v1/comments/c1/approve", append([]string{"Sec-Fetch-Site", "cross-site"}, token...), 403, `"code":"forbidden"`, fakeModerator{}},
		{"reading is no deciding", "GET", "/api/v1/comments/c1/approve", token, 405, "POST", fakeModerator{}},
	} {
		t.Run(c.says, func(t *testing.T) {
			f := &fakeModerator{}
			s := newTest(t, func(_ *Config, d *Deps) { d.Moderator = f })
			w := ask(s, c.method, c.target, "", c.headers...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if diff := cmp.Diff(c.heard, *f, cmp.AllowUnexported(fakeModerator{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if w := ask(newTest(t, nil), "GET", "/api/v1/comments", "", token...); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a process that keeps none answers %d", w.Code)
	}
}

// remarked is the outage in which people have written.
func remarked(open bool) page.World {
	w := pagetest.World(pagetest.Outage)
	for i := range w.Services {
		if w.Services[i].ID != "facetime" {
			w.Services[i].Remarks = &page.Remarks{Open: open, Longest: 400, Shown: []page.Remark{
				{At: pagetest.Onset.Add(3 * time.Minute), Symptom: "not-delivered", Words: "Red marks since twenty to five, SMS goes through: see https://evil.example/fix"},
				{At: pagetest.Onset.Add(time.Minute), Words: "لا تصل الرسائل"},
			}}
		}
	}
	return w
}

// TestRemarks: comments stand on the page of their service as text, nowhere
// else, and only where they are asked for.
func TestRemarks(t *testing.T) {
	s := newTest(t, nil)
	if err := s.Publish(remarked(false)); err != nil {
		t.Fatal(err)
	}
	b := ask(s, "GET", "/s/imessage", "").Body.String()
	for _, want := range []string{"What people say", "<p dir=\"auto\">Red marks since twenty to five, SMS goes through: see https://evil.example/fix</p>", "Messages not delivered", `name="comment" maxlength="400"`, "once we have"} {
		if !strings.Contains(b, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if b := ask(s, "GET", "/s/facetime", "").Body.String(); strings.Contains(b, "<textarea") || strings.Contains(b, "What people say") {
		t.Error("a service that takes no comments asks for one")
	}
	for path := range *s.site.docs.Load() {
		if !strings.HasPrefix(path, "/s/") && strings.Contains(ask(s, "GET", path, "").Body.String(), "twenty to five") {
			t.Errorf("%s repeats a comment", path)
		}
	}
	if err := s.Publish(remarked(true)); err != nil {
		t.Fatal(err)
	}
	if b := ask(s, "GET", "/s/imessage", "").Body.String(); !strings.Contains(b, "Everybody can read it at once.") {
		t.Error("who writes is not told that it is shown at once")
	}
}
