package grpccheck_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/grpccheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestAServerThatStumbles(t *testing.T) {
	ca := probetest.NewAuthority(t)
	serving := func(*health.Server) {}
	m := probetest.Misbehaving{
		Server: server(t, serving),
		Check: func(addr string) (probe.Prober, error) {
			return grpccheck.New(grpccheck.Options{URL: "grpc://" + addr}, probe.Env{})
		},
		Turns: 2, // the settings, for which the client waits, and the answer; what follows in some runs is of the connection's end
	}
	t.Run("plain", m.Test)
	cfg := ca.Config(t, time.Hour, "127.0.0.1")
	m.Server = server(t, serving, grpc.Creds(credentials.NewTLS(cfg)))
	m.Outer, m.Inner = ca.Config(t, time.Hour, "127.0.0.1"), ca.Client("h2")
	m.Outer.NextProtos = []string{"h2"}
	m.Check = func(addr string) (probe.Prober, error) {
		return grpccheck.New(grpccheck.Options{URL: "grpcs://" + addr}, probe.Env{Roots: ca.Pool})
	}
	t.Run("within TLS", m.Test)
}
