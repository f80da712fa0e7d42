package webpush

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/notify/webpush/pushtest"
	"github.com/outcry/outcry/internal/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps subscribers in memory.
type shelf map[string]outcry.Subscriber

func (s shelf) PutSubscriber(_ context.Context, sub outcry.Subscriber, _ time.Time, most int) error {
	if len(s) >= most {
		return outcry.Errorf(outcry.CodeTooMany, "full")
	}
	s[sub.ID] = sub
	return nil
}

func (s shelf) DropSubscriber(_ context.Context, service, id string) error {
	if s[id].Service != service {
		return outcry.Errorf(outcry.CodeNotFound, "nobody")
	}
	delete(s, id)
	return nil
}

func (s shelf) Subscriber(_ context.Context, id string) (outcry.Subscriber, error) {
	if sub, ok := s[id]; ok {
		return sub, nil
	}
	return outcry.Subscriber{}, outcry.Errorf(outcry.CodeNotFound, "nobody")
}

func testKeys(t *testing.T) *Keys {
	t.Helper()
	text, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// clientOf trusts the service's certificate, and dials what the guard allows.
func clientOf(t *testing.T, s *pushtest.Service, allow ...string) *http.Client {
	t.Helper()
	guard, err := netguard.New(allow)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	tr := &http.Transport{DialContext: guard.Dialer(nil).DialContext, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func resolved(to string) outcry.Notice {
	began := time.Date(2024, 5, 16, 21, 39, 10, 0, time.UTC)
	return outcry.Notice{
		ID: to + "-7", Kind: outcry.NoticeResolved, Channel: Name, To: to,
		Incident: outcry.Incident{
			ID: "i1", Version: 7, State: outcry.StateResolved, Services: []string{"imessage"}, Onset: outcry.Onset{At: began},
			MonitoringAt: began.Add(56 * time.Minute), ClosedAt: began.Add(74 * time.Minute),
		},
	}
}

// stand is a push service, a browser that has subscribed, and our channel to it.
func stand(t *testing.T, now func() time.Time) (*pushtest.Service, *Channel, shelf, *pushtest.Browser, outcry.Subscriber) {
	t.Helper()
	service, browser, kept := pushtest.NewService(), pushtest.NewBrowser(), shelf{}
	t.Cleanup(service.Close)
	hosts := Hosts{strings.TrimPrefix(service.URL, "https://")}
	book, err := NewBook(BookConfig{Hosts: hosts, Most: 10, Keep: time.Hour, Now: now}, kept)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := book.Subscribe(t.Context(), outcry.Subscriber{Service: "imessage", Endpoint: service.Subscribe("anna", browser), Key: browser.Key, Auth: browser.Auth, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	herald, err := page.NewHerald()
	if err != nil {
		t.Fatal(err)
	}
	c := New(Config{
		Keys: testKeys(t), Contact: "mailto:ops@example.com", Hosts: hosts, Client: clientOf(t, service, "127.0.0.1"), Find: kept, Now: now,
		Say: func(lang string, n *outcry.Notice) page.Call { return herald.Say(lang, "iMessage", n) },
	})
	return service, c, kept, browser, sub
}

// TestMessage: what a push service gets is in order by the RFCs, and the browser
// reads in it, in its own language, what has become of the service.
func TestMessage(t *testing.T) {
	service, c, _, _, sub := stand(t, time.Now)
	var got []pushtest.Message
	service.Got = func(m pushtest.Message) { got = append(got, m) }
	n := resolved(sub.ID)
	update := n
	update.Kind, update.Incident.State, update.Incident.MonitoringAt = outcry.NoticeUpdated, outcry.StateIdentified, time.Time{}
	update.Incident.Confirmed, update.Incident.Impact = true, outcry.ImpactMajor
	update.Update = outcry.Update{State: outcry.StateIdentified, Body: "Both **gateways** drop [sessions](https://x.example).\n\nSMS works."}
	for _, n := range []outcry.Notice{update, n} {
		if err := c.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if wrong := service.Wrong(); len(wrong) > 0 || len(got) != 2 {
		t.Fatalf("%d messages, wrong: %v", len(got), wrong)
	}
	if got[0].TTL != 3600 || got[0].Urgency != "normal" || got[1].TTL != 12*3600 || got[1].Urgency != "high" || got[0].Topic == "" || got[0].Topic != got[1].Topic {
		t.Errorf("headers: %+v", got)
	}
	if got[1].Key != c.Keys.Public() || got[1].Contact != "mailto:ops@example.com" {
		t.Errorf("signed by %s for %s", got[1].Key, got[1].Contact)
	}
	for i, want := range []page.Call{
		{Title: "iMessage ist gestört.", Body: "Ursache gefunden: Both gateways drop sessions. SMS works."},
		{Title: "iMessage läuft wieder.", Body: "Es war gestört von etwa {0} bis {1}.", At: []time.Time{n.Incident.Onset.At, n.Incident.MonitoringAt}},
	} {
		want.Lang, want.Dir, want.Path, want.Tag = "de", "ltr", "/s/imessage?lang=de", "imessage"
		var call page.Call
		if err := json.Unmarshal(got[i].Text, &call); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, call); d != "" {
			t.Errorf("message %d (-want +got):\n%s", i, d)
		}
	}
}

// What becomes of a word when the push service does not simply take it.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		says      string
		status    int
		after     string
		permanent bool
		wait      time.Duration
	}{
		{"410: the browser has unsubscribed", 410, "", true, 0},
		{"404: there is no such subscription any more", 404, "", true, 0},
		{"413: it will not fit tomorrow either", 413, "", true, 0},
		{"429: later, as it says", 429, "90", false, 90 * time.Second},
		{"503: later", 503, "", false, 0},
		{"403: our key or clock is wrong, which can be mended", 403, "", false, 0},
		{"307: nobody is sent elsewhere", 307, "", false, 0},
		{"a wait of years is cut to an hour", 429, "999999999", false, time.Hour},
	} {
		t.Run(c.says, func(t *testing.T) {
			service, ch, _, _, sub := stand(t, time.Now)
			service.Answer = func(string, int) (int, string) { return c.status, c.after }
			err := ch.Send(t.Context(), resolved(sub.ID))
			f, ok := errors.AsType[*notify.Failure](err)
			if !ok || f.Permanent != c.permanent || f.After != c.wait || strings.Contains(err.Error(), "anna") {
				t.Errorf("%s: %+v, %v", c.says, f, err)
			}
		})
	}
}

// A pause that a push service asks for is kept towards all of its subscribers,
// and is over when it is over.
func TestPause(t *testing.T) {
	now := time.Now()
	service, ch, _, _, sub := stand(t, func() time.Time { return now })
	service.Answer = func(_ string, times int) (int, string) {
		if times == 1 {
			return 429, "60"
		}
		return 201, ""
	}
	for i, step := range []struct {
		later time.Duration
		wait  time.Duration // zero: it is delivered
		asked int
	}{{0, time.Minute, 1}, {20 * time.Second, 40 * time.Second, 1}, {41 * time.Second, 0, 2}} {
		now = now.Add(step.later)
		err := ch.Send(t.Context(), resolved(sub.ID))
		f, _ := errors.AsType[*notify.Failure](err)
		if (err == nil) != (step.wait == 0) || f != nil && f.After != step.wait || service.Asked("anna") != step.asked {
			t.Errorf("step %d: %v, asked %d times", i, err, service.Asked("anna"))
		}
	}
}

// Nobody is sent to who has gone, is at a service that is not on the list any
// more, or whose service's name leads where a stranger may not reach.
func TestNotSent(t *testing.T) {
	service, ch, kept, _, sub := stand(t, time.Now)
	if err := ch.Send(t.Context(), resolved("nobody")); err != nil {
		t.Errorf("who has unsubscribed meanwhile: %v", err)
	}
	ch.client = *clientOf(t, service)
	err := ch.Send(t.Context(), resolved(sub.ID))
	if !netguard.IsRefused(err) || strings.Contains(err.Error(), "/push/") {
		t.Errorf("a name that leads to this machine: %v", err)
	}
	ch.Hosts = KnownHosts()
	if f, ok := errors.AsType[*notify.Failure](ch.Send(t.Context(), resolved(sub.ID))); !ok || !f.Permanent {
		t.Errorf("a service that is not on the list any more: %v", f)
	}
	if service.Asked("anna") != 0 {
		t.Error("it was sent to")
	}
	for _, text := range []string{fmt.Sprint(sub), fmt.Sprintf("%+v", kept[sub.ID]), fmt.Sprintf("%#v %v", ch.Keys, ch.Keys)} {
		if strings.Contains(text, "/push/anna") || strings.Contains(text, "private") {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestEndpoints(t *testing.T) {
	hosts := append(KnownHosts(), "push.example:8443", "*.own.example")
	for _, c := range []struct {
		says, endpoint string
		ok             bool
	}{
		{"Chrome's", "https://fcm.googleapis.com/fcm/send/abc:def", true},
		{"Firefox's", "https://updates.push.services.mozilla.com/wpush/v2/abc", true},
		{"Edge's, under a name of its own", "https://db5p.notify.windows.com/w/?token=abc%3d", true},
		{"Safari's", "https://web.push.apple.com/QGu", true},
		{"the standard port may be written", "https://web.push.apple.com:443/QGu", true},
		{"names are the same in capitals", "https://FCM.googleapis.com/x", true},
		{"the operator's own, with its port", "https://push.example:8443/x", true},
		{"a wildcard of the operator's", "https://a.b.own.example/x", true},
		{"another port", "https://push.example/x", false},
		{"a port of a known host", "https://fcm.googleapis.com:8443/x", false},
		{"no TLS", "http://fcm.googleapis.com/x", false},
		{"a stranger's host", "https://evil.example/fcm.googleapis.com", false},
		{"a host that only begins so", "https://fcm.googleapis.com.evil.example/x", false},
		{"a host that only ends so", "https://evilnotify.windows.com/x", false},
		{"the wildcard's own name is none of its hosts", "https://notify.windows.com/x", false},
		{"a user before the host", "https://fcm.googleapis.com@evil.example/x", false},
		{"a password to a known host", "https://a:b@fcm.googleapis.com/x", false},
		{"an address of this machine", "https://127.0.0.1/x", false},
		{"a line break", "https://fcm.googleapis.com/x\r\nHost: y", false},
		{"a space", "https://fcm.googleapis.com/x y", false},
		{"a backslash for a slash", `https://evil.example\@fcm.googleapis.com/x`, false},
		{"a fragment", "https://fcm.googleapis.com/x#y", false},
		{"nothing", "", false},
		{"too much", "https://fcm.googleapis.com/" + strings.Repeat("x", maxEndpoint), false},
	} {
		if _, err := hosts.read(c.endpoint); (err == nil) != c.ok {
			t.Errorf("%s: %q: %v", c.says, c.endpoint, err)
		}
	}
}

// FuzzEndpoint: whatever passes goes to a host of the list, by TLS.
func FuzzEndpoint(f *testing.F) {
	for _, s := range []string{"https://fcm.googleapis.com/x", "https://a.notify.windows.com:443/?token=x", "https://fcm.googleapis.com@x/", `https://x\.notify.windows.com/`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := KnownHosts().read(s)
		if err != nil {
			return
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.String(), nil)
		if err != nil {
			t.Fatalf("%q passes and makes no request: %v", s, err)
		}
		to, err := url.Parse("https://" + req.URL.Host)
		host := strings.ToLower(to.Hostname())
		known := host == "fcm.googleapis.com" || host == "updates.push.services.mozilla.com" || host == "web.push.apple.com" || strings.HasSuffix(host, ".notify.windows.com")
		if err != nil || req.URL.Scheme != "https" || !known || req.URL.User != nil {
			t.Errorf("%q passes and leads to %s", s, req.URL.Host)
		}
	})
}

func TestBook(t *testing.T) {
	now, reg, kept, b := time.Date(2024, 5, 16, 12, 0, 0, 0, time.UTC), prometheus.NewRegistry(), shelf{}, pushtest.NewBrowser()
	book, err := NewBook(BookConfig{Hosts: KnownHosts(), Most: 2, Keep: time.Hour, Now: func() time.Time { return now }, Metrics: reg}, kept)
	if err != nil {
		t.Fatal(err)
	}
	whole := outcry.Subscriber{Service: "imessage", Endpoint: "https://fcm.googleapis.com/a", Key: b.Key, Auth: b.Auth}
	for _, c := range []struct {
		says   string
		change func(*outcry.Subscriber)
		field  string
	}{
		{"a whole one is kept", func(*outcry.Subscriber) {}, ""},
		{"one of another service has another name", func(s *outcry.Subscriber) { s.Service = "facetime" }, ""},
		{"a key that is no point", func(s *outcry.Subscriber) { s.Key = append([]byte{4}, make([]byte, 64)...) }, "keys.p256dh"},
		{"a compressed key", func(s *outcry.Subscriber) { s.Key = append([]byte{2}, s.Key[1:33]...) }, "keys.p256dh"},
		{"a secret that is too short", func(s *outcry.Subscriber) { s.Auth = s.Auth[:15] }, "keys.auth"},
		{"a stranger's host", func(s *outcry.Subscriber) { s.Endpoint = "https://evil.example/" }, "endpoint"},
	} {
		s := whole
		c.change(&s)
		got, err := book.Subscribe(t.Context(), s)
		if e, _ := errors.AsType[*outcry.Error](err); (err == nil) != (c.field == "") || e != nil && e.Field != c.field {
			t.Errorf("%s: %v", c.says, err)
		}
		if err == nil && (len(got.ID) != 22 || !got.Expires.Equal(now.Add(time.Hour)) || kept[got.ID].Endpoint != s.Endpoint) {
			t.Errorf("%s: kept as %+v", c.says, kept)
		}
	}
	if _, err := book.Subscribe(t.Context(), outcry.Subscriber{Service: "x", Endpoint: "https://fcm.googleapis.com/b", Key: b.Key, Auth: b.Auth}); outcry.CodeOf(err) != outcry.CodeTooMany {
		t.Errorf("one too many: %v", err)
	}
	id := idOf("imessage", whole.Endpoint)
	if err := book.Unsubscribe(t.Context(), "facetime", id); outcry.CodeOf(err) != outcry.CodeNotFound {
		t.Errorf("by another service's name: %v", err)
	}
	if err := book.Unsubscribe(t.Context(), "imessage", id); err != nil {
		t.Error(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		counted[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
	}
	if d := cmp.Diff(map[string]float64{"kept": 2, "refused": 5, "withdrawn": 1}, counted); d != "" {
		t.Error(d)
	}
}

// The key may come from other tools; what is none is refused without being
// repeated. A token is made again when half of its life is over.
func TestKeys(t *testing.T) {
	text, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseKeys(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	sec1, err1 := x509.MarshalECPrivateKey(k.private)
	pkcs8, err2 := x509.MarshalPKCS8PrivateKey(k.private)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{
		text + "=", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
	} {
		if same, err := ParseKeys(other); err != nil || same.Public() != k.Public() {
			t.Errorf("the same key in another form: %v", err)
		}
	}
	for _, bad := range []string{"", "secret-that-is-none", b64.EncodeToString(make([]byte, 32)), "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"} {
		if _, err := ParseKeys(bad); outcry.CodeOf(err) != outcry.CodeInvalid || strings.Contains(err.Error(), "secret-that") {
			t.Errorf("no key: %v", err)
		}
	}
	at := &url.URL{Scheme: "https", Host: "a.example"}
	now := time.Now()
	var tokens []string
	for _, later := range []time.Duration{0, tokenLife / 2, tokenLife/2 + time.Second} {
		token, err := k.authorization(at, "", now.Add(later))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	if tokens[0] != tokens[1] || tokens[1] == tokens[2] {
		t.Error("a token is not used for just half of its life")
	}
	for i := range 3 * mostTokens {
		if _, err := k.authorization(&url.URL{Scheme: "https", Host: fmt.Sprint(i, ".example")}, "", now); err != nil || len(k.tokens) > mostTokens {
			t.Fatalf("%d tokens are remembered, %v", len(k.tokens), err)
		}
	}
}
