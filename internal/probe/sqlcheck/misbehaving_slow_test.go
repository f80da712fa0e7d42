//go:build slow

package sqlcheck_test

import (
	"net/url"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sqlcheck"
)

func stumbles(t *testing.T, o sqlcheck.Options, construct func(sqlcheck.Options, probe.Env) (probe.Prober, error)) {
	t.Helper()
	u, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Table = "outcry_probe"
	// What is no answer may read as a length that is more than is ever read.
	either := []probe.Reason{probe.ReasonProtocol, probe.ReasonTooLarge}
	m := probetest.Misbehaving{
		Server:  u.Host,
		Reasons: []probetest.Expected{{Fault: probetest.Garbled, Reasons: either}, {Fault: probetest.Foreign, Reasons: either}},
		Check: func(addr string) (probe.Prober, error) {
			there := *u
			there.Host = addr
			o := o
			o.URL = there.String()
			return construct(o, probe.Env{})
		},
	}
	t.Run("stumbles", m.Test)
}
