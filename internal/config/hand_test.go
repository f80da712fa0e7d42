package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type handed struct {
	URL     string            `yaml:"url,required"`
	Status  []int             `yaml:"status"`
	Version string            `yaml:"version"`
	Text    string            `yaml:"text"`
	Headers map[string]string `yaml:"headers"`
	Wait    time.Duration     `yaml:"wait"`
	Follow  *bool             `yaml:"follow"`
	Auth    Secret            `yaml:"auth"`
	Steps   []struct {
		Password Secret `yaml:"password"`
	} `yaml:"steps"`
}

// What is handed to another process decodes there to the same options, with
// the secrets' values, and the files that hold them are not named.
func TestOptionsAreHandedOn(t *testing.T) {
	t.Setenv("OUTCRY_TEST_HANDED", "s3cret: \"{x}\"")
	n, err := ParseNode("x", []byte(`
base: &b {Accept: text/html}
url: https://x.example/?a=1#b
status: [200, 0x0cc]
version: "1.10"
text: |
  two
  lines: "quoted"
headers: {<<: *b, "200": ok}
wait: 1m30s
follow: false
auth: {env: OUTCRY_TEST_HANDED}
steps: [{password: {env: OUTCRY_TEST_HANDED}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	n.entries = n.entries[1:]
	var here, there handed
	if err := n.Decode(&here); err != nil {
		t.Fatal(err)
	}
	text, err := n.Hand(SecretsOf(&here))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "OUTCRY_TEST_HANDED") {
		t.Errorf("it names where the secret is kept: %s", text)
	}
	far, err := ParseHanded("check x", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := far.Decode(&there); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	value, err := there.Auth.Value()
	if err != nil || value != `s3cret: "{x}"` || there.Auth.String() != "[secret]" {
		t.Errorf("the secret: %q, %v, %s", value, err, there.Auth)
	}
	if value, err := there.Steps[0].Password.Value(); err != nil || value != `s3cret: "{x}"` {
		t.Errorf("the secret of a step: %q, %v", value, err)
	}
	ignore := cmp.Comparer(func(a, b Secret) bool { return a.IsSet() == b.IsSet() })
	if diff := cmp.Diff(here, there, ignore); diff != "" {
		t.Errorf("(-here +there):\n%s\n%s", diff, text)
	}
}

// Whoever hands options on cannot have this machine's files read as secrets.
func TestHandedSecretsNameNoFiles(t *testing.T) {
	for _, text := range []string{`{url: x, auth: {file: /etc/hostname}}`, `{url: x, auth: {env: HOME}}`, `{url: x, auth: plain}`} {
		n, err := ParseHanded("check x", text)
		if err != nil {
			t.Fatal(err)
		}
		var o handed
		if err := n.Decode(&o); err == nil {
			t.Errorf("%s is taken: %+v", text, o)
		}
	}
}

// A secret that cannot be read is not handed on as nothing.
func TestHandNeedsItsSecrets(t *testing.T) {
	n, err := ParseNode("x", []byte("url: x\nauth: {env: OUTCRY_TEST_NOT_SET}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var o handed
	if err := n.Decode(&o); err != nil {
		t.Fatal(err)
	}
	if text, err := n.Hand(SecretsOf(&o)); err == nil {
		t.Errorf("handed on: %s", text)
	}
}

// A remote vantage needs no services; its token does not go out in the clear,
// and nobody speaks under the name of the core's own vantage.
func TestRemoteVantages(t *testing.T) {
	for file, want := range map[string]string{
		`vantage: {name: ord, core: "https://x.example", token: {env: T}}`:                   "",
		`vantage: {name: ord, core: "http://10.0.0.1:8080", token: {env: T}}`:                "",
		`vantage: {name: ord, core: "http://x.example", token: {env: T}}`:                    "in the clear",
		`vantage: {name: ord, core: "tls://x.example:4222", token: {env: T}}`:                "",
		`vantage: {name: ord, core: "nats://10.0.0.1", token: {env: T}}`:                     "",
		`vantage: {name: ord, core: "nats://x.example", token: {env: T}}`:                    "in the clear",
		`vantage: {name: ord, core: "wss://x.example", token: {env: T}}`:                     "expected",
		`vantage: {core: "https://x.example"}`:                                               "needs vantage.token",
		`vantage: {core: "https://x.example", token: {env: T}}` + "\nservices: [{id: shop}]": "has no services",
		`vantage: {token: {env: T}}` + "\nservices: [{id: shop}]":                            "without vantage.core",
		`vantage: {name: ord}`: `needs the key "services"`,
		`intake: {tokens: [{name: local, token: {env: T}, roles: [probe]}]}` + "\nservices: [{id: a}]": "needs another",
		`intake: {tokens: [{name: ord, token: {env: T}, roles: [probe]}]}` + "\nservices: [{id: a}]":   "",
	} {
		_, err := Parse("x", []byte(file))
		if got := errorText(err); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}
