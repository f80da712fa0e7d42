package httpcheck

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// A header is read up to a size, by whichever way it comes.
func TestHeadersThatAreTooLong(t *testing.T) {
	ca, pool := probetest.NewAuthority(t), pool(t)
	over := func(http2 bool, fill func(http.Header)) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fill(w.Header()) }))
		s.TLS, s.EnableHTTP2 = ca.Config(t, time.Hour, "127.0.0.1"), http2
		s.Config.ErrorLog = quiet()
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	long := func(h http.Header) {
		for i := range 2 * maxHeader >> 10 {
			h.Set(fmt.Sprint("X-", i), strings.Repeat("x", 1<<10))
		}
	}
	packed := func(h http.Header) { h["X"] = slices.Repeat([]string{"y"}, maxHeader/32) } // a byte or two for each, and 32 as HTTP/2 counts
	for _, c := range []struct {
		says, url string
		reason    probe.Reason
	}{
		{"a line without end", "http://" + probetest.Serve(t, probetest.Flood("HTTP/1.1 200 OK\r\nX: ")), probe.ReasonTooLarge},
		{"lines without end, which are cut off within one", "http://" + probetest.Serve(t, probetest.Flood("HTTP/1.1 200 OK\r\n"+strings.Repeat("X: y\r\n", maxHeader/4))), probe.ReasonTooLarge},
		{"within TLS", over(false, long), probe.ReasonTooLarge},
		{"over HTTP/2, in one frame", over(true, packed), probe.ReasonTooLarge},
		{"over HTTP/2, in more frames than we have said we take, which breaches it", over(true, long), probe.ReasonProtocol},
	} {
		p, err := pool.New(Defaults(c.url), probe.Env{Roots: ca.Pool})
		probetest.Want(t, c.says, probetest.Attempt(t, p, err), c.reason)
	}
}
