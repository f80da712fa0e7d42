package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

func TestTallies(t *testing.T) {
	s := newTest(t, nil)
	for _, c := range []struct {
		name, target string
		status       int
		want         string // of the body
	}{
		{
			"the last hour when nothing is said", "/api/v1/services/imessage/tallies", 200,
			`{"service":"imessage","from":"2024-05-16T21:05:30Z","to":"2024-05-16T22:05:30Z","total":14,"distinct":7,"ticks":[` +
				`{"at":"2024-05-16T21:39:10Z","total":2,"distinct":1},{"at":"2024-05-16T21:39:20Z","total":4,"distinct":2},{"at":"2024-05-16T21:39:40Z","total":8,"distinct":4}]}`,
		},
		{
			"ticks from the start, the end not included", "/api/v1/services/imessage/tallies?from=2024-05-16T21:39:20Z&to=2024-05-16T21:39:40Z", 200,
			`{"service":"imessage","from":"2024-05-16T21:39:20Z","to":"2024-05-16T21:39:40Z","total":4,"distinct":2,"ticks":[{"at":"2024-05-16T21:39:20Z","total":4,"distinct":2}]}`,
		},
		{
			"a zone other than UTC is the same instant", "/api/v1/services/imessage/tallies?from=2024-05-16T16:39:10-05:00&to=2024-05-16T16:39:15-05:00", 200,
			`{"service":"imessage","from":"2024-05-16T21:39:10Z","to":"2024-05-16T21:39:15Z","total":2,"distinct":1,"ticks":[{"at":"2024-05-16T21:39:10Z","total":2,"distinct":1}]}`,
		},
		{
			"a time without reports is an empty list", "/api/v1/services/facetime/tallies?from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z", 200,
			`{"service":"facetime","from":"2024-01-01T00:00:00Z","to":"2024-01-02T00:00:00Z","total":0,"distinct":0,"ticks":[]}`,
		},
		{"a start that is no time names its field", "/api/v1/services/imessage/tallies?from=yesterday", 400, `"field":"from"`},
		{"an end that is no time names its field", "/api/v1/services/imessage/tallies?to=2024-05-16", 400, `"field":"to"`},
		{"a range that ends before it starts", "/api/v1/services/imessage/tallies?from=2024-05-16T22:00:00Z&to=2024-05-16T21:00:00Z", 400, `"field":"from"`},
		{"a range over 31 days", "/api/v1/services/imessage/tallies?from=2024-04-01T00:00:00Z&to=2024-05-16T00:00:00Z", 400, `31 days`},
		{"a service that is not there", "/api/v1/services/nothing/tallies", 404, `"code":"not_found"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(s, "GET", c.target, "")
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("status %d:\n%s\nwant\n%s", w.Code, w.Body, c.want)
			}
		})
	}
}

func TestTalliesWhenTheStoreIsAway(t *testing.T) {
	s := newTest(t, func(_ *Config, d *Deps) {
		d.Tallies = fakeTallies{outcry.Wrap(outcry.CodeUnavailable, errors.New("secret path"), "the store is away")}
	})
	w := ask(s, "GET", "/api/v1/services/imessage/tallies", "")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("status %d, header %v: %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(s, "GET", "/", ""); w.Code != http.StatusOK {
		t.Errorf("the page answers %d while the store is away", w.Code)
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name, target, body string
		headers            []string
		status             int
		want               Command
	}{
		{
			"an operator opens an incident", "/api/v1/incidents", `{"title":"Mail is slow","services":["imessage"],"impact":"minor","body":"We look."}`,
			nil, 201, Command{Action: ActionOpen, Author: "mara", Title: "Mail is slow", Services: []string{"imessage"}, Impact: "minor", Body: "We look.", Public: true},
		},
		{
			"a note to the team is not public", "/api/v1/incidents/x1/updates", `{"body":"call the vendor","public":false,"version":3}`,
			nil, 200, Command{Action: ActionUpdate, ID: "x1", Author: "mara", Body: "call the vendor", Version: 3},
		},
		{"confirming needs no words", "/api/v1/incidents/x1/confirm", "", nil, 200, Command{Action: ActionConfirm, ID: "x1", Author: "mara", Public: true}},
		{"dismissing may have some", "/api/v1/incidents/x1/dismiss", `{"body":"a test"}`, nil, 200, Command{Action: ActionDismiss, ID: "x1", Author: "mara", Body: "a test", Public: true}},
		{"without a token nobody commands", "/api/v1/incidents/x1/confirm", "", []string{"Authorization", ""}, 401, Command{}},
		{"nor with a wrong one", "/api/v1/incidents/x1/confirm", "", []string{"Authorization", "Bearer wrong"}, 401, Command{}},
		{"nor with the empty one of an operator without a token", "/api/v1/incidents/x1/confirm", "", []string{"Authorization", "Bearer "}, 401, Command{}},
		{"nor by another scheme", "/api/v1/incidents/x1/confirm", "", []string{"Authorization", "Basic " + operatorToken}, 401, Command{}},
		{"another site's page cannot command", "/api/v1/incidents/x1/confirm", "", []string{"Sec-Fetch-Site", "cross-site"}, 403, Command{}},
		{"a title is required", "/api/v1/incidents", `{"services":["imessage"]}`, nil, 400, Command{}},
		{"a field that is not known", "/api/v1/incidents/x1/updates", `{"boddy":"x"}`, nil, 400, Command{}},
		{"a state that is none", "/api/v1/incidents/x1/updates", `{"state":"possible"}`, nil, 400, Command{}},
		{"two values in one body", "/api/v1/incidents/x1/updates", `{"body":"x"}{}`, nil, 400, Command{}},
		{"a form is not JSON", "/api/v1/incidents/x1/updates", `body=x`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, Command{}},
		{"a body without end", "/api/v1/incidents/x1/updates", `{"body":"` + strings.Repeat("x", commandBytes) + `"}`, nil, 413, Command{}},
		{"words without end", "/api/v1/incidents/x1/updates", `{"body":"` + strings.Repeat("x", bodyRunes+1) + `"}`, nil, 400, Command{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeCommander{}
			s := newTest(t, func(_ *Config, d *Deps) { d.Commander = f })
			headers := append([]string{"Content-Type", "application/json", "Authorization", "Bearer " + operatorToken}, c.headers...)
			w := ask(s, "POST", c.target, c.body, headers...)
			if w.Code != c.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if diff := cmp.Diff(c.want, f.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOperatorsSeeMore(t *testing.T) {
	s := newTest(t, nil)
	auth := []string{"Authorization", "Bearer " + operatorToken}
	for _, c := range []struct {
		name, target string
		headers      []string
		status       int
		want         string
	}{
		{"strangers read public incidents", "/api/v1/incidents?open=1", nil, 200, `"id":"2024-0516-imsg"`},
		{"operators read the store", "/api/v1/incidents", auth, 200, `"id":"hidden"`},
		{"a stranger finds no hidden one", "/api/v1/incidents/hidden", nil, 404, `not_found`},
		{"an operator does", "/api/v1/incidents/hidden", auth, 200, `"title":"not public"`},
		{"and may count a private service", "/api/v1/services/" + pagetest.PrivateID + "/tallies", auth, 200, `"total":14`},
		{"a limit that is none names its field", "/api/v1/incidents?limit=0", nil, 400, `"field":"limit"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := ask(s, "GET", c.target, "", c.headers...); w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

func TestErrorsForPeopleAndPrograms(t *testing.T) {
	s := newTest(t, func(_ *Config, d *Deps) {
		d.Reports = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })
	})
	for _, c := range []struct {
		name, method, target, accept string
		status                       int
		want                         string
	}{
		{"a person gets a page", "GET", "/nowhere", "text/html", 404, "<h1>There is no such page.</h1>"},
		{"a program gets JSON", "GET", "/api/v1/nowhere", "*/*", 404, `{"error":{"code":"not_found"`},
		{"a wrong method is not a wrong address", "DELETE", "/api/v1/incidents", "*/*", 405, "takes GET and POST only"},
		{"a page takes no posts", "POST", "/s/imessage", "*/*", 405, "takes GET only"},
		{"a page that there is not takes nothing", "POST", "/s/hidden", "*/*", 404, "not_found"},
		{"a panic is caught and not told", "POST", "/api/v1/reports", "*/*", 500, `"code":"internal"`},
		{"also for people", "POST", "/api/v1/reports", "text/html", 500, "Something broke on our side."},
		{"the address is never repeated", "GET", "/<script>alert(1)</script>", "text/html", 404, "There is no such page."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(s, c.method, c.target, "", "Accept", c.accept)
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(body, c.want) || strings.Contains(body, "secret") || strings.Contains(body, "alert(1)") {
				t.Errorf("status %d: %s", w.Code, body)
			}
			if w.Header().Get(headerRequestID) == "" {
				t.Error("no request ID")
			}
		})
	}
}

