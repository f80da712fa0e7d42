package domaincheck

import (
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// IANA's list is asked for over the same connection's server as the record.
func TestARegistryThatStumbles(t *testing.T) {
	base, _ := registry(t)
	probetest.Misbehaving{
		Server: strings.TrimPrefix(base, "http://"), Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n",
		Check: func(addr string) (probe.Prober, error) {
			var o Options
			o.SetDefaults()
			o.Domain, o.Server = "moved.example", "http://"+addr+"/rdap/"
			return New(o, probe.Env{})
		},
	}.Test(t)
}
