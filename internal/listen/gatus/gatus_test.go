package gatus_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/gatus"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("the newest result counts, wherever it stands", `[{"name":"front-end","group":"core","key":"core_front-end","results":[{"status":200,"hostname":"x.example","duration":7000000,"conditionResults":[{"condition":"[STATUS] == 200","success":true}],"success":true,"timestamp":"2024-05-16T22:30:00Z"},{"success":false,"timestamp":"2024-05-16T22:29:00Z"}]},{"name":"back-end","results":[{"success":true,"timestamp":"2024-05-16T22:00:00Z"},{"success":false,"errors":["timeout"],"timestamp":"2024-05-16T22:30:00Z"}]},{"name":"new","results":[]}]`, `bad *: down
good core / front-end: up
bad back-end: down
unknown new: no-results`),
		listentest.Page("no endpoints", `[]`, ``),
		listentest.Page("no names", `[{"results":[]}]`, ``),
		listentest.Page("a time that is none", `[{"name":"a","results":[{"success":true,"timestamp":"yesterday"}]}]`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, gatus.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, gatus.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return gatus.Format().URLs(u)
	}, map[string]string{
		"https://status.example.org": "https://status.example.org/api/v1/endpoints/statuses?page=1&pageSize=100",
	})
}
