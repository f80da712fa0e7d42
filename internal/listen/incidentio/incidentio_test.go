package incidentio_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/incidentio"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("all is well", `{"page_title":"Linear","page_url":"https://linearstatus.com/","ongoing_incidents":[],"in_progress_maintenances":[],"scheduled_maintenances":[]}`, `good *: operational`),
		listentest.Page("an incident over one component, another of which is well again, and maintenance", `{"page_title":"X","page_url":"https://status.x.example","ongoing_incidents":[{"id":"01","name":"Errors","status":"identified","url":"https://status.x.example/01","last_update_at":"2024-05-16T22:00:00Z","last_update_message":"…","current_worst_impact":"full_outage","affected_components":[{"id":"a","name":"API","group_name":"Europe","current_status":"full_outage"},{"id":"b","name":"Web","current_status":"operational"}]}],"in_progress_maintenances":[{"id":"02","status":"maintenance_in_progress","affected_components":[{"name":"Jobs","current_status":"under_maintenance"}]}],"scheduled_maintenances":[]}`, `bad *: identified
bad Europe / API: full_outage
unknown Jobs: under_maintenance`),
		listentest.Page("maintenance alone", `{"page_title":"X","ongoing_incidents":[],"in_progress_maintenances":[{"status":"maintenance_in_progress"}]}`, `unknown *: maintenance`),
		listentest.Page("no list of incidents", `{"page_title":"X"}`, ``),
		listentest.Page("another document", `{"ongoing_incidents":[]}`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("of another type", `{"page_title":"X","ongoing_incidents":"none"}`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, incidentio.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, incidentio.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return incidentio.Format().URLs(u)
	}, map[string]string{
		"https://status.openai.com/":        "https://status.openai.com/api/v1/summary",
		"https://x.example/proxy/x.example": "https://x.example/proxy/x.example/api/v1/summary",
		"https://x.example/api/v1/summary":  "https://x.example/api/v1/summary",
	})
}
