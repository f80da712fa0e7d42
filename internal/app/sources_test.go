package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/config"
)

func TestSourcesAreVerified(t *testing.T) {
	for says, c := range map[string]struct{ source, want string }{
		"a sound one":                 {`{name: a, type: statuspage, url: "https://www.githubstatus.com", services: {Git Operations: shop}}`, ""},
		"the page as a whole":         {`{name: a, type: feed, url: "https://status.example.com/history.atom", services: {"*": shop}}`, ""},
		"a type that there is not":    {`{name: a, type: statuspag, url: "https://x.example", services: {"*": shop}}`, `there is no type "statuspag", did you mean "statuspage"?`},
		"no address":                  {`{name: a, type: apple, services: {"*": shop}}`, "needs the url of the page"},
		"about nothing":               {`{name: a, type: apple, url: "https://x.example"}`, "needs services"},
		"about a service that is not": {`{name: a, type: apple, url: "https://x.example", services: {iMessage: shpo}}`, `there is no service "shpo"`},
		"a key that there is not":     {`{name: a, type: apple, url: "https://x.example", services: {iMessage: shop}, regions: [a]}`, `unknown key "regions"`},
		"too often":                   {`{name: a, type: apple, url: "https://x.example", services: {iMessage: shop}, interval: 1s}`, "interval"},
	} {
		_, err := config.Parse("c.yaml", []byte("services: [{id: shop}]\nsources:\n  - "+c.source+"\n"), Types())
		if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v, want %q", says, err, c.want)
		}
	}
}
