package ntpcheck_test

import (
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/ntpcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAServerThatStumbles(t *testing.T) {
	probetest.Misbehaving{
		Server: clock(t, func(b []byte) []byte { return b }), Datagram: true,
		Check: func(addr string) (probe.Prober, error) {
			return ntpcheck.New(ntpcheck.Options{URL: "ntp://" + addr, MaxOffset: 30 * time.Minute, MaxStratum: 8}, probe.Env{})
		},
	}.Test(t)
}
