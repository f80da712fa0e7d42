package kannelcheck

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// One server is both of Kannel's: what it says is what those do.
func TestAGatewayThatStumbles(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/status") {
			io.WriteString(w, `<gateway><smscs><smsc><id>vzw</id><status>online 12s</status></smsc></smscs></gateway>`) //nolint:errcheck // the client tells
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer s.Close()
	probetest.Misbehaving{
		Server: s.Listener.Addr().String(), Foreign: probetest.SaysMail, Endless: "HTTP/1.1 202 Accepted\r\n\r\n",
		Check: func(addr string) (probe.Prober, error) {
			o := options(addr)
			o.Status, o.StatusPassword, o.Route = "http://"+addr, config.Plain("st4tuspass"), "vzw"
			return New(o, probe.Env{})
		},
		// The status page is known by its status, which is 200.
		Reasons: []probetest.Expected{{Step: "status", Fault: probetest.Endless, Reasons: []probe.Reason{probe.ReasonTooLarge}}},
	}.Test(t)
}
