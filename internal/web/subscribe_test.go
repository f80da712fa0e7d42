package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// fakeSubscribers keeps who has subscribed.
type fakeSubscribers struct {
	got []outcry.Subscriber
	err error
}

func (f *fakeSubscribers) Subscribe(_ context.Context, s outcry.Subscriber) (outcry.Subscriber, error) {
	s.ID, s.Expires = "id-1", pagetest.Onset.Add(time.Hour)
	f.got = append(f.got, s)
	return s, f.err
}

func (f *fakeSubscribers) Unsubscribe(_ context.Context, service, id string) error {
	if service != "imessage" || id != "id-1" {
		return outcry.Errorf(outcry.CodeNotFound, "nobody")
	}
	f.got = nil
	return nil
}

type fakeTurnstile time.Duration

func (f fakeTurnstile) Wait(*http.Request) time.Duration { return time.Duration(f) }

const subscription = `{"endpoint":"https://push.example/a","expirationTime":null,"keys":{"p256dh":"BAE","auth":"AQI="},"language":"pl","updates":true}`

// TestSubscribe: what a browser says arrives whole, and only from where and
// while it may.
func TestSubscribe(t *testing.T) {
	const at = "/api/v1/services/imessage/subscriptions"
	for _, c := range []struct {
		says, target, body string
		headers            []string
		stage              pagetest.Stage
		wait               time.Duration
		err                error
		status             int
		want               string // in the answer
	}{
		{says: "a browser's own words", target: at, body: subscription, stage: pagetest.Outage, status: 201, want: `"id":"id-1","service":"imessage","incident":"2024-0516-imsg","updates":true,"expires":"2024-05-16T22:39:10Z"`},
		{says: "from our own page", target: at, body: subscription, headers: []string{"Sec-Fetch-Site", "same-origin"}, stage: pagetest.Outage, status: 201},
		{says: "from another site's page", target: at, body: subscription, headers: []string{"Sec-Fetch-Site", "cross-site"}, stage: pagetest.Outage, status: 403, want: "another site"},
		{says: "by a form, which needs no leave of the browser's", target: at, body: "endpoint=x", headers: []string{"Content-Type", "text/plain"}, stage: pagetest.Outage, status: 415},
		{says: "while nothing is wrong", target: at, body: subscription, stage: pagetest.Quiet, status: 409, want: "nothing"},
		{says: "when it is over", target: at, body: subscription, stage: pagetest.Resolved, status: 409},
		{says: "while it comes back", target: at, body: subscription, stage: pagetest.Recovering, status: 201},
		{says: "a service that there is not", target: "/api/v1/services/nix/subscriptions", body: subscription, stage: pagetest.Outage, status: 404},
		{says: "a private service is none, either", target: "/api/v1/services/" + pagetest.PrivateID + "/subscriptions", body: subscription, stage: pagetest.Outage, status: 404},
		{says: "no JSON", target: at, body: "{", stage: pagetest.Outage, status: 400},
		{says: "keys that are not known", target: at, body: `{"endpoint":"x","evil":1}`, stage: pagetest.Outage, status: 400, want: "evil"},
		{says: "no base64", target: at, body: `{"endpoint":"x","keys":{"p256dh":"!","auth":""}}`, stage: pagetest.Outage, status: 400, want: `"field":"keys.p256dh"`},
		{says: "too much", target: at, body: `{"endpoint":"` + strings.Repeat("x", subscriptionBytes) + `"}`, stage: pagetest.Outage, status: 413},
		{says: "too many from one network", target: at, body: subscription, wait: 1500 * time.Millisecond, stage: pagetest.Outage, status: 429, want: "network"},
		{says: "an address that is refused", target: at, body: subscription, err: outcry.FieldErrorf("endpoint", "is elsewhere"), stage: pagetest.Outage, status: 400, want: `"field":"endpoint"`},
	} {
		f := &fakeSubscribers{err: c.err}
		s := newTest(t, func(_ *Config, d *Deps) { d.Subscribers, d.Turnstile = f, fakeTurnstile(c.wait) })
		if err := s.Publish(pagetest.World(c.stage)); err != nil {
			t.Fatal(err)
		}
		w := ask(s, "POST", c.target, c.body, append([]string{"Content-Type", "application/json"}, c.headers...)...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) || (w.Code == 201) != (len(f.got) == 1 && c.err == nil) {
			t.Errorf("%s: %d %s", c.says, w.Code, w.Body)
		}
		if w.Code == 429 && w.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: come again after %q", c.says, w.Header().Get("Retry-After"))
		}
		if w.Code == 201 && (f.got[0].Endpoint != "https://push.example/a" || string(f.got[0].Key) != "\x04\x01" || string(f.got[0].Auth) != "\x01\x02" || f.got[0].Language != "pl" || !f.got[0].Updates) {
			t.Errorf("%s: kept %#v", c.says, f.got[0])
		}
	}
}

// Without a language that we speak it is the one that the browser prefers.
func TestSubscribersLanguage(t *testing.T) {
	f := &fakeSubscribers{}
	s := newTest(t, func(_ *Config, d *Deps) { d.Subscribers = f })
	for given, want := range map[string]string{`"tlh"`: "ja", `"es"`: "es", `""`: "ja"} {
		f.got = nil
		body := strings.Replace(subscription, `"pl"`, given, 1)
		w := ask(s, "POST", "/api/v1/services/imessage/subscriptions", body, "Content-Type", "application/json", "Accept-Language", "ja,en;q=0.5")
		if w.Code != 201 || f.got[0].Language != want {
			t.Errorf("%s: %d, in %v", given, w.Code, f.got)
		}
	}
}

func TestUnsubscribe(t *testing.T) {
	f := &fakeSubscribers{}
	s := newTest(t, func(_ *Config, d *Deps) { d.Subscribers = f })
	for _, c := range []struct {
		says, id string
		site     string
		status   int
	}{
		{"whoever knows its name", "id-1", "same-origin", 204},
		{"who does not", "id-2", "same-origin", 404},
		{"a name that cannot be one", strings.Repeat("x", 100), "same-origin", 404},
		{"from another site's page", "id-1", "cross-site", 403},
	} {
		if w := ask(s, "DELETE", "/api/v1/services/imessage/subscriptions/"+c.id, "", "Sec-Fetch-Site", c.site); w.Code != c.status {
			t.Errorf("%s: %d %s", c.says, w.Code, w.Body)
		}
	}
	none := newTest(t, nil)
	for _, method := range []string{"POST", "DELETE"} {
		target := "/api/v1/services/imessage/subscriptions"
		if method == "DELETE" {
			target += "/id-1"
		}
		if w := ask(none, method, target, subscription, "Content-Type", "application/json"); w.Code != 503 {
			t.Errorf("%s where nobody is told: %d %s", method, w.Code, w.Body)
		}
	}
}

// FuzzSubscription: whatever is sent as a subscription is refused as the
// sender's mistake, or read.
func FuzzSubscription(f *testing.F) {
	f.Add(subscription)
	f.Add(`{"keys":{"p256dh":"` + strings.Repeat("A", 200) + `"}}`)
	s := newTest(f, func(_ *Config, d *Deps) { d.Subscribers = &fakeSubscribers{} })
	f.Fuzz(func(t *testing.T, body string) {
		w := ask(s, "POST", "/api/v1/services/imessage/subscriptions", body, "Content-Type", "application/json")
		var answer map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 201 && w.Code/100 != 4 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
