package intake

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestTurnstile(t *testing.T) {
	at := now()
	ts, err := NewTurnstile(Config{
		Limit: Limit{Rate: 1, Burst: 2}, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Exempt: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
	}, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		says, from, forwarded string
		later                 time.Duration
		want                  int // of 3
	}{
		{"a burst passes", "192.0.2.1:9", "", 0, 2},
		{"then nothing does, from the whole network", "192.0.2.77:9", "", 0, 0},
		{"whatever a stranger says of others", "192.0.2.1:9", "203.0.113.1", 0, 0},
		{"behind our proxy it is the visitor that counts", "10.1.1.1:9", "203.0.113.1", 0, 2},
		{"a second lets one more through", "192.0.2.1:9", "", time.Second, 1},
		{"an exempt network is not limited", "198.51.100.9:9", "", 0, 3},
	} {
		at = at.Add(c.later)
		passed := 0
		for range 3 {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.RemoteAddr = c.from
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if wait := ts.Wait(r); wait == 0 {
				passed++
			} else if wait > 2*time.Second {
				t.Errorf("%s: wait %s", c.says, wait)
			}
		}
		if passed != c.want {
			t.Errorf("%s: %d of 3 passed, want %d", c.says, passed, c.want)
		}
	}
	if _, err := NewTurnstile(Config{Limit: Limit{IPv4: 40}}, time.Now); err == nil {
		t.Error("a prefix of 40 bits is taken")
	}
}
