package instatus_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/instatus"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		{Says: "all is well", Bodies: []string{`{"page":{"name":"X","url":"https://x.instatus.com","status":"UP"}}`, `{"components":[{"id":"1","name":"API","description":"","status":"OPERATIONAL"},{"id":"2","name":"Web","status":"OPERATIONAL","group":{"id":"g","name":"Europe"}}]}`}, Want: `good *: UP
good API: OPERATIONAL
good Europe / Web: OPERATIONAL`},
		{Says: "issues", Bodies: []string{`{"page":{"name":"X","url":"https://x.instatus.com","status":"HASISSUES"},"activeIncidents":[{"name":"Errors","started":"2024-05-16T22:00:00Z","status":"INVESTIGATING","impact":"MAJOROUTAGE","url":"https://x.instatus.com/1"}]}`, `{"components":[{"id":"1","name":"API","description":"","status":"MAJOROUTAGE"},{"id":"2","name":"Web","status":"OPERATIONAL","group":{"id":"g","name":"Europe"}}]}`}, Want: `bad *: HASISSUES
bad API: MAJOROUTAGE
good Europe / Web: OPERATIONAL`},
		{Says: "maintenance", Bodies: []string{`{"page":{"name":"X","url":"https://x.instatus.com","status":"UNDERMAINTENANCE"}}`, `{"components":[{"id":"1","name":"API","description":"","status":"UNDERMAINTENANCE"},{"id":"2","name":"Web","status":"OPERATIONAL","group":{"id":"g","name":"Europe"}}]}`}, Want: `unknown *: UNDERMAINTENANCE
unknown API: UNDERMAINTENANCE
good Europe / Web: OPERATIONAL`},
		{Says: "a status that is not known", Bodies: []string{`{"page":{"name":"X","url":"https://x.instatus.com","status":"FINE"}}`, `{"components":[{"id":"1","name":"API","description":"","status":"OPERATIONAL"},{"id":"2","name":"Web","status":"OPERATIONAL","group":{"id":"g","name":"Europe"}}]}`}, Want: ``},
		{Says: "no components", Bodies: []string{`{"page":{"name":"X","url":"https://x.instatus.com","status":"UP"}}`, `{"components":[]}`}, Want: ``},
		{Says: "components for people", Bodies: []string{`{"page":{"name":"X","url":"https://x.instatus.com","status":"UP"}}`, `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`}, Want: ``},
		{Says: "a summary for people", Bodies: []string{`<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, `{"components":[{"id":"1","name":"API","description":"","status":"OPERATIONAL"},{"id":"2","name":"Web","status":"OPERATIONAL","group":{"id":"g","name":"Europe"}}]}`}, Want: ``},
	}
}

func TestRead(t *testing.T) { listentest.Run(t, instatus.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, instatus.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return instatus.Format().URLs(u)
	}, map[string]string{
		"https://x.instatus.com": "https://x.instatus.com/summary.json https://x.instatus.com/v2/components.json",
	})
}
