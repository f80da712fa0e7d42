package domaincheck

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// registry is a fake of an RDAP server and of IANA's list, made from RFC 9082,
// 9083 and 9224: nothing here has spoken with a real one.
func registry(t *testing.T) (base string, asked *int) {
	t.Helper()
	asked = new(int)
	mux := http.NewServeMux()
	var s *httptest.Server
	mux.HandleFunc("/dns.json", func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		fmt.Fprintf(w, `{"version":"1.0","services":[[["net","com"],["http://%[1]s/wrong/"]],[["example","co.example"],["http://%[1]s/rdap/"]],[["broken"],[]]]}`, s.Listener.Addr())
	})
	record := func(status, days string) string {
		return `{"objectClassName":"domain","ldhName":"x.example","status":["active"` + status + `],"events":[{"eventAction":"registration","eventDate":"1997-06-03T00:00:00Z"}` + days + `]}`
	}
	expiry := func(d time.Duration) string {
		return `,{"eventAction":"expiration","eventDate":"` + time.Now().Add(d).UTC().Format(time.RFC3339) + `"}`
	}
	answers := map[string]string{
		"fine.example": record("", expiry(100*24*time.Hour)), "soon.example": record("", expiry(10*24*time.Hour)),
		"over.example": record("", expiry(-time.Hour)), "held.example": record(`,"server hold"`, expiry(100*24*time.Hour)),
		"mute.example": record("", ""), "text.example": "no JSON", "xn--mller-kva.example": record("", expiry(100*24*time.Hour)),
	}
	mux.HandleFunc("/rdap/domain/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		switch {
		case name == "busy.example":
			w.WriteHeader(http.StatusTooManyRequests)
		case name == "broken.example":
			w.WriteHeader(http.StatusBadGateway)
		case name == "moved.example":
			http.Redirect(w, r, "/rdap/domain/fine.example", http.StatusFound)
		case name == "lost.example":
			http.Redirect(w, r, "/rdap/domain/lost.example", http.StatusFound)
		case name == "inside.example":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case name == "huge.example":
			io.WriteString(w, strings.Repeat("x", 2<<20)) //nolint:errcheck // the client tells
		case answers[name] == "" || !strings.Contains(r.Header.Get("Accept"), "rdap+json"):
			http.NotFound(w, r)
		default:
			io.WriteString(w, answers[name]) //nolint:errcheck // as above
		}
	})
	s = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestDomains(t *testing.T) {
	base, asked := registry(t)
	for _, c := range []struct {
		domain  string
		outcome outcry.Outcome
		reason  probe.Reason
	}{
		{"fine.example", outcry.Good, ""},
		{"FINE.example.", outcry.Good, ""},
		{"müller.example", outcry.Good, ""},
		{"moved.example", outcry.Good, ""},
		{"soon.example", outcry.Bad, ReasonExpires},
		{"over.example", outcry.Bad, ReasonExpired},
		{"held.example", outcry.Bad, ReasonHold},
		{"none.example", outcry.Bad, ReasonNoDomain},
		{"mute.example", outcry.Unknown, ReasonNoExpiry},
		{"text.example", outcry.Unknown, probe.ReasonJSON},
		{"busy.example", outcry.Unknown, probe.ReasonThrottled},
		{"broken.example", outcry.Unknown, probe.ReasonStatus},
		{"lost.example", outcry.Unknown, probe.ReasonRedirect},
		{"inside.example", outcry.Unknown, probe.ReasonBlocked},
		{"huge.example", outcry.Unknown, probe.ReasonTooLarge},
		{"some.nowhere", outcry.Unknown, probe.ReasonUnsupported},
	} {
		var o Options
		o.SetDefaults()
		o.Domain, o.Bootstrap = c.domain, base+"/dns.json"
		p, err := New(o, probe.Env{})
		r := probetest.Attempt(t, p, err)
		if r.Outcome != c.outcome || r.Reason != c.reason {
			t.Errorf("%s: %s, wanted %d %q", c.domain, r.Summary(), c.outcome, c.reason)
		}
	}
	*asked = 0
	var o Options
	o.SetDefaults()
	o.Domain, o.Bootstrap = "fine.example", base+"/dns.json"
	now := time.Now()
	p, err := New(o, probe.Env{Now: func() time.Time { return now }})
	for range 3 {
		probetest.Want(t, "the same again", probetest.Attempt(t, p, err), "")
	}
	now = now.Add(25 * time.Hour)
	probetest.Want(t, "a day later", probetest.Attempt(t, p, err), "")
	if *asked != 2 {
		t.Errorf("IANA's list was asked for %d times in a day and an hour", *asked)
	}
}

func TestARegistryThatIsNotThere(t *testing.T) {
	p, err := New(Options{Domain: "fine.example", Server: "http://" + probetest.ClosedPort(t), Bootstrap: "http://unused"}, probe.Env{})
	if r := probetest.Attempt(t, p, err); r.Outcome != outcry.Unknown || r.Reason != probe.ReasonRefused {
		t.Errorf("%s, wanted unknown, refused", r.Summary())
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{{Domain: "", Bootstrap: "https://a"}, {Domain: "localhost", Bootstrap: "https://a"}, {Domain: "a/../b.example", Bootstrap: "https://a"},
		{Domain: "a.example", Bootstrap: "x"}, {Domain: "a.example", Bootstrap: "https://a", Server: "ftp://b"}, {Domain: "a.example", Bootstrap: "https://a", DaysLeft: -1}} {
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add(`{"services":[[["com"],["https://a/"]]]}`, "b.com")
	f.Add(`{"services":[[],[[]],[["com"]]]}`, "com")
	f.Fuzz(func(t *testing.T, list, domain string) {
		if base, err := serverIn([]byte(list), domain); err == nil && base == "" {
			t.Error("a server without an address")
		}
	})
}
