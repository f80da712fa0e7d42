package app

import (
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/config"
)

// What is wrong with a metric is told by `outcry check`, at its place, and not
// only when a server starts.
func TestMistakesOfMetrics(t *testing.T) {
	for _, c := range []struct{ why, source, want string }{
		{"a service that there is not", "{name: a, type: promql, url: \"https://p.example\", query: up, about: shpo}", `x:2:79: sources[0].about: there is no service "shpo", did you mean "shop"?`},
		{"the same of OTLP", "{name: a, type: otlp, metric: m, about: web}", `there is no service "web"`},
		{"and of posts", "{name: a, type: posts, url: \"https://p.example\", about: web}", `there is no service "web"`},
		{"no address", "{name: a, type: promql, query: up, about: shop}", "needs the url of the Prometheus"},
		{"a sort of value that there is not", "{name: a, type: promql, url: \"https://p.example\", query: up, value: gauge, about: shop}", `value: "gauge" is neither counter nor rate`},
		{"an empty query", "{name: a, type: promql, url: \"https://p.example\", query: \" \", about: shop}", "query: must not be empty"},
		{"a range from high to low", "{name: a, type: otlp, metric: m, above: 2, up_to: 1, about: shop}", "up_to: 1 is not greater than above, 2"},
		{"a range of a gauge", "{name: a, type: otlp, metric: m, above: 2, value: rate, about: shop}", "a range is of a histogram"},
		{"all is well", "{name: a, type: otlp, metric: m, above: 2.5, up_to: 10, about: shop}", ""},
	} {
		_, err := config.Parse("x", []byte("services: [{id: shop}]\nsources: ["+c.source+"]\n"), Types())
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.why, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.why, err, c.want)
		}
	}
}
