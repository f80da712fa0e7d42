package blackbox

import (
	"os"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/importer/importertest"
)

// made is the configuration of two files, as text.
func made(t *testing.T, modules, prometheus string) string {
	t.Helper()
	d, err := Read("blackbox.yml", []byte(modules), "prometheus.yml", []byte(prometheus))
	return importertest.Made(t, d, err)
}

func job(target string) string {
	return `scrape_configs: [{job_name: j, metrics_path: /probe, params: {module: [m]}, static_configs: [{targets: ["` + target + `"]}], relabel_configs: [{target_label: __address__, replacement: "bb:9115"}]}]`
}

func TestModules(t *testing.T) {
	const exporter = "type: blackbox"
	for _, c := range []struct{ why, module, target, want string }{
		{"a website", "{prober: http}", "https://a.example/x", `url: "https://a.example/x"`},
		{"a target without a scheme is HTTP", "{prober: http}", "a.example", `url: "http://a.example"`},
		{"statuses", "{prober: http, http: {valid_status_codes: [200, 301]}}", "https://a.example", `status: ["200", "301"]`},
		{"no redirects", "{prober: http, http: {follow_redirects: false}}", "https://a.example", "redirects: 0"},
		{"text of the body", "{prober: http, http: {fail_if_body_not_matches_regexp: [ok]}}", "https://a.example", "matches: [ok]"},
		{"headers of the answer", "{prober: http, http: {fail_if_header_not_matches: [{header: Via, regexp: x}]}}", "https://a.example", "want_header: {Via: x}"},
		{"a password is not repeated", "{prober: http, http: {basic_auth: {username: u, password: hush}}}", "https://a.example", "secret_headers: {Authorization: {env: OUTCRY_A_EXAMPLE_AUTHORIZATION}}"},
		{"a bearer token is not repeated", "{prober: http, http: {bearer_token: hush}}", "https://a.example", "OUTCRY_A_EXAMPLE_AUTHORIZATION"},
		{"a header that may be secret is not repeated", "{prober: http, http: {headers: {X-Token: hush}}}", "https://a.example", "OUTCRY_A_EXAMPLE_X_TOKEN"},
		{"text that must not be: the exporter is asked", "{prober: http, http: {fail_if_body_matches_regexp: [ill]}}", "https://a.example", exporter},
		{"a key that nobody knows: the exporter is asked", "{prober: http, http: {wibble: 1}}", "https://a.example", exporter},
		{"a module that must fail: the exporter is asked", "{prober: http, http: {fail_if_ssl: true}}", "https://a.example", exporter},
		{"the exporter's own address", "{prober: http, http: {wibble: 1}}", "https://a.example", `url: "http://bb:9115/probe?module=m&target=https%3A%2F%2Fa.example"`},
		{"a connection", "{prober: tcp}", "a.example:25", `url: "tcp://a.example:25"`},
		{"a connection over TLS", "{prober: tcp, tcp: {tls: true}}", "a.example:465", `url: "tls://a.example:465"`},
		{"a greeting", "{prober: tcp, tcp: {query_response: [{expect: ^220}]}}", "a.example:25", `expect: "^220"`},
		{"a question", "{prober: tcp, tcp: {query_response: [{send: PING}, {expect: PONG}]}}", "a.example:25", `send: "PING\n"`},
		{"a talk: the exporter is asked", "{prober: tcp, tcp: {query_response: [{expect: a}, {send: b}]}}", "a.example:25", exporter},
		{"TLS in the middle: the exporter is asked", "{prober: tcp, tcp: {query_response: [{starttls: true}]}}", "a.example:25", exporter},
		{"an echo", "{prober: icmp, icmp: {preferred_ip_protocol: ip4}}", "a.example", `ip: "4"`},
		{"a name", "{prober: dns, dns: {query_name: a.example, query_type: MX}}", "9.9.9.9", `url: "dns://9.9.9.9/a.example?type=MX"`},
		{"a record", "{prober: dns, dns: {query_name: a.example, query_type: A, validate_answer_rrs: {fail_if_none_matches_regexp: [x]}}}", "9.9.9.9", "matches: x"},
		{"several rcodes: the exporter is asked", "{prober: dns, dns: {query_name: a.example, valid_rcodes: [NOERROR, NXDOMAIN]}}", "9.9.9.9", exporter},
		{"gRPC", "{prober: grpc, grpc: {service: s}}", "a.example:80", `url: "grpc://a.example:80/s"`},
		{"a prober that nobody knows", "{prober: wibble}", "a.example:80", exporter},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := made(t, "modules: {m: "+c.module+"}", job(c.target))
			if !strings.Contains(got, c.want) || c.want != exporter && !strings.Contains(c.want, "bb:9115") && strings.Contains(got, exporter) {
				t.Errorf("no %q in:\n%s", c.want, got)
			}
			if strings.Contains(got, "hush") {
				t.Errorf("a secret is repeated:\n%s", got)
			}
		})
	}
}

func TestFilesOfOneKind(t *testing.T) {
	got := made(t, job("https://a.example"), "")
	if !strings.Contains(got, "type: blackbox") || !strings.Contains(got, "its configuration is not given") {
		t.Errorf("targets alone give:\n%s", got)
	}
	_, err := Read("blackbox.yml", []byte("modules: {m: {prober: http}}"), "", nil)
	if err == nil || !strings.Contains(err.Error(), "--targets") {
		t.Errorf("modules alone: %v", err)
	}
}

func TestNothingOfTheSampleIsDropped(t *testing.T) {
	modules, err := os.ReadFile("testdata/blackbox.yml")
	if err != nil {
		t.Fatal(err)
	}
	prometheus, err := os.ReadFile("testdata/prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	got := made(t, string(modules), string(prometheus))
	for _, line := range []string{
		"# not carried over: job node: ", "# not carried over: rule_files: ", "# not carried over: module unused: ", "# not carried over: scrape_configs[15].kubernetes_sd_configs: ",
		"# not carried over: labels of job web (team): ", "# not carried over: module irc: ", "# not carried over: module elsewhere: ",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no %q", line)
		}
	}
	if n := strings.Count(got, "  - name: "); n != 19 {
		t.Errorf("%d checks of 19 targets", n)
	}
	if strings.Contains(got, "hush") {
		t.Error("a secret is repeated")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("modules: {m: {prober: tcp, tcp: }}"), []byte(job("a:1")))
	f.Add([]byte("modules: {m: {prober: dns, dns: {query_name: 'a b'}}}"), []byte(job("[::1")))
	f.Add([]byte(job("\u2028")), []byte(""))
	f.Fuzz(func(t *testing.T, modules, prometheus []byte) {
		d, err := Read("x", modules, "y", prometheus)
		importertest.Sound(t, d, err)
	})
}
