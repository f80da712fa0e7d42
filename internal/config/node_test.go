package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// options are what a type of check in some other package has.
type options struct {
	URL     string            `yaml:"url,required"`
	Status  []int             `yaml:"status"`
	Headers map[string]string `yaml:"headers"`
	Wait    time.Duration     `yaml:"wait"`
	Port    uint16            `yaml:"port"`
	Share   float64           `yaml:"share"`
	Follow  *bool             `yaml:"follow"`
	Expect  any               `yaml:"expect"`
	Auth    Secret            `yaml:"auth"`
	Common  common            `yaml:",inline"`
}

type common struct {
	Proxy string `yaml:"proxy"`
}

func (o *options) SetDefaults() { o.Wait = time.Second }

func validateOptions(n Node) error {
	var o options
	if err := n.Decode(&o); err != nil {
		return err
	}
	if o.Port == 7 {
		return outcry.FieldErrorf("port", "nobody answers there")
	}
	if o.Port == 8 {
		return errors.New("cannot be")
	}
	return nil
}

func TestNodeDecodesEverySortOfValue(t *testing.T) {
	n, err := ParseNode("x", []byte(`
url: https://x.example/
status: [200, 204]
headers: {Accept: text/html, "200": ok}
port: 8080
share: 1
follow: false
expect: {ok: true, list: [1, two]}
auth: {env: TOKEN}
proxy: none
`))
	if err != nil {
		t.Fatal(err)
	}
	var got options
	if err := n.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := options{
		URL: "https://x.example/", Status: []int{200, 204}, Headers: map[string]string{"Accept": "text/html", "200": "ok"},
		Wait: time.Second, Port: 8080, Share: 1, Follow: new(bool), Auth: Secret{Env: "TOKEN"}, Common: common{Proxy: "none"},
		Expect: map[string]any{"ok": true, "list": []any{1.0, "two"}},
	}
	ignorePlace := cmp.Comparer(func(a, b Secret) bool { return a.File == b.File && a.Env == b.Env })
	if diff := cmp.Diff(want, got, ignorePlace); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The mistakes that a type's own package finds are listed among the others,
// with their places.
func TestOptionsAreVerifiedByTheirTypes(t *testing.T) {
	const file = `
services: [{id: shop}]
checks:
  - {name: a, service: shop, type: http, url: "https://x/", statsu: [200]}
  - {name: b, service: shop, type: http, port: 70000}
  - {name: c, service: shop, type: htpp}
  - {name: d, service: shop, url: "https://x/", port: 7}
  - {name: e, service: shop, url: "https://x/", port: 8}
  - {name: f, service: shop, url: "https://x/", intervall: 1m}
notify:
  channels: [{name: w, type: webhook, url: "https://x/", color: red}]
`
	types := Types{Checks: map[string]Validator{"http": validateOptions}}
	_, err := Parse("x", []byte(file), types)
	want := strings.TrimSpace(`
x:4:61: unknown key "statsu", did you mean "status"?
x:5:5: checks[1] needs the key "url"
x:5:48: checks[1].port: the number 70000 is out of range
x:6:36: checks[2].type: there is no type "htpp", did you mean "http"?
x:7:55: checks[3].port: nobody answers there
x:8:5: cannot be
x:9:49: unknown key "intervall", did you mean "interval"?
`)
	if diff := cmp.Diff(want, errorText(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNodeKnowsItsKeys(t *testing.T) {
	n, err := ParseNode("x", []byte("b: 1\na: [2]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a"}, n.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n.Text("b") != "1" || n.Text("a") != "" || n.Text("c") != "" {
		t.Errorf("texts: %q, %q, %q", n.Text("b"), n.Text("a"), n.Text("c"))
	}
	if got, want := n.Errorf("a.x", "no").Error(), "x:2:4: a.x: no"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
