//go:build slow

package app

import (
	"net"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/probe/httpcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// No check leaves a goroutine or a descriptor behind, however often it runs,
// whether it finds its target up or down. Those of messages, calls and homes are
// run as often against real servers, in their packages.
func TestManyRunsLeaveNothing(t *testing.T) {
	p := startPeers(t)
	t.Setenv("OUTCRY_TEST_KEY", pushKey(t))
	t.Setenv("OUTCRY_TEST_TOKEN", "00fc13adff785122b4ad28809a342098")
	_, securePort, err := net.SplitHostPort(p.secure[len("https://"):])
	if err != nil {
		t.Fatal(err)
	}
	pool := httpcheck.NewPool()
	defer pool.Close()
	types := checkTypes(pool, heartbeat.New(nothingKept{}, time.Now, nil))
	for _, c := range []struct {
		kind, options string
		reason        probe.Reason
	}{
		{"http", `{url: "` + p.plain + `/"}`, ""},
		{"http", `{url: "` + p.secure + `/", keep_alive: false}`, ""},
		{"http", `{url: "http://` + p.gone + `/"}`, probe.ReasonRefused},
		{"sequence", `{steps: [{url: "` + p.plain + `/a", take: {t: {json: token}}}, {url: "` + p.plain + `/b?t=${t}"}]}`, ""},
		{"tcp", `{url: "tcp://` + p.redis + `", send: PING, expect: PONG}`, ""},
		{"tls", `{url: "tls://127.0.0.1:` + securePort + `"}`, ""},
		{"dns", `{url: "dns://` + p.dns + `/a.example?type=A", answers: [192.0.2.1]}`, ""},
		{"icmp", `{url: "icmp://127.0.0.1", count: 1}`, ""},
		{"ntp", `{url: "ntp://` + p.ntp + `"}`, ""},
		{"grpc", `{url: "grpc://` + p.grpc + `"}`, ""},
		{"websocket", `{url: "ws` + p.plain[len("http"):] + `/socket", send: hello, expect: hello}`, ""},
		{"redis", `{url: "redis://` + p.redis + `", write: false}`, ""},
		{"redis", `{url: "redis://` + p.gone + `"}`, probe.ReasonRefused},
		{"sms/smpp", `{url: "smpp://` + p.sms + `", system_id: x, to: "1"}`, ""},
		{"sms/smpp", `{url: "smpp://` + p.redis + `", system_id: x, to: "1"}`, probe.ReasonReset},
		{"sms/http", `{url: "` + p.plain + `", account: AC1, token: {env: OUTCRY_TEST_TOKEN}, from: "+1", to: "+1"}`, ""},
		{"sms/kannel", `{url: "` + p.plain + `/cgi-bin/sendsms", status: "` + p.plain + `", user: x, password: {env: OUTCRY_TEST_TOKEN}, to: "1"}`, ""},
		{"push/apns", `{url: "` + p.secure + `", key: {env: OUTCRY_TEST_KEY}, key_id: K, team: T, topic: x, device: {env: OUTCRY_TEST_TOKEN}}`, ""},
		{"push/courier", `{host: 127.0.0.1, ports: ["` + securePort + `"], alpn: [h2]}`, ""},
		{"postgres", `{url: "postgres://` + p.redis + `/x", user: x, encrypted: false}`, probe.ReasonProtocol},
		{"mysql", `{url: "mysql://` + p.gone + `/x", user: x}`, probe.ReasonRefused},
		{"domain", `{domain: a.example, server: "` + p.plain + `"}`, ""},
		{"blackbox", `{url: "` + p.plain + `/probe"}`, ""},
		{"heartbeat", `{token: {env: OUTCRY_TEST_TOKEN}, period: 1h}`, heartbeat.ReasonNotYet},
	} {
		n, err := config.ParseNode(c.kind, []byte(c.options))
		if err != nil {
			t.Fatal(err)
		}
		check, err := types[c.kind](n.Decode, probe.Env{Roots: p.authority.Pool})
		if err != nil {
			t.Fatal(c.kind, err)
		}
		many := probetest.Many{
			Says: c.kind, Pardon: map[string]float64{"icmp": 0.01}[c.kind], // an echo may be lost
			Runs: probetest.Runs(t, 500), Wide: 8, Reason: c.reason, Slack: 40, // of the servers, which are in this process
			Attempt: func(int) probe.Result { return probe.Attempt(t.Context(), check, 20*time.Second) },
		}
		many.Test(t)
	}
}
