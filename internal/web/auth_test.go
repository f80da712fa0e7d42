package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/page/pagetest"
)

func TestReadersSeeAndChangeNothing(t *testing.T) {
	commands := &fakeCommander{}
	reports := 0
	s := newTest(t, func(_ *Config, d *Deps) {
		d.Commander = commands
		d.Reports = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reports++; w.WriteHeader(http.StatusAccepted) })
		d.Mounts = map[string]http.Handler{"POST /api/v1/alerts/{type}": d.Reports}
	})
	const open = `{"title":"a","services":["imessage"]}`
	for _, c := range []struct {
		why, token, method, target, body string
		status                           int
		want                             string
	}{
		{"incidents that are not public", readerToken, "GET", "/api/v1/incidents", "", 200, `"id":"hidden"`},
		{"one of them", readerToken, "GET", "/api/v1/incidents/hidden", "", 200, `"title":"not public"`},
		{"counts of a private service", readerToken, "GET", "/api/v1/services/" + pagetest.PrivateID + "/tallies", "", 200, `"total":14`},
		{"planned maintenance", readerToken, "GET", "/api/v1/maintenances", "", 200, `"maintenances"`},
		{"no incident is opened", readerToken, "POST", "/api/v1/incidents", open, 403, "the token wall has the role read: it may look, and change nothing"},
		{"none is published", readerToken, "POST", "/api/v1/incidents/x/publish", `{}`, 403, "the role read"},
		{"none is updated", readerToken, "POST", "/api/v1/incidents/x/updates", `{"body":"a"}`, 403, "the role read"},
		{"nothing is planned", readerToken, "PUT", "/api/v1/maintenances/a", `{}`, 403, "the role read"},
		{"nor called off", readerToken, "DELETE", "/api/v1/maintenances/a", "", 403, "the role read"},
		{"nobody reports with it", readerToken, "POST", "/api/v1/reports", `{"service":"imessage"}`, 403, "the role read"},
		{"nor brings alerts", readerToken, "POST", "/api/v1/alerts/json", `{}`, 403, "the role read"},
		{"with another role beside it, reports are that role's matter", deskToken, "POST", "/api/v1/reports", `{"service":"imessage"}`, 202, ""},
		{"and commands are not", deskToken, "POST", "/api/v1/incidents", open, 403, "the token desk has the role read"},
		{"an empty token is nobody's", "", "POST", "/api/v1/incidents", open, 401, "unauthorized"},
		{"nor is a wrong one", "guess", "POST", "/api/v1/incidents", open, 401, "not known"},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := ask(s, c.method, c.target, c.body, "Content-Type", "application/json", "Authorization", "Bearer "+c.token)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
		})
	}
	if commands.got.Action != "" || reports != 1 {
		t.Errorf("%d reports and the command %q came through", reports, commands.got.Action)
	}
}

// The token of a screen on a wall opens a page behind a password, and posts
// nothing there.
func TestReadersOpenGates(t *testing.T) {
	s := manySites(t)
	if w := on(s, "home.example.org", "/s/homekit", "Authorization", "Bearer "+readerToken); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "HomeKit") {
		t.Errorf("with a reader's token: %d", w.Code)
	}
	if w := on(s, "home.example.org", "/s/homekit", "Authorization", "Basic "+readerToken); w.Code != http.StatusUnauthorized {
		t.Errorf("with the token as something else: %d", w.Code)
	}
}
