//go:build slow

package matrixcheck

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
	"github.com/outcry/outcry/internal/testutil/postgres"
)

// homeserver is a Dendrite of the test's own, with a database of its own, on
// which alice and bob share a room, and carol is in none. Their passwords are
// their names, eight times.
type homeserver struct {
	t             *testing.T
	plain, secure string // addresses
	process       *daemon.Process
	database      postgres.Server
	ca            *probetest.Authority
	tokens        map[string]string // of devices that the test has for itself
	room          string
}

const domain = "check.test"

// Alice's and bob's sign-ins are many; carol's are limited.
const dendriteConfig = `version: 2
global:
  server_name: ` + domain + `
  private_key: matrix_key.pem
  disable_federation: true
  database: {connection_string: %q, max_open_conns: 60, max_idle_conns: 5, conn_max_lifetime: -1}
  cache: {max_size_estimated: 64mb, max_age: 1h}
  jetstream: {storage_path: ./, in_memory: true, topic_prefix: Dendrite}
client_api:
  registration_disabled: false
  guests_disabled: true
  rate_limiting: {enabled: true, threshold: 20, cooloff_ms: 60000, exempt_user_ids: ["@alice:` + domain + `", "@bob:` + domain + `"]}
media_api: {base_path: ./media}
sync_api: {search: {enabled: false}}
logging: [{type: std, level: warn}]
`

func newHomeserver(t *testing.T) *homeserver {
	h := &homeserver{t: t, tokens: map[string]string{}, ca: probetest.NewAuthority(t)}
	dir := daemon.Folder(t, false)
	h.write(dir, "dendrite.yaml", fmt.Appendf(nil, dendriteConfig, h.database.Cluster(t)))
	_, cert, key := h.ca.Files(t, dir, "127.0.0.1")
	seed := make([]byte, 32)
	rand.Read(seed)
	h.write(dir, "matrix_key.pem", pem.EncodeToMemory(&pem.Block{Type: "MATRIX PRIVATE KEY", Headers: map[string]string{"Key-ID": "ed25519:test"}, Bytes: seed}))
	h.plain, _ = daemon.FreePort(t)
	h.secure, _ = daemon.FreePort(t)
	h.process = daemon.Start(t, daemon.Spec{
		Program: "dendrite", Needs: "./test install", Dir: dir,
		Args: []string{"--config", "dendrite.yaml", "--really-enable-open-registration", "--http-bind-address", h.plain,
			"--https-bind-address", h.secure, "--tls-cert", cert, "--tls-key", key},
		Ready: daemon.Answers(h.plain),
	})
	for _, user := range []string{"alice", "bob", "carol"} {
		h.tokens[user] = h.register(user)
	}
	h.room = h.text("room_id", h.ask("alice", http.MethodPost, "createRoom", map[string]any{"preset": "private_chat", "invite": []string{"@bob:" + domain, "@carol:" + domain}}))
	h.ask("bob", http.MethodPost, "join/"+h.room, struct{}{})
	return h
}

func (h *homeserver) write(dir, name string, content []byte) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *homeserver) register(user string) (token string) {
	h.t.Helper()
	return h.text("access_token", h.ask("", http.MethodPost, "register", map[string]any{
		"username": user, "password": strings.Repeat(user, 8), "device_id": "TEST", "auth": map[string]string{"type": "m.login.dummy"},
	}))
}

func (h *homeserver) text(field string, answer map[string]any) string {
	h.t.Helper()
	text, ok := answer[field].(string)
	if !ok {
		h.t.Fatalf("no %s in %v", field, answer)
	}
	return text
}

// ask does a request in a user's name, on the test's own device.
func (h *homeserver) ask(user, method, path string, body any) (answer map[string]any) {
	h.t.Helper()
	payload, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, "http://"+h.plain+"/_matrix/client/v3/"+path, bytes.NewReader(payload))
	if err != nil {
		h.t.Fatal(err)
	}
	if user != "" {
		req.Header.Set("Authorization", "Bearer "+h.tokens[user])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("%s %s: status %d, %v, %v", method, path, resp.StatusCode, answer, err)
	}
	return answer
}

// devices are those of a user that are not the test's own.
func (h *homeserver) devices(user string) (ids []string) {
	h.t.Helper()
	list, ok := h.ask(user, http.MethodGet, "devices", nil)["devices"].([]any)
	if !ok {
		h.t.Fatalf("%s has no list of devices", user)
	}
	for _, d := range list {
		if id := d.(map[string]any)["device_id"].(string); id != "TEST" {
			ids = append(ids, id)
		}
	}
	return ids
}

func (h *homeserver) options() Options {
	account := func(user string) Account {
		return Account{Server: "http://" + h.plain, User: "@" + user + ":" + domain, Password: secret(h.t, strings.Repeat(user, 8))}
	}
	o := Options{Sender: account("alice"), Receiver: account("bob"), Room: h.room}
	o.SetDefaults()
	o.Within = time.Minute
	return o
}

