package gatus

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry/internal/importer/importertest"
)

// made is the configuration of a file, as text.
func made(t *testing.T, text string) string {
	t.Helper()
	d, err := Read("config.yaml", []byte(text))
	return importertest.Made(t, d, err)
}

func endpoint(keys string) string {
	return "endpoints: [{name: e, url: \"https://shop.example/\", " + keys + "}]"
}

func TestConditions(t *testing.T) {
	for _, c := range []struct{ why, keys, want string }{
		{"no condition on the status takes any", `conditions: ["[CONNECTED] == true"]`, `status: ["100-599"]`},
		{"what only says how it is shown is named", `ui: {hide-url: true}, conditions: ["[STATUS] == 200"]`, "# left out, because it only says how Gatus shows something: ui\n"},
		{"one status is one", `conditions: ["[STATUS] == 200"]`, `status: ["200"]`},
		{"the sides may be swapped", `conditions: ["200 == [STATUS]"]`, `status: ["200"]`},
		{"a swapped bound is turned round", `conditions: ["300 > [STATUS]"]`, `status: ["100-299"]`},
		{"several are any of them", `conditions: ["[STATUS] == any(200, 204, 301)"]`, `status: ["200", "204", "301"]`},
		{"conditions on the status hold together", `conditions: ["[STATUS] < 500", "[STATUS] != 404"]`, `status: ["100-403", "405-499"]`},
		{"conditions that exclude each other are named", `conditions: ["[STATUS] == 200", "[STATUS] == 404"]`, "conditions on [STATUS]: no status fulfils them all"},
		{"a status that is a word is named", `conditions: ["[STATUS] == fine"]`, `[STATUS] == fine: "fine" is no status`},
		{"a time is a bound", `conditions: ["[RESPONSE_TIME] < 300"]`, "max_latency: 300ms"},
		{"a time that must be long is named", `conditions: ["[RESPONSE_TIME] > 300"]`, "not carried over: condition [RESPONSE_TIME] > 300"},
		{"a value of the document", `conditions: ["[BODY].a.b[0] == UP"]`, `json: [{path: "a.b[0]", op: "==", value: UP}]`},
		{"a bound of the document", `conditions: ["[BODY].n <= 5"]`, `{path: "n", op: "<=", value: "5"}`},
		{"a pattern of the document", `conditions: ["[BODY].name == pat(jo*n)"]`, `{path: name, op: "~", value: "(?s)^jo.*n$"}`},
		{"any of the document", `conditions: ["[BODY].id == any(1, 2)"]`, `{path: id, op: "~", value: "^(?:1|2)$"}`},
		{"a key that must be there", `conditions: ["has([BODY].id) == true"]`, `{path: id, op: exists}`},
		{"a key that must not", `conditions: ["has([BODY].errors) == false"]`, `{path: errors, op: absent}`},
		{"a length is named", `conditions: ["len([BODY].items) > 3"]`, "not carried over: condition len([BODY].items) > 3"},
		{"text in the body", `conditions: ["[BODY] == pat(*all is well*)"]`, `contains: ["all is well"]`},
		{"text that must not be there", `conditions: ["[BODY] != pat(*panic*)"]`, `absent: [panic]`},
		{"the whole body", `conditions: ["[BODY] == a.b"]`, `matches: ["(?s)^a\\.b$"]`},
		{"days of a certificate are rounded up", `conditions: ["[CERTIFICATE_EXPIRATION] > 50h"]`, "tls: {days_left: 3}"},
		{"a registration is a check of its own", `conditions: ["[DOMAIN_EXPIRATION] > 720h"]`, "domain: shop.example"},
		{"a comparison of two answers is named", `conditions: ["[BODY].a == [CONTEXT].b"]`, "not carried over: condition [BODY].a == [CONTEXT].b"},
		{"what is no condition is named", `conditions: ["well?"]`, "not carried over: condition well?: it cannot be read"},
		{"what is not looked at is named", `conditions: ["[IP] == 192.0.2.1"]`, "not carried over: condition [IP] == 192.0.2.1"},
		{"a redirect can be the answer", `client: {ignore-redirect: true}`, "redirects: 0"},
		{"any certificate", `client: {insecure: true}`, "tls: {skip_verify: true}"},
		{"what of the client is not known is named", `client: {oauth2: {client-secret: hush}}`, "endpoints[0].client.oauth2"},
		{"a timeout is at most the interval", `interval: 5s, client: {timeout: 9s}`, "timeout: 5s"},
		{"an interval of days is cut, and named", `interval: 48h`, "not carried over: interval 48h0m0s"},
		{"a header is sent", `headers: {Accept: text/html}`, "headers: {Accept: text/html}"},
		{"a header that may be secret is not repeated", `headers: {Authorization: hush}`, "secret_headers: {Authorization: {env: OUTCRY_E_AUTHORIZATION}}"},
		{"a variable of the environment in a header is a secret", `headers: {X-Shop: "${SHOP}"}`, "secret_headers: {X-Shop: {env: OUTCRY_E_X_SHOP}}"},
		{"keys that nobody knows are named", `wibble: {a: 1}`, "endpoints[0].wibble"},
		{"a value of the wrong type is named", `method: [GET]`, "endpoints[0].method"},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := made(t, endpoint(c.keys))
			if !strings.Contains(got, c.want) {
				t.Errorf("no %q in:\n%s", c.want, got)
			}
			if strings.Contains(got, "hush") {
				t.Errorf("a secret is repeated:\n%s", got)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ why, keys, want string }{
		{"TCP", `url: "tcp://db.internal:5432"`, `url: "tcp://db.internal:5432"`},
		{"a private host is let through the guard", `url: "tcp://db.internal:5432"`, "allow: [db.internal]"},
		{"DNS", `url: 9.9.9.9, dns: {query-name: a.example., query-type: MX}`, `url: "dns://9.9.9.9/a.example?type=MX"`},
		{"DNS over HTTPS is named", `url: "https://dns.example/q", dns: {query-name: a.example, query-type: A}`, "DNS over HTTPS cannot be checked"},
		{"a server's greeting over SSH", `url: "ssh://jump.example", ssh: {username: a, password: hush}`, `url: "tcp://jump.example:22"`},
		{"a server's greeting before TLS", `url: "starttls://mail.example:587"`, `url: "tcp://mail.example:587"`},
		{"a protocol that is not spoken is named", `url: "sctp://a.example:1"`, "addresses of sctp:// cannot be checked"},
		{"a variable is named", `url: "https://${HOST}/"`, "it has a variable of the environment"},
		{"credentials of an address are not repeated", `url: "https://ops:hush@a.example/"`, "give them as a secret of the check"},
		{"a parameter that may be secret is pointed at", `url: "https://a.example/?api_key=1"`, "TO DO: url: its parameter api_key may be a secret"},
		{"no address is named", `url: ""`, "it is no address of a host"},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := made(t, "endpoints: [{name: e, "+c.keys+"}]")
			if !strings.Contains(got, c.want) || strings.Contains(got, "hush") {
				t.Errorf("no %q, or a secret, in:\n%s", c.want, got)
			}
		})
	}
}

