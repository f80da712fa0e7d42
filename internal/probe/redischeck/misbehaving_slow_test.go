//go:build slow

package redischeck

import (
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func stumbles(t *testing.T, addr string, o Options) {
	probetest.Misbehaving{
		Server: addr,
		Check: func(addr string) (probe.Prober, error) {
			o := o
			o.URL = "redis://" + addr + "/3"
			return New(o, probe.Env{})
		},
	}.Test(t)
}
