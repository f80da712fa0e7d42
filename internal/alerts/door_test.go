package alerts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

// book is a memory, and whom signals are sent to.
type book struct {
	firing map[string][2]string
	sent   []outcry.Signal
	sends  int
	broken error
}

func newBook() *book { return &book{firing: map[string][2]string{}} }

func (b *book) FiringAlert(_ context.Context, name string) (service, symptom string, firing bool, err error) {
	v, ok := b.firing[name]
	return v[0], v[1], ok, nil
}

func (b *book) KeepAlert(_ context.Context, name, service, symptom string, _ time.Time) error {
	b.firing[name] = [2]string{service, symptom}
	return nil
}

func (b *book) DropAlert(_ context.Context, name string) error {
	delete(b.firing, name)
	return nil
}

func (b *book) Send(_ context.Context, signals []outcry.Signal) error {
	if b.broken != nil {
		return b.broken
	}
	b.sent = append(b.sent, signals...)
	b.sends++
	return nil
}

func (b *book) told() []string {
	var out []string
	for _, s := range b.sent {
		out = append(out, fmt.Sprintf("%s %s %s", s.Service, s.Symptom, [...]string{"bad", "good", "unknown"}[s.Outcome]))
	}
	return out
}

const secret = "a secret of a sender"

var now = time.Date(2024, 5, 16, 21, 40, 0, 0, time.UTC)

func newDoor(t *testing.T, b *book) *Door {
	t.Helper()
	m, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	plain := ReadFunc(func(r *Request) (Reading, error) {
		var list []Alert
		err := Decode(r.Body, &list)
		return Reading{Alerts: list}, err
	})
	return New(Config{
		Integrations: map[string]Integration{"plain": plain, "other": plain},
		Mapping: Mapping{Label: "service", Services: []string{"shop", "mail"}, Rules: []Rule{
			{Match: map[string]string{"job": "api*", "env": "prod"}, Service: "shop", Symptom: "slow"},
			{Match: map[string]string{"job": "smtp"}, Service: "mail"},
		}},
		Tokens: []Token{{Name: "prometheus", Secret: secret}, {Name: "none", Secret: ""}}, Memory: b, Sender: b, Metrics: m,
		Now: func() time.Time { return now },
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, string(outcry.CodeOf(err))+": "+err.Error(), http.StatusTeapot)
		},
	})
}

