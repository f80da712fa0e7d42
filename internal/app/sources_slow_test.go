//go:build slow

package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A vendor that admits a fault is on the page of the service within a tick.
func TestAVendorsWordReachesThePage(t *testing.T) {
	t.Parallel()
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`jsonCallback({"services":[{"serviceName":"iMessage","events":[{"statusType":"Outage","eventStatus":"ongoing"}]}]});`))
	}))
	defer vendor.Close()
	l := serve(t, oneService+"sources: [{name: apple, type: apple, url: '"+vendor.URL+"', interval: 10s, services: {iMessage: shop}}]\n", t.TempDir())
	for _, c := range [][2]string{{"/s/shop", "reports a problem (outage)"}, {"/api/v1/vendors", `"source":"apple","services":["shop"],"grade":null`}} {
		body := ""
		for deadline := time.Now().Add(time.Minute); !strings.Contains(body, c[1]) && time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
			_, body = l.get(t, c[0])
		}
		if !strings.Contains(body, c[1]) {
			t.Errorf("%s does not say %q", c[0], c[1])
		}
	}
}
