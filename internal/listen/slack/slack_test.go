package slack_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/listentest"
	"github.com/outcry/outcry/internal/listen/slack"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("all is well", `{"status":"ok","date_created":"2018-09-07T18:34:15-07:00","date_updated":"2018-09-07T18:34:15-07:00","active_incidents":[]}`, `good *: ok`),
		listentest.Page("an incident with its id as a number, and one that is over", `{"status":"active","active_incidents":[{"id":546,"title":"Slack's forwarding email feature is failing","type":"incident","status":"active","url":"https://slack-status.com/2018-04/7dea1cd14cd0f657","services":["Apps/Integrations/APIs","Messaging"],"notes":[]},{"id":"547","type":"outage","status":"resolved","services":["Calls"]}]}`, `bad *: incident
bad Apps/Integrations/APIs: incident
bad Messaging: incident`),
		listentest.Page("maintenance is no fault", `{"status":"active","active_incidents":[{"id":"1","type":"maintenance","status":"active","services":["Search"]}]}`, `good *: active
unknown Search: maintenance`),
		listentest.Page("another status", `{"status":"fine"}`, ``),
		listentest.Page("an id that is none", `{"status":"ok","active_incidents":[{"id":{}}]}`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("nothing", `null`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, slack.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, slack.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return slack.Format().URLs(u)
	}, map[string]string{
		"https://slack-status.com":                    "https://slack-status.com/api/v2.0.0/current",
		"https://slack-status.com/api/v2.0.0/current": "https://slack-status.com/api/v2.0.0/current",
	})
}
