package tlscheck_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/tlscheck"
)

func TestAServerThatStumbles(t *testing.T) {
	ca := probetest.NewAuthority(t)
	probetest.Misbehaving{
		Server: probetest.Serve(t, speak(ca.Config(t, time.Hour, "127.0.0.1"))),
		Check: func(addr string) (probe.Prober, error) {
			return tlscheck.New(tlscheck.Options{URL: "tls://" + addr}, probe.Env{Roots: ca.Pool})
		},
	}.Test(t)
}
