package statuspage_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/listentest"
	"github.com/outcry/outcry/internal/listen/statuspage"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("components, groups, and an incident whose component was forgotten", `{"page":{"id":"kctbh9vrtdwd","name":"GitHub","url":"https://www.githubstatus.com","time_zone":"Etc/UTC","updated_at":"2024-05-16T22:00:00Z"},
"components":[{"id":"8l4ygp009s5s","name":"Git Operations","status":"operational","position":1,"group_id":null,"group":false,"only_show_if_degraded":false},
{"id":"g1","name":"Europe","status":"partial_outage","group":true,"group_id":null,"components":["c2"]},
{"id":"c2","name":"API","status":"partial_outage","group":false,"group_id":"g1"},
{"id":"c3","name":"Pages","status":"under_maintenance","group":false,"group_id":null},
{"id":"c4","name":"Copilot","status":"frobnicated","group":false,"group_id":null}],
"incidents":[{"id":"i1","name":"Webhooks are late","status":"investigating","impact":"minor","components":[{"id":"8l4ygp009s5s","name":"Git Operations","status":"operational"}],"incident_updates":[]},
{"id":"i2","status":"resolved","impact":"critical","components":[{"name":"Pages"}]}],
"scheduled_maintenances":[],"status":{"indicator":"minor","description":"Partially Degraded Service"}}`, `bad *: incident
good Git Operations: operational
bad Europe: partial_outage
bad Europe / API: partial_outage
unknown Pages: under_maintenance
unknown Copilot: frobnicated
bad Git Operations: investigating`),
		listentest.Page("all is well", `{"page":{"id":"x","name":"X"},"status":{"indicator":"none","description":"All Systems Operational"},"components":[{"id":"1","name":"API","status":"operational"}],"incidents":[]}`, `good *: none
good API: operational`),
		listentest.Page("status.json alone", `{"page":{"id":"x"},"status":{"indicator":"critical"}}`, `bad *: critical`),
		listentest.Page("components.json alone", `{"page":{"name":"X"},"components":[{"id":"1","name":"API","status":"major_outage"}]}`, `bad *: major_outage
bad API: major_outage`),
		listentest.Page("a page of incident.io's that speaks it, with a word of its own", `{"page":{"id":"x","name":"X"},"components":[{"id":"1","name":"API","status":"full_outage"}]}`, `bad *: full_outage
bad API: full_outage`),
		listentest.Page("maintenance of the whole is no fault", `{"page":{"id":"x"},"status":{"indicator":"maintenance"}}`, `unknown *: maintenance`),
		listentest.Page("an indicator that is not known is no all-clear", `{"page":{"id":"x"},"status":{"indicator":"great"}}`, `unknown *: great`),
		listentest.Page("statuses of another API", `{"page":{"id":"x"},"components":[{"id":"1","name":"API","status":"UP"}]}`, ``),
		listentest.Page("no page", `{"status":{"indicator":"none"}}`, ``),
		listentest.Page("no status and no components", `{"page":{"id":"x"}}`, ``),
		listentest.Page("components of another type", `{"page":{"id":"x"},"components":{"a":1}}`, ``),
		listentest.Page("cut off", `{"page":{"id":"kctbh9vrtdwd","name":"GitHub","url":"https://www.githubstatus.com","time_zone":"Etc/UTC","updated_at":"2024-05-16T22:00:00Z"},
"components":[{"id":"8l4ygp009s5s","name":"Git Operations"`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("a list", `[]`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, statuspage.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, statuspage.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return statuspage.Format().URLs(u)
	}, map[string]string{
		"https://www.githubstatus.com":             "https://www.githubstatus.com/api/v2/summary.json",
		"https://www.githubstatus.com/":            "https://www.githubstatus.com/api/v2/summary.json",
		"https://x.example/status?utm=1#top":       "https://x.example/status/api/v2/summary.json",
		"https://x.example/api/v2/components.json": "https://x.example/api/v2/components.json",
	})
}
