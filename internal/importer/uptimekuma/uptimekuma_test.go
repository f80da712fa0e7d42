package uptimekuma

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/importer/importertest"
)

// made is the configuration of a backup, as text.
func made(t *testing.T, text string) string {
	t.Helper()
	d, err := Read("backup.json", []byte(text))
	return importertest.Made(t, d, err)
}

func TestMonitors(t *testing.T) {
	for _, c := range []struct{ why, keys, want string }{
		{"a website", `"type":"http","url":"https://a.example/"`, `url: "https://a.example/"`},
		{"statuses", `"type":"http","url":"https://a.example/","accepted_statuscodes":["200-299","304"]`, `status: ["200-299", "304"]`},
		{"a word on it", `"type":"keyword","url":"https://a.example/","keyword":"well"`, `contains: [well]`},
		{"a word that must not be", `"type":"keyword","url":"https://a.example/","keyword":"ill","invertKeyword":true`, `absent: [ill]`},
		{"a flag may be a number", `"type":"keyword","url":"https://a.example/","keyword":"ill","invertKeyword":1`, `absent: [ill]`},
		{"a value of a document", `"type":"json-query","url":"https://a.example/","jsonPath":"a.b[0]","expectedValue":"ok"`, `json: [{path: "a.b[0]", op: "==", value: ok}]`},
		{"an expression is named", `"type":"json-query","url":"https://a.example/","jsonPath":"$count(a)","expectedValue":"1"`, `not carried over: jsonPath $count(a)`},
		{"redirects are at most ours", `"type":"http","url":"https://a.example/","maxredirects":99`, `redirects: 20`},
		{"a password in the address is not repeated", `"type":"http","url":"https://u:hush@a.example/"`, `secret_headers: {Authorization: {env: OUTCRY_M_AUTHORIZATION}}`},
		{"nor one beside it", `"type":"http","url":"https://a.example/","authMethod":"basic","basic_auth_user":"u","basic_auth_pass":"hush"`, `OUTCRY_M_AUTHORIZATION`},
		{"nor one in a header", `"type":"http","url":"https://a.example/","headers":"{\"X-Token\":\"hush\",\"Accept\":\"*/*\"}"`, `headers: {Accept: "*/*"}`},
		{"headers that are no JSON are named", `"type":"http","url":"https://a.example/","headers":"hush"`, `not carried over: headers: they are no JSON object`},
		{"an authentication that is not known is named", `"type":"http","url":"https://a.example/","authMethod":"ntlm"`, `not carried over: authMethod ntlm`},
		{"what only says how it is shown is named, and what says nothing is not", `"type":"http","url":"https://a.example/","weight":2000,"hidden":false,"cacheBust":true`,
			"# left out, because it only says how Uptime Kuma shows something: cacheBust, weight\n"},
		{"a port", `"type":"port","hostname":"a.example","port":25`, `url: "tcp://a.example:25"`},
		{"a port may be text", `"type":"port","hostname":"a.example","port":"25"`, `url: "tcp://a.example:25"`},
		{"a host that answers", `"type":"ping","hostname":"2001:db8::1"`, `url: "icmp://[2001:db8::1]"`},
		{"a name", `"type":"dns","hostname":"a.example","dns_resolve_type":"MX","dns_resolve_server":"9.9.9.9, 1.1.1.1","port":53`, `url: "dns://9.9.9.9:53/a.example?type=MX"`},
		{"a job", `"type":"push","pushToken":"hush","interval":60,"maxretries":2,"retryInterval":30`, `grace: 1m`},
		{"a database", `"type":"postgres","databaseConnectionString":"postgres://u:hush@db.example/x?sslmode=disable"`, `url: "postgres://db.example/x"`},
		{"a database that is no URL", `"type":"postgres","databaseConnectionString":"Server=hush"`, `its connection string is no URL`},
		{"a cache is not written to", `"type":"redis","databaseConnectionString":"redis://:hush@c.example:6379"`, `write: false`},
		{"a broker", `"type":"mqtt","hostname":"b.example","port":1883`, `url: "mqtt://b.example:1883"`},
		{"a broker over WebSocket is named", `"type":"mqtt","hostname":"wss://b.example","port":443`, `MQTT over wss is not known here`},
		{"a check that wants to fail is named", `"type":"http","url":"https://a.example/","upsideDown":true`, `upsideDown`},
		{"types that nobody knows are named", `"type":"wibble"`, `the monitor of type wibble: there is no check of this type`},
		{"a timeout is at most the interval", `"type":"http","url":"https://a.example/","interval":20,"timeout":48`, `timeout: 20s`},
		{"patience is at most ours", `"type":"http","url":"https://a.example/","maxretries":40,"retryInterval":900`, `retries: 10`},
		{"keys that nobody knows are named", `"type":"http","url":"https://a.example/","wibble":3`, `not carried over: monitorList[0].wibble`},
		{"no address is named", `"type":"http","url":"a.example"`, `its address is none of a host`},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := made(t, `{"monitorList":[{"id":1,"name":"m",`+c.keys+`}]}`)
			if !strings.Contains(got, c.want) {
				t.Errorf("no %q in:\n%s", c.want, got)
			}
			if strings.Contains(got, "hush") {
				t.Errorf("a secret is repeated:\n%s", got)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	got := made(t, `{"monitorList":[{"id":1,"name":"a","type":"ping","hostname":"a.example","parent":3},{"id":2,"name":"Cloud","type":"group","parent":4},
		{"id":3,"name":"Europe","type":"group","parent":2},{"id":4,"name":"Loop","type":"group","parent":2}]}`)
	if !strings.Contains(got, "Cloud / Europe") || strings.Count(got, "- id: ") != 1 {
		t.Errorf("groups, of which two are in each other, give:\n%s", got)
	}
}

func TestNothingOfTheSampleIsDropped(t *testing.T) {
	data, err := os.ReadFile("testdata/backup.json")
	if err != nil {
		t.Fatal(err)
	}
	got := made(t, string(data))
	lines := strings.Split(got, "\n")
	for _, word := range []string{"notificationList", "Paused", "monitorList[2].tags", "expiryNotification", "oauth2-cc", "mqttTopic", "sqlserver", "docker", "gamedig", "kafka-producer", "it has no port"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "# not carried over: ") && strings.Contains(l, word) }) {
			t.Errorf("%s is dropped without a word", word)
		}
	}
	if strings.Contains(got, "hush") {
		t.Error("a secret is repeated")
	}
}

func TestWhatIsNoBackup(t *testing.T) {
	for why, text := range map[string]string{
		"nothing": "", "no JSON": "{", "a list": "[]", "another document": `{"a":1}`, "no monitors": `{"monitorList":[]}`, "monitors that are none": `{"monitorList":[1,"a",null]}`,
		"a group alone": `{"monitorList":[{"type":"group","id":1,"name":"g"}]}`,
	} {
		d, err := Read("x", []byte(text))
		importertest.Refused(t, why, d, err)
	}
}

func FuzzRead(f *testing.F) {
	sample, err := os.ReadFile("testdata/backup.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add([]byte(`{"monitorList":[{"type":"http","name":"\u2028\ud800","url":"https://a/\u007f","interval":1e300,"timeout":-1,"port":{}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read("x", data)
		importertest.Sound(t, d, err)
	})
}