func (h *homeserver) try(says string, reason probe.Reason, change func(*Options)) {
	h.t.Helper()
	o := h.options()
	change(&o)
	p, err := New(o, probe.Env{Roots: h.ca.Pool})
	probetest.Want(h.t, says, probetest.Within(h.t, p, err, probetest.Patience(reason)), reason)
}

func same(*Options) {}

// Dendrite is a homeserver of others.
func TestAgainstDendrite(t *testing.T) {
	h := newHomeserver(t)
	h.try("a message arrives and is read", "", same)
	h.try("over TLS", "", func(o *Options) { o.Sender.Server, o.Receiver.Server = "https://"+h.secure, "https://"+h.secure })
	h.try("the sender has a token", "", func(o *Options) { o.Sender.Password, o.Sender.Token = config.Secret{}, secret(t, h.tokens["alice"]) })
	h.try("no receipt is wanted", "", func(o *Options) { o.Receipt = false })
	h.try("it arrives later than wanted", probe.ReasonLate, func(o *Options) { o.Within = time.Nanosecond })
	h.try("the password is wrong", probe.ReasonSignIn, func(o *Options) { o.Receiver.Password = secret(t, "wrong") })
	h.try("there is no such user", probe.ReasonSignIn, func(o *Options) { o.Sender.User = "@nobody:" + domain })
	h.try("the token is not known", probe.ReasonSignIn, func(o *Options) { o.Sender.Password, o.Sender.Token = config.Secret{}, secret(t, "other") })
	h.try("the token is somebody else's", probe.ReasonSignIn, func(o *Options) {
		o.Receiver.Password, o.Receiver.Token = config.Secret{}, secret(t, h.tokens["alice"])
	})
	h.try("the sender is not in the room", probe.ReasonRejected, func(o *Options) {
		o.Sender.User, o.Sender.Password = "@carol:"+domain, secret(t, strings.Repeat("carol", 8))
	})
	h.try("there is no such room", probe.ReasonRejected, func(o *Options) { o.Room = "!none:" + domain })
	h.try("the receiver is not in the room", probe.ReasonNotDelivered, func(o *Options) {
		o.Receiver.User, o.Receiver.Password = "@carol:"+domain, secret(t, strings.Repeat("carol", 8))
	})
	h.throttled()
	for _, user := range []string{"alice", "bob", "carol"} {
		if left := h.devices(user); len(left) > 0 {
			t.Errorf("%s is still signed in: %q", user, left)
		}
	}
	h.database.Halt(t)
	h.try("its database is gone", probe.ReasonStatus, same)
	h.database.Resume(t)
	p, err := New(h.options(), probe.Env{})
	probetest.Eventually(t, "its database is back, and so is the homeserver", func() bool { return probetest.Attempt(t, p, err).Reason == "" })
	h.process.Stop()
	h.try("it is stopped", probe.ReasonRefused, same)
}

// throttled has a user who sends too much.
func (h *homeserver) throttled() {
	h.t.Helper()
	h.ask("carol", http.MethodPost, "join/"+h.room, struct{}{})
	o := h.options()
	o.Sender.User, o.Sender.Password, o.Sender.Token, o.Receipt = "@carol:"+domain, config.Secret{}, secret(h.t, h.tokens["carol"]), false
	p, err := New(o, probe.Env{})
	for range 40 {
		if r := probetest.Attempt(h.t, p, err); r.Reason != "" {
			probetest.Want(h.t, "it sends too much", r, probe.ReasonThrottled)
			return
		}
	}
	h.t.Error("40 messages a minute are not too much")
}

func TestDendriteThatStumbles(t *testing.T) {
	h := newHomeserver(t)
	stumbles(t, h.plain, h.options(), 3) // it may answer a sync before there is news: one turn more in some runs
}

// Runs leave nobody signed in. Those whose process is killed leave the check's
// own devices at the most, which the next one takes over.
func TestRunsLeaveNothingAtDendrite(t *testing.T) {
	h := newHomeserver(t)
	devices := func() []string { return append(h.devices("alice"), h.devices("bob")...) }
	p, err := New(h.options(), probe.Env{}) // with a name, runs at the same time would sign one another out
	probetest.Want(t, "the first run", probetest.Attempt(t, p, err), "")
	http.DefaultClient.CloseIdleConnections()
	probetest.Soak(t, p, probetest.Runs(t, 200), h.plain)
	if left := devices(); len(left) > 0 {
		t.Errorf("after the runs there are the devices %q", left)
	}
	if kills := killedAtEachTurn(t, "http://"+h.plain, h.options(), devices); kills < 10 {
		t.Errorf("there were %d kills", kills)
	}
}