func post(d *Door, path, body string, headers ...string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestAlertsBeginAndEndOnce(t *testing.T) {
	b := newBook()
	d := newDoor(t, b)
	for _, c := range []struct{ says, body, want string }{
		{"two begin to fire, one of them named by its label", `[{"Key":"1","Firing":true,"Labels":{"job":"api-7","env":"prod"}},{"Key":"2","Firing":true,"Labels":{"service":"mail","job":"api","env":"prod"}}]`, `{"fired":2,"resolved":0,"repeated":0,"unmapped":0}`},
		{"they are told again", `[{"Key":"1","Firing":true},{"Key":"2","Firing":true}]`, `{"fired":0,"resolved":0,"repeated":2,"unmapped":0}`},
		{"one that no rule maps", `[{"Key":"3","Firing":true,"Labels":{"job":"api","env":"test"}},{"Key":"4","Firing":true,"Labels":{"service":"unheard-of"}}]`, `{"fired":0,"resolved":0,"repeated":0,"unmapped":2}`},
		{"one recovers, whatever its labels are now", `[{"Key":"1","Labels":{"job":"smtp"}}]`, `{"fired":0,"resolved":1,"repeated":0,"unmapped":0}`},
		{"one recovers that never fired", `[{"Key":"9"}]`, `{"fired":0,"resolved":0,"repeated":1,"unmapped":0}`},
		{"a key as long as Opsgenie's and PagerDuty's may be, in letters of three bytes", `[{"Key":"` + strings.Repeat("消", maxKey) + `","Firing":true,"Labels":{"service":"mail"}}]`, `{"fired":1,"resolved":0,"repeated":0,"unmapped":0}`},
		{"nothing", `[]`, `{"fired":0,"resolved":0,"repeated":0,"unmapped":0}`},
	} {
		if code, body := post(d, "/api/v1/alerts/plain", c.body, "Authorization", "Bearer "+secret); code != http.StatusAccepted || body != c.want {
			t.Errorf("%s: %d %s", c.says, code, body)
		}
	}
	if want := []string{"shop slow bad", "mail  bad", "shop slow good", "mail  bad"}; !slices.Equal(b.told(), want) {
		t.Errorf("%q, want %q", b.told(), want)
	}
}

func TestWhoMayAlert(t *testing.T) {
	sign := func(key, id string, at time.Time, body string) []string {
		mac := hmac.New(sha256.New, []byte(key))
		fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
		return []string{"Webhook-Id", id, "Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10), "Webhook-Signature", "v1,AAAA v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+secret))
	for _, c := range []struct {
		says, query string
		headers     []string
		ok          bool
	}{
		{"nobody", "", nil, false},
		{"a bearer token", "", []string{"Authorization", "Bearer " + secret}, true},
		{"Opsgenie's key", "", []string{"Authorization", "GenieKey " + secret}, true},
		{"a password", "", []string{"Authorization", basic}, true},
		{"in the query", "?token=a+secret+of+a+sender", nil, true},
		{"a wrong token", "", []string{"Authorization", "Bearer x"}, false},
		{"an empty one", "", []string{"Authorization", "Bearer "}, false},
		{"a wrong one in the query", "?token=x", nil, false},
		{"a signature", "", sign(secret, "m1", now, "[]"), true},
		{"one of another body", "", sign(secret, "m1", now, "[ ]"), false},
		{"one of another key", "", sign("x", "m1", now, "[]"), false},
		{"an old one", "", sign(secret, "m1", now.Add(-6*time.Minute), "[]"), false},
		{"one of tomorrow", "", sign(secret, "m1", now.Add(24*time.Hour), "[]"), false},
		{"one without a time", "", append(sign(secret, "m1", now, "[]"), "Webhook-Timestamp", ""), false},
	} {
		code, body := post(newDoor(t, newBook()), "/api/v1/alerts/plain"+c.query, "[]", c.headers...)
		if (code == http.StatusAccepted) != c.ok || !c.ok && !strings.HasPrefix(body, "unauthorized") {
			t.Errorf("%s: %d %s", c.says, code, body)
		}
		if strings.Contains(body, secret) {
			t.Errorf("%s: the answer has the secret", c.says)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	many := "[" + strings.Repeat(`{"Key":"1"},`, maxAlerts) + `{"Key":"2"}]`
	for _, c := range []struct{ says, path, body, want string }{
		{"an integration that there is not", "nagios", "[]", "not_found"},
		{"no JSON", "plain", "x", "invalid"},
		{"an alert without a key", "plain", `[{"Firing":true}]`, "invalid: key"},
		{"a key that is too long", "plain", `[{"Key":"` + strings.Repeat("x", maxKey+1) + `"}]`, "invalid: key"},
		{"a key with a character that no database keeps", "plain", `[{"Key":"a\u0000b","Firing":true,"Labels":{"service":"shop"}}]`, "invalid: key"},
		{"too many at once", "plain", many, "too_large"},
		{"a body that is too large", "plain", strings.Repeat(" ", maxBody+1), "too_large"},
	} {
		b := newBook()
		if code, body := post(newDoor(t, b), "/api/v1/alerts/"+c.path, c.body, "Authorization", "Bearer "+secret); code != http.StatusTeapot || !strings.HasPrefix(body, c.want) {
			t.Errorf("%s: %d %.80s", c.says, code, body)
		}
		if len(b.sent) > 0 {
			t.Errorf("%s: something was sent", c.says)
		}
	}
}

// What could not be sent is not remembered: the sender tells again, and it
// counts then.
func TestAFullDiskLosesNoAlert(t *testing.T) {
	b := newBook()
	d := newDoor(t, b)
	b.broken = errors.New("no space")
	fire := `[{"Key":"1","Firing":true,"At":"2024-05-16T21:39:00Z","Labels":{"job":"smtp"}}]`
	if _, body := post(d, "/api/v1/alerts/plain", fire, "Authorization", "Bearer "+secret); !strings.HasPrefix(body, "unavailable") {
		t.Fatal(body)
	}
	b.broken = nil
	if code, body := post(d, "/api/v1/alerts/plain", fire, "Authorization", "Bearer "+secret); code != http.StatusAccepted || len(b.sent) != 1 {
		t.Errorf("%d %s, %d signals", code, body, len(b.sent))
	}
}

// Whatever order alerts are told in, those that fire and those that were told
// balance: bad less good is how many fire.
func TestTellingBalances(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBook()
		d := newDoor(t, b)
		for range rapid.IntRange(1, 40).Draw(rt, "requests") {
			list := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Alert {
				return Alert{
					Key: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key"), Firing: rapid.Bool().Draw(rt, "firing"),
					Labels: map[string]string{"service": rapid.SampledFrom([]string{"shop", "mail", "other"}).Draw(rt, "service")},
				}
			}), 0, 4).Draw(rt, "alerts")
			if _, err := d.Take(t.Context(), rapid.SampledFrom([]string{"plain", "other"}).Draw(rt, "integration"), list); err != nil {
				rt.Fatal(err)
			}
		}
		balance := map[string]int{}
		for _, s := range b.sent {
			balance[s.Service] += 1 - 2*int(s.Outcome)
			if balance[s.Service] < 0 {
				rt.Fatalf("%s recovers more often than it fails", s.Service)
			}
		}
		for _, v := range b.firing {
			balance[v[0]]--
		}
		for service, n := range balance {
			if n != 0 {
				rt.Fatalf("%s is off by %d", service, n)
			}
		}
	})
}

// A storm of alerts waits for the disk once, and one that fires, ends and fires
// again within it has three signals that are told apart.
func TestARequestIsSentInOnePiece(t *testing.T) {
	b := newBook()
	d := newDoor(t, b)
	var list []Alert
	for i := range 300 {
		list = append(list, Alert{Key: fmt.Sprint(i), Firing: true, Labels: map[string]string{"service": "shop"}})
	}
	list = append(list, Alert{Key: "0"}, Alert{Key: "0", Firing: true, Labels: map[string]string{"service": "shop"}})
	taken, err := d.Take(t.Context(), "plain", list)
	if err != nil || taken.Fired != 301 || taken.Resolved != 1 || b.sends != 1 || len(b.firing) != 300 {
		t.Errorf("%+v, %v, sent in %d pieces, %d fire", taken, err, b.sends, len(b.firing))
	}
	ids := map[uint64]bool{}
	for _, s := range b.sent {
		ids[s.ID] = true
	}
	if len(ids) != 302 {
		t.Errorf("302 signals have %d IDs", len(ids))
	}
}