func TestWhatIsNoConfigurationOfGatus(t *testing.T) {
	for why, text := range map[string]string{
		"nothing": "", "a list": "- a", "another program's": "modules: {}", "no YAML": "a: [", "no endpoints": "metrics: true",
		"aliases without end": "endpoints: &a [*a]",
	} {
		d, err := Read("x", []byte(text))
		importertest.Refused(t, why, d, err)
	}
}

// statuses in words and as a set say the same, whatever the conditions.
func TestRangesOfStatuses(t *testing.T) {
	s := allStatuses()
	for _, text := range []string{"[STATUS] >= 200", "[STATUS] < 400", "[STATUS] != any(301, 302)"} {
		c, ok := parse(text)
		if why := s.restrict(c); !ok || why != "" {
			t.Fatalf("%s: %s", text, why)
		}
	}
	if diff := cmp.Diff([]string{"200-300", "303-399"}, s.ranges()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzRead(f *testing.F) {
	sample, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add([]byte("endpoints: [{name: \"\\u2028\", url: \"https://a.example\", conditions: [\"[STATUS] == any(\"]}]"))
	f.Add([]byte("endpoints: [{name: a, url: 'https://a/\x7f'}, {name: a}, 7]\nexternal-endpoints: [{heartbeat: 3}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read("x", data)
		importertest.Sound(t, d, err)
	})
}

func TestNothingOfTheSampleIsDropped(t *testing.T) {
	data, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := made(t, string(data))
	for _, name := range []string{
		"alerting", "maintenance", "storage", "suites", "ui.header", "radio", "partner", "retired", "endpoints[0].alerts", "len([BODY].items) > 3",
		"endpoints[2].maintenance-windows", "graphql", "endpoints[13].wibble", "what is this",
	} {
		lost := func(line string) bool {
			return strings.Contains(line, "# not carried over: ") && strings.Contains(line, name)
		}
		if !slices.ContainsFunc(strings.Split(got, "\n"), lost) {
			t.Errorf("%s is dropped without a word", name)
		}
	}
	if strings.Contains(got, "hush") {
		t.Error("a secret is repeated")
	}
}
