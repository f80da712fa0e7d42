package google_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/google"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("an incident of old, an open one, and one for information", `[{"id":"a","number":"1","begin":"2024-05-16T21:00:00+00:00","created":"2024-05-16T21:05:00+00:00","modified":"2024-05-16T22:00:00+00:00","external_desc":"Errors","status_impact":"SERVICE_OUTAGE","severity":"high","service_key":"zall","service_name":"Multiple Products","affected_products":[{"title":"Google Compute Engine","id":"x"},{"title":"Cloud Run","id":"y"}],"uri":"incidents/a","updates":[],"most_recent_update":{"status":"SERVICE_OUTAGE"},"currently_affected_locations":[]},
{"id":"b","begin":"2023-01-01T00:00:00+00:00","end":"2023-01-01T01:00:00+00:00","status_impact":"SERVICE_DISRUPTION","service_name":"Cloud SQL","affected_products":[{"title":"Cloud SQL"}]},
{"id":"c","begin":"2024-05-16T21:00:00+00:00","status_impact":"SERVICE_INFORMATION","service_name":"Cloud DNS","affected_products":[]}]`, `bad *: SERVICE_OUTAGE
bad Multiple Products: SERVICE_OUTAGE
bad Google Compute Engine: SERVICE_OUTAGE
bad Cloud Run: SERVICE_OUTAGE
good Cloud DNS: SERVICE_INFORMATION`),
		listentest.Page("all is over", `[{"id":"b","begin":"2023-01-01T00:00:00+00:00","end":"2023-01-01T01:00:00+00:00","status_impact":"SERVICE_DISRUPTION","service_name":"Cloud SQL"}]`, `good *: available`),
		listentest.Page("a history without entries", `[]`, ``),
		listentest.Page("entries of something else", `[{"name":"x"}]`, ``),
		listentest.Page("an object", `{}`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, google.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, google.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return google.Format().URLs(u)
	}, map[string]string{
		"https://status.cloud.google.com/":                           "https://status.cloud.google.com/incidents.json",
		"https://www.google.com/appsstatus/dashboard/incidents.json": "https://www.google.com/appsstatus/dashboard/incidents.json",
	})
}
