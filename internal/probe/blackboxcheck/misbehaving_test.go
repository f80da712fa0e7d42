package blackboxcheck

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAnExporterThatStumbles(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "probe_success 1\n") //nolint:errcheck // the client tells
	}))
	defer s.Close()
	probetest.Misbehaving{
		Server: s.Listener.Addr().String(), Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n",
		Check: func(addr string) (probe.Prober, error) {
			return New(Options{URL: "http://" + addr + "/probe?target=x&module=m"}, probe.Env{})
		},
	}.Test(t)
}