// TestEveryRouteIsDescribed holds the OpenAPI document against the route table
// and the finished documents of the API, both ways.
func TestEveryRouteIsDescribed(t *testing.T) {
	s := newTest(t, nil)
	w := ask(s, "GET", "/api/v1/openapi.json", "")
	var doc struct {
		OpenAPI string                                `json:"openapi"`
		Info    struct{ Version string }              `json:"info"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.OpenAPI != "3.1.0" || doc.Info.Version != "1.2.3" {
		t.Fatalf("%v: OpenAPI %q of version %q", err, doc.OpenAPI, doc.Info.Version)
	}
	described := make(map[string]bool)
	for path, item := range doc.Paths {
		for method := range item {
			if method != "parameters" {
				described[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	have := map[string]bool{"GET /api/v1/services/{service}": true}
	for _, word := range []string{"", "/start", "/fail"} { // mounted where there are such checks
		have["POST /api/v1/heartbeat/{token}"+word] = true
	}
	for _, p := range []string{"posts", "tickets/{desk}", "alerts/{integration}"} { // mounted by other stages
		have["POST /api/v1/"+p] = true
	}
	for _, p := range s.patterns {
		have[p] = true
	}
	for path := range *s.site.docs.Load() {
		if strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/api/v1/services/") {
			have["GET "+path] = true
		}
	}
	if diff := cmp.Diff(have, described); diff != "" {
		t.Errorf("served (-) and described (+): %s", diff)
	}
}

// TestEveryStatusIsDescribed: a client that was made of the description takes
// whatever a page can say of a service.
func TestEveryStatusIsDescribed(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas struct {
				Service struct {
					Properties struct {
						Status struct {
							Enum []string `json:"enum"`
						} `json:"status"`
					} `json:"properties"`
				}
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(ask(newTest(t, nil), "GET", "/api/v1/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for s := page.Unknown; s <= page.Outage; s++ {
		if !slices.Contains(doc.Components.Schemas.Service.Properties.Status.Enum, s.Key()) {
			t.Errorf("the status %q is not described", s.Key())
		}
	}
}

func TestAdmin(t *testing.T) {
	reg := prometheus.NewRegistry()
	newTest(t, func(_ *Config, d *Deps) { d.Metrics = reg })
	broken := errors.New("no answer")
	h := Admin(map[string]Check{"store": func(context.Context) error { return broken }, "bus": func(context.Context) error { return nil }}, reg, slog.New(slog.DiscardHandler))
	srv := httptest.NewServer(h)
	defer srv.Close()
	for target, want := range map[string]string{"/readyz": `{"bus":"ok","store":"no answer"}`, "/metrics": "outcry_page_renders_total", "/debug/pprof/cmdline": "", "/healthz": "ok"} {
		resp, err := http.Get(srv.URL + target)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !strings.Contains(string(body), want) || (target == "/readyz") != (resp.StatusCode == http.StatusServiceUnavailable) {
			t.Errorf("%s: %s, %v: %.200s", target, resp.Status, err, body)
		}
	}
}
