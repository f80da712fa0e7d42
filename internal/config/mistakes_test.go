package config

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/mistakes.txt anew")

// A file with a mistake in nearly every line has all of them listed at once,
// each where an editor finds it.
func TestEveryMistakeIsListed(t *testing.T) {
	_, err := Load("testdata/mistakes.yaml")
	if err == nil {
		t.Fatal("the file was accepted")
	}
	got := err.Error() + "\n"
	if *update {
		if err := os.WriteFile("testdata/mistakes.txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, secret := range []string{"hunter2", "me:pw", "s3cr3t", "abc"} {
		if strings.Contains(got, secret) {
			t.Errorf("the errors repeat the secret %q", secret)
		}
	}
}

func TestMistakes(t *testing.T) {
	tests := []struct{ sentence, file, want string }{
		{"an empty file has no services", "", `x:1:1: the configuration needs the key "services"`},
		{"a comment is as good as nothing", "# nothing\n", `x:1:1: the configuration needs the key "services"`},
		{"a list is no configuration", "- a\n", "x:1:1: the configuration: must be keys with values, not a list"},
		{"a page without services says nothing", "services: []", "x:1:11: services: needs at least one service"},
		{"a tab is not YAML", "services:\n\t- id: a", "x:2:1: not YAML: found character '\t' that cannot start any token"},
		{"a bracket that is never closed", "services: [{id: a}", "x:1:11: not YAML: sequence end token ']' not found"},
		{"two documents are ambiguous", smallest + "---\nservices: [{id: b}]", "x:3:1: a second document: a configuration is one (remove the --- before it)"},
		{"a key without value is a slip", "services: [{id: a}]\ndata:\n", "x:2:7: data: has no value: give it one, or leave the key out"},
		{"an alias without anchor", "services: [{id: *a}]", "x:1:17: services[0].id: the alias *a has no anchor &a"},
		{"an anchor named twice", "services: [{id: &a x}, {id: &a y}]", "x:1:29: the anchor &a is there twice"},
		{"a merge that leads to itself", "services: [&a {id: x, <<: *a}]", "x:1:27: cannot be merged: an alias that leads nowhere or to itself"},
		{"a fraction where whole things are counted", smallest + "bus: {partitions: 1.5}", "x:2:19: bus.partitions: must be a whole number, not a number"},
		{"a number beyond all integers", smallest + "bus: {partitions: 99999999999999999999}", "x:2:19: bus.partitions: must be a whole number, not text"},
		{"a number beyond our integers", smallest + "bus: {partitions: 18446744073709551615}", "x:2:19: bus.partitions: the number 18446744073709551615 is out of range"},
		{"a service that depends on itself", "services: [{id: a, depends_on: [a]}]", "x:1:33: services[0].depends_on[0]: depends on itself: a → a"},
		{"a private service on a public page", "services: [{id: a, private: true}]\npages: [{id: p, services: [a]}]", `x:2:28: pages[0].services[0]: "a" is private and must not be on a page`},
		{"an origin with a path", smallest + `intake: {origins: ["https://www.example.com/"]}`, "x:2:20: intake.origins[0]: is a site's address without a path: https://www.example.com"},
		{"a logo for the dark theme alone", smallest + "pages: [{id: p, logo: {dark: a.svg}}]", "x:2:23: pages[0].logo: needs light: the file for the light theme, and for both where dark is missing"},
		{"a logo that is no drawing", smallest + "pages: [{id: p, logo: {light: a.gif}}]", `x:2:31: pages[0].logo.light: "a.gif" is neither a .svg nor a .png file`},
		{"replicas without a cluster", smallest + "bus: {replicas: 3}", "x:2:17: bus.replicas: an embedded stream has no replicas: name a cluster in bus.urls"},
		{"the machine's own time zone is none", "services: [{id: a, timezone: Local}]", `x:1:30: services[0].timezone: there is no time zone "Local": write an IANA name, such as America/Chicago or UTC`},
		{"no room for a single open page", smallest + "max_listeners: 0", "x:2:16: max_listeners: must be from 1 to 1000000"},
		{"one port for the public and for metrics", smallest + "intake: {otlp: {grpc: \":8080\"}}", "x:2:23: intake.otlp.grpc: must be an address of its own, not that of listen or admin_listen"},
		{"metrics that are taken nowhere", smallest + "intake: {otlp: {grpc: here}}", "x:2:23: intake.otlp.grpc: \"here\" is not an address: write HOST:PORT"},
		{"a certificate without its key", smallest + "intake: {otlp: {grpc: \":4317\", cert: a.pem}}", "x:2:16: intake.otlp: cert and key go together"},
		{"one port for metrics and for vantages", smallest + "intake: {otlp: {grpc: \"10.0.0.1:1\"}, nats: {listen: \"10.0.0.1:1\"}}", "x:2:53: intake.nats.listen: must be an address of its own, not that of listen, admin_listen or intake.otlp.grpc"},
		{"tokens in the clear", smallest + "intake: {nats: {listen: \":4222\"}}", "x:2:25: intake.nats.listen: tokens would go over the network in the clear: give cert and key, or the address of a private network"},
		{"vantages' certificate without its key", smallest + "intake: {nats: {listen: \":4222\", cert: a.pem}}", "x:2:16: intake.nats: cert and key go together"},
		{"vantages' certificate for nobody", smallest + "intake: {nats: {cert: a.pem, key: b.pem}}", "x:2:23: intake.nats.cert: is of no use without an address, intake.nats.listen"},
		{"a certificate for nobody", smallest + "intake: {otlp: {cert: a.pem, key: b.pem}}", "x:2:23: intake.otlp.cert: is of no use without an address, intake.otlp.grpc"},
		{"one port for the public and the operator", smallest + "admin_listen: \":8080\"", "x:2:15: admin_listen: must not be the public listener's address :8080"},
		{"a port that is none", smallest + "listen: \":80800\"", `x:2:9: listen: "80800" is not a port: a number up to 65535`},
		{"a control character in what people read", "services: [{id: a, name: \"a\\u0007b\"}]", `x:1:26: services[0].name: has a control character ('\a')`},
		{"a secret from two places", smallest + "intake: {tokens: [{name: t, roles: [read], token: {file: a, env: b}}]}", "x:2:51: intake.tokens[0].token: needs one of {file: PATH} and {env: NAME}"},
		{"a mistyped key of a secret", smallest + "intake: {tokens: [{name: t, roles: [read], token: {fil: a}}]}", `x:2:52: unknown key "fil", did you mean "file"?`},
		{"a password in the query", smallest + "store: {dsn: \"postgres://db/x?password=y\"}", "x:2:14: store.dsn: a password must not stand in the file: give the whole address as {file: PATH} or {env: NAME}"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			_, err := Parse("x", []byte(test.file))
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// Files made to exhaust the parser or what follows are refused in good time.
func TestHostileFiles(t *testing.T) {
	tests := []struct{ sentence, file, want string }{
		{"a file of the size of a log", strings.Repeat("#\n", maxFile), "x:1:1: the file is over 4 MiB: not a configuration"},
		{"brackets without end", "services: " + strings.Repeat("[", 1e6), "x:1:1: over 1000 brackets or dashes are open here"},
		{"dashes without end", strings.Repeat("- ", 1e6) + "x", "x:1:1: over 1000 brackets or dashes are open here"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			_, err := Parse("x", []byte(test.file))
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %.200v\nwant %s", err, test.want)
			}
		})
	}
}

// Aliases of aliases of aliases, in options whose values have no fixed shape,
// end at a bound instead of in all of the memory.
func TestBillionLaughs(t *testing.T) {
	var b strings.Builder
	b.WriteString("a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n")
	for c := 'b'; c < 'z'; c++ {
		list := strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 8), ", ")
		b.WriteString(string(c) + ": &" + string(c) + " [" + list + "]\n")
	}
	n, err := ParseNode("x", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	var options struct {
		Y any `yaml:"y"`
	}
	err = n.Decode(&options)
	if err == nil || !strings.Contains(err.Error(), "over 500000 values") {
		t.Errorf("got %.300v", err)
	}
}
