package cstate_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/cstate"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("ok, disrupted, notice", `{"is":"index","cStateVersion":"5.6.1","apiVersion":"2.0","title":"Network Status","languageCodeHTML":"en","systems":[{"name":"Gitter.im","description":"x","category":"Communities","status":"disrupted","unresolvedIssues":[{"is":"issue","title":"t"}]},{"name":"API","category":"Own","status":"ok","unresolvedIssues":[]},{"name":"CDN","category":"Own","status":"notice"}]}`, `bad *: disrupted
bad Communities / Gitter.im: disrupted
good Own / API: ok
unknown Own / CDN: notice`),
		listentest.Page("no systems", `{"cStateVersion":"5.6.1","systems":[]}`, ``),
		listentest.Page("not of cState", `{"systems":[{"name":"API","status":"ok"}]}`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, cstate.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, cstate.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return cstate.Format().URLs(u)
	}, map[string]string{
		"https://status.example.org/": "https://status.example.org/index.json",
	})
}
