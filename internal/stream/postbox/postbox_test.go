package postbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/posts"
)

type door struct{}

func (door) Allowed(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer t" }
func (door) Fail(w http.ResponseWriter, _ *http.Request, err error) {
	status := map[outcry.Code]int{outcry.CodeUnauthorized: 401, outcry.CodeNotFound: 404, outcry.CodeInvalid: 400, outcry.CodeTooLarge: 413}[outcry.CodeOf(err)]
	message := "something broke" // as the site does it: causes are for the log
	if e, ok := errors.AsType[*outcry.Error](err); ok {
		message = e.Message
	}
	http.Error(w, message, max(status, 400))
}

type sent struct {
	signals []outcry.Signal
	err     error
}

func (s *sent) Send(_ context.Context, signals []outcry.Signal) error {
	s.signals = append(s.signals, signals...)
	return s.err
}

func box() (*http.ServeMux, *sent) {
	desk := posts.New([]outcry.Service{{ID: "shop", Name: "Shop"}, {ID: "mail", Name: "PostMail"}}, nil, []byte("k"), "reader")
	out := &sent{}
	b := &Box{Reader: desk, Sender: out, Door: door{}, Services: map[string]bool{"shop": true, "mail": true}}
	mux := http.NewServeMux()
	for pattern, h := range b.Handlers() {
		mux.Handle(pattern, h)
	}
	return mux, out
}

func call(mux *http.ServeMux, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer t")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func TestPosts(t *testing.T) {
	mux, out := box()
	w := call(mux, "/api/v1/posts", strings.Join([]string{
		`{"text":"is PostMail down?","author":"a","source":"forum","id":"1"}`,
		``,
		`{"text":"a nice day"}`,
		`{"text":"nothing loads, it is down","service":"shop","at":"` + time.Now().UTC().Format(time.RFC3339) + `"}`,
		`{"text":""}`,
		`{"text":"x","at":"1999-01-01T00:00:00Z"}`,
		`{"text":"x","service":"nobody"}`,
		`{"colour":1}`,
		`not JSON`,
	}, "\n"))
	if w.Code != http.StatusAccepted || !strings.HasPrefix(w.Body.String(), `{"accepted":3,"refused":5,"signals":2,"errors":[{"line":5,"field":"text"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if len(out.signals) != 2 || out.signals[0].Service != "mail" || out.signals[1].Service != "shop" || out.signals[1].Kind != outcry.KindPost {
		t.Errorf("%+v", out.signals)
	}
	if w := call(mux, "/api/v1/posts", "junk"); w.Code != http.StatusBadRequest {
		t.Errorf("all refused: %d", w.Code)
	}
	if w := call(mux, "/api/v1/posts", `{"text":"`+strings.Repeat("x", 100_000)+`"}`); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a line of 100 kB: %d", w.Code)
	}
	out.err = errors.New("full")
	if w := call(mux, "/api/v1/posts", `{"text":"Shop is down"}`); w.Code < 400 {
		t.Errorf("answered %d to what is not kept", w.Code)
	}
}

func TestTickets(t *testing.T) {
	for _, c := range []struct {
		why, path, body string
		want            string // service and segment of the reports
		code            int
	}{
		{"Zendesk's event", "zendesk", `{"type":"zen:event-type:ticket.created","detail":{"id":"35436","subject":"PostMail is down","description":"We cannot log in to PostMail","requester_id":"8447","organization_id":"57542"}}`, "mail 57542", 202},
		{"Intercom's notification", "intercom", `{"type":"notification_event","topic":"conversation.user.created","data":{"item":{"id":"147","source":{"subject":"","body":"<p>PostMail not working &amp; no mail arrives</p>","author":{"id":"5310","type":"user"}},"company":{"name":"Acme"}}}}`, "mail Acme", 202},
		{"Freshdesk's rule", "freshdesk", `{"freshdesk_webhook":{"ticket_id":12,"ticket_subject":"Shop down?","ticket_description":"<div>the Shop is not loading</div>","ticket_requester_email":"a@acme.example","ticket_company_name":"Acme"}}`, "shop Acme", 202},
		{"our own words, with the service", "generic", `{"id":"1","subject":"help","text":"nothing loads, it is broken since an hour","service":"shop","segment":"gold"}`, "shop gold", 202},
		{"the service in the address", "generic?service=mail", `{"text":"it is down, nothing loads"}`, "mail ", 202},
		{"our own words, of a desk that counts its tickets and people", "generic", `{"id":17,"author":4,"text":"it is down, nothing loads","service":"shop"}`, "shop ", 202},
		{"what becomes of a ticket counts it no second time", "zendesk", `{"type":"zen:event-type:ticket.status_changed","detail":{"id":"35436","subject":"PostMail is down","description":"We cannot log in to PostMail"}}`, "", 202},
		{"an answer of Intercom's staff", "intercom", `{"topic":"conversation.admin.replied","data":{"item":{"id":"147","source":{"body":"<p>PostMail not working, no mail arrives</p>"}}}}`, "", 202},
		{"Intercom's test of the address", "intercom", `{"type":"notification_event","topic":"ping","data":{"item":{"type":"ping","message":"something nice"}}}`, "", 202},
		{"thanks are no report", "generic", `{"text":"thanks, love the new Shop","service":"shop"}`, "", 202},
		{"a desk that nobody has", "fax", `{}`, "", 404},
		{"a service that nobody has", "generic?service=x", `{"text":"down"}`, "", 400},
		{"a ticket that says nothing", "zendesk", `{}`, "", 400},
		{"no JSON", "intercom", `<xml/>`, "", 400},
		{"too large", "generic", strings.Repeat(" ", maxTicket+1), "", 413},
	} {
		t.Run(c.why, func(t *testing.T) {
			mux, out := box()
			w := call(mux, "/api/v1/tickets/"+c.path, c.body)
			got := ""
			for _, s := range out.signals {
				got = s.Service + " " + s.Scope.Segment
				if s.Kind != outcry.KindReport || s.ID == 0 && !strings.HasPrefix(c.path, "generic?") && c.why != "thanks" {
					t.Errorf("%+v", s)
				}
			}
			if w.Code != c.code || got != c.want {
				t.Errorf("%d %s, reports %q, want %d and %q", w.Code, w.Body, got, c.code, c.want)
			}
		})
	}
}

func TestAToken(t *testing.T) {
	mux, out := box()
	for _, path := range []string{"/api/v1/posts", "/api/v1/tickets/generic"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"text":"Shop is down"}`)))
		if w.Code != http.StatusUnauthorized || len(out.signals) > 0 {
			t.Errorf("%s without a token: %d, %d signals", path, w.Code, len(out.signals))
		}
	}
}

// TestRefusedTicketsSayWhy: whoever sets up a desk has nothing else to go by.
func TestRefusedTicketsSayWhy(t *testing.T) {
	for _, c := range []struct{ why, path, body, want string }{
		{"a name that is none", "generic", `{"text":"down","priority":1}`, "priority"},
		{"nothing said", "zendesk", `{}`, errNoText.Error()},
		{"no JSON", "freshdesk", `ticket_id=1`, "invalid character"},
	} {
		mux, _ := box()
		if w := call(mux, "/api/v1/tickets/"+c.path, c.body); w.Code != 400 || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %q", c.why, w.Code, w.Body, c.want)
		}
	}
}

func FuzzTickets(f *testing.F) {
	f.Add("zendesk", `{"detail":{"id":null,"subject":"x"}}`)
	f.Add("intercom", `{"data":{"item":{"id":{},"source":{"body":"<"}}}}`)
	f.Fuzz(func(t *testing.T, desk, body string) {
		read := desks()[desk]
		if read == nil {
			return
		}
		if got, err := read([]byte(body)); err == nil && got.Subject+got.Body == "" {
			t.Error(fmt.Errorf("a ticket that says nothing: %q", body))
		}
	})
}
