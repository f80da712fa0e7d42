package heroku_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/listen/heroku"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("one system is yellow, one in maintenance", `{"status":[{"system":"Apps","status":"green"},{"system":"Data","status":"yellow"},{"system":"Tools","status":"blue"}],"incidents":[],"scheduled":[]}`, `bad *: yellow
good Apps: green
bad Data: yellow
unknown Tools: blue`),
		listentest.Page("a colour that is not known", `{"status":[{"system":"Apps","status":"green"},{"system":"Data","status":"mauve"}]}`, `unknown *: mauve
good Apps: green
unknown Data: mauve`),
		listentest.Page("no colour that is known", `{"status":[{"system":"Apps","status":"mauve"}]}`, ``),
		listentest.Page("no systems", `{"status":[]}`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("another document", `{"status":"ok"}`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, heroku.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, heroku.Format(), cases()) }

func TestURLs(t *testing.T) {
	listentest.URLs(t, func(written string) []string {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		return heroku.Format().URLs(u)
	}, map[string]string{
		"https://status.heroku.com": "https://status.heroku.com/api/v4/current-status",
	})
}
