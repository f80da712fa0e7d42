package apnscheck

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAPushServiceThatStumbles(t *testing.T) {
	_, o, env := stage(t)
	ca := probetest.NewAuthority(t)
	outer, inner := ca.Config(t, time.Hour, "127.0.0.1"), ca.Client("h2")
	outer.NextProtos, inner.RootCAs = []string{"h2"}, env.Roots
	probetest.Misbehaving{
		Server: strings.TrimPrefix(o.URL, "https://"), Outer: outer, Inner: inner,
		Check: func(addr string) (probe.Prober, error) {
			o := o
			o.URL = "https://" + addr
			return New(o, probe.Env{Roots: ca.Pool})
		},
	}.Test(t)
}

func TestACourierThatStumbles(t *testing.T) {
	ca := probetest.NewAuthority(t)
	probetest.Misbehaving{
		Server: secure(t, ca, "apns-security-v3", probetest.Stall),
		Check: func(addr string) (probe.Prober, error) {
			var o CourierOptions
			o.SetDefaults()
			host, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			o.Host, o.Ports = host, []string{port}
			return NewCourier(o, probe.Env{Roots: ca.Pool})
		},
	}.Test(t)
}
