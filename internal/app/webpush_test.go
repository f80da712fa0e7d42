package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/notify/webpush/pushtest"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/store"
)

// pushing is a configuration that sends to a push service on this machine.
func pushing(t *testing.T, s *pushtest.Service) string {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return oneService + fmt.Sprintf(`
outbound: {allow: [127.0.0.1]}
notify:
  web_push: {services: ["%s"], ca: %s, contact: "mailto:ops@example.com"}
`, strings.TrimPrefix(s.URL, "https://"), ca)
}

// commandAs is what an operator does to an incident; it gives the answer's id.
func commandAs(t *testing.T, l *live, data, path, body string) string {
	t.Helper()
	token, err := os.ReadFile(AdminTokenFile(data))
	if err != nil {
		t.Fatal(err)
	}
	code, answer := l.post(t, path, "application/json", body, "Authorization", "Bearer "+strings.TrimSpace(string(token)))
	var in struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &in); err != nil || code/100 != 2 {
		t.Fatalf("%s: %d %s", path, code, answer)
	}
	return in.ID
}

// wordWithin ends a test that has lost its way; a machine under load is slow.
const wordWithin = 2 * time.Minute

// becomes asks until the answer is right.
func becomes(t *testing.T, what string, right func() bool) {
	t.Helper()
	for end := time.Now().Add(wordWithin); !right(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not so: %s", what)
		}
	}
}

var pageKey = regexp.MustCompile(`data-key="([A-Za-z0-9_-]{87})"`)

// The whole way: a visitor's browser asks on a failing service's page, hears
// what people say meanwhile and that it is back, each once, by a push service
// that also has a bad day; then the site knows nothing of it any more.
func TestVisitorIsTold(t *testing.T) {
	service := pushtest.NewService()
	defer service.Close()
	got := make(chan pushtest.Message, 10)
	service.Got = func(m pushtest.Message) { got <- m }
	service.Answer = func(to string, times int) (int, string) {
		if to == "bad-day" && times == 1 {
			return http.StatusServiceUnavailable, "1"
		}
		return http.StatusCreated, ""
	}
	data := t.TempDir()
	l := serve(t, pushing(t, service), data)
	id := commandAs(t, l, data, "/api/v1/incidents", `{"title":"Down","services":["shop"],"impact":"major","body":"We look."}`)
	var key string
	becomes(t, "the page offers to tell", func() bool {
		_, body := l.get(t, "/s/shop")
		if m := pageKey.FindStringSubmatch(body); m != nil {
			key = m[1]
		}
		return key != ""
	})
	subscribe := func(name string, updates bool) {
		b := pushtest.NewBrowser()
		enc := base64.RawURLEncoding
		body := fmt.Sprintf(`{"endpoint":%q,"keys":{"p256dh":%q,"auth":%q},"language":"de","updates":%v}`,
			service.Subscribe(name, b), enc.EncodeToString(b.Key), enc.EncodeToString(b.Auth), updates)
		if code, answer := l.post(t, "/api/v1/services/shop/subscriptions", "application/json", body); code != http.StatusCreated {
			t.Fatalf("%d %s", code, answer)
		}
	}
	subscribe("all", true)
	subscribe("bad-day", false)
	code, answer := l.post(t, "/api/v1/services/shop/subscriptions", "application/json", `{"endpoint":"https://evil.example/","keys":{"p256dh":"","auth":""}}`)
	if code != http.StatusBadRequest || !strings.Contains(answer, "endpoint") {
		t.Errorf("a stranger's own host: %d %s", code, answer)
	}
	hears := func(to, title string) {
		t.Helper()
		select {
		case m := <-got:
			var call page.Call
			if err := json.Unmarshal(m.Text, &call); err != nil || m.To != to || call.Title != title || m.Key != key || m.Contact != "mailto:ops@example.com" {
				t.Errorf("%s hears %+v by %s, %v; want that %s hears %q", m.To, call, m.Contact, err, to, title)
			}
		case <-time.After(wordWithin):
			t.Fatalf("nobody has told %s %q; wrong: %v", to, title, service.Wrong())
		}
	}
	commandAs(t, l, data, "/api/v1/incidents/"+id+"/updates", `{"state":"identified","body":"A disk."}`)
	hears("all", "Shop ist gestört.")
	commandAs(t, l, data, "/api/v1/incidents/"+id+"/resolve", `{"body":"It was a disk."}`)
	hears("all", "Shop läuft wieder.")
	hears("bad-day", "Shop läuft wieder.")
	if err := l.stop(); err != nil {
		t.Error(err)
	}
	if len(got) > 0 || len(service.Wrong()) > 0 || service.Asked("bad-day") != 2 {
		t.Errorf("%d words too many, wrong %v, asked %d times", len(got), service.Wrong(), service.Asked("bad-day"))
	}
	nobodyWaits(t, data)
	again := serve(t, pushing(t, service), data)
	commandAs(t, again, data, "/api/v1/incidents", `{"title":"Down","services":["shop"],"body":"We look."}`)
	becomes(t, "the key is the same after a restart", func() bool {
		_, body := again.get(t, "/s/shop")
		return strings.Contains(body, key)
	})
}

func nobodyWaits(t *testing.T, data string) {
	t.Helper()
	cfg := config.Default()
	cfg.Data = data
	dsn, err := cfg.StoreDSN()
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), dsn, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if left, err := s.WaitingSubscribers(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("who has been told is still known: %v, %v", left, err)
	}
}

// Who cannot be told is not asked to: without the role, or where it is off.
func TestNobodyIsTold(t *testing.T) {
	l := serve(t, oneService+"notify: {web_push: {off: true}}\n", t.TempDir())
	if code, _ := l.post(t, "/api/v1/services/shop/subscriptions", "application/json", "{}"); code != http.StatusServiceUnavailable {
		t.Errorf("where it is off: %d", code)
	}
}

// The key may be the operator's own; what is none, or a file that is none, is
// said at the start.
func TestPushSettings(t *testing.T) {
	t.Setenv("VAPID", "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
	t.Setenv("NO_VAPID", "not-a-key-at-all")
	for _, c := range []struct{ says, yaml, want string }{
		{"a key of their own", "key: {env: VAPID}", ""},
		{"no key", "key: {env: NO_VAPID}", "must be a private key"},
		{"no certificates", "ca: /nowhere.pem", "notify.web_push.ca"},
	} {
		cfg := parse(t, oneService+"notify: {web_push: {"+c.yaml+"}}\n")
		cfg.Data, cfg.Listen, cfg.AdminListen = t.TempDir(), "127.0.0.1:0", config.AdminOff
		ctx, stop := context.WithCancel(t.Context())
		err := Serve(ctx, ServeOptions{Config: cfg, Log: quietLog(), Ready: func(net.Addr, net.Addr) { stop() }})
		stop()
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "not-a-key")) {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}
