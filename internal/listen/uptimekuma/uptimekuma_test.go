package uptimekuma_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/listentest"
	"github.com/outcry/outcry/internal/listen/uptimekuma"
)

func cases() []listentest.Case {
	return []listentest.Case{
		{Says: "the last beat counts", Bodies: []string{`{"config":{"slug":"x","title":"X"},"incident":null,"publicGroupList":[{"id":1,"name":"Core","weight":1,"monitorList":[{"id":7,"name":"API","sendUrl":0},{"id":8,"name":"Web"},{"id":9,"name":"New"}]}],"maintenanceList":[]}`, `{"heartbeatList":{"7":[{"status":1,"time":"2024-05-16 22:29:00.000","msg":"","ping":12},{"status":0,"time":"2024-05-16 22:30:00.000","msg":"timeout","ping":null}],"8":[{"status":1}]},"uptimeList":{"7_24":0.99}}`}, Want: `bad *: down
bad Core / API: down
good Core / Web: up
unknown Core / New: no-beats`},
		{Says: "pending and maintenance are neither", Bodies: []string{`{"config":{"slug":"x","title":"X"},"incident":null,"publicGroupList":[{"id":1,"name":"Core","weight":1,"monitorList":[{"id":7,"name":"API","sendUrl":0},{"id":8,"name":"Web"},{"id":9,"name":"New"}]}],"maintenanceList":[]}`, `{"heartbeatList":{"7":[{"status":2}],"8":[{"status":3}],"9":[{"status":9}]}}`}, Want: `unknown *: pending
unknown Core / API: pending
unknown Core / Web: maintenance
unknown Core / New: status-9`},
		{Says: "no monitors", Bodies: []string{`{"config":{"slug":"x"},"publicGroupList":[]}`, `{"heartbeatList":{}}`}, Want: ``},
		{Says: "no beats", Bodies: []string{`{"config":{"slug":"x","title":"X"},"incident":null,"publicGroupList":[{"id":1,"name":"Core","weight":1,"monitorList":[{"id":7,"name":"API","sendUrl":0},{"id":8,"name":"Web"},{"id":9,"name":"New"}]}],"maintenanceList":[]}`, `{}`}, Want: ``},
		{Says: "a page for people", Bodies: []string{`<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, `{"heartbeatList":{}}`}, Want: ``},
		{Says: "beats for people", Bodies: []string{`{"config":{"slug":"x","title":"X"},"incident":null,"publicGroupList":[{"id":1,"name":"Core","weight":1,"monitorList":[{"id":7,"name":"API","sendUrl":0},{"id":8,"name":"Web"},{"id":9,"name":"New"}]}],"maintenanceList":[]}`, `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`}, Want: ``},
	}
}

func TestRead(t *testing.T) { listentest.Run(t, uptimekuma.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, uptimekuma.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return uptimekuma.Format().URLs(u)
	}, map[string]string{
		"https://up.example/status/main":       "https://up.example/api/status-page/main https://up.example/api/status-page/heartbeat/main",
		"https://up.example/kuma/status/main/": "https://up.example/kuma/api/status-page/main https://up.example/kuma/api/status-page/heartbeat/main",
		"https://up.example":                   "https://up.example/api/status-page/default https://up.example/api/status-page/heartbeat/default",
	})
}
