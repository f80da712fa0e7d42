package grpccheck_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/grpccheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func server(t *testing.T, set func(*health.Server), opts ...grpc.ServerOption) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(opts...)
	if set != nil {
		h := health.NewServer()
		set(h)
		grpc_health_v1.RegisterHealthServer(s, h)
	}
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-done })
	return l.Addr().String()
}

func TestProbe(t *testing.T) {
	ca := probetest.NewAuthority(t)
	withTLS := func(valid time.Duration) grpc.ServerOption {
		return grpc.Creds(credentials.NewTLS(ca.Config(t, valid, "127.0.0.1")))
	}
	serving := func(h *health.Server) {
		h.SetServingStatus("shop", grpc_health_v1.HealthCheckResponse_SERVING)
		h.SetServingStatus("till", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	}
	plain := server(t, serving)
	secure := server(t, serving, withTLS(time.Hour))
	refuses := func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
		return nil, status.Error(codes.Unavailable, "the database is away")
	}
	for _, c := range []struct {
		says, url string
		reason    probe.Reason
	}{
		{"the server as a whole", "grpc://" + plain, ""},
		{"a service that serves", "grpc://" + plain + "/shop", ""},
		{"one that does not", "grpc://" + plain + "/till", probe.ReasonNotServing},
		{"one that is not known", "grpc://" + plain + "/nope", probe.ReasonNotServing},
		{"over TLS", "grpcs://" + secure + "/shop", ""},
		{"over TLS, with a certificate that has expired", "grpcs://" + server(t, serving, withTLS(-time.Hour)), probe.ReasonTLSExpired},
		{"TLS where there is none", "grpcs://" + plain, probe.ReasonTLS},
		{"a server without the health service", "grpc://" + server(t, nil), probe.ReasonStatus},
		{"a server that says itself that it is not available", "grpc://" + server(t, serving, grpc.UnaryInterceptor(refuses)), probe.ReasonStatus},
		{"nobody listens", "grpc://" + probetest.ClosedPort(t), probe.ReasonRefused},
		{"hangs up at once", "grpc://" + probetest.Serve(t, probetest.Close), probe.ReasonReset},
	} {
		p, err := grpccheck.New(grpccheck.Options{URL: c.url}, probe.Env{Roots: ca.Pool})
		probetest.Want(t, c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
	}
}

func TestStepsTellThePhases(t *testing.T) {
	p, err := grpccheck.New(grpccheck.Options{URL: "grpc://" + server(t, func(*health.Server) {})}, probe.Env{})
	var names []string
	for _, s := range probetest.Attempt(t, p, err).Steps {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "connect health" {
		t.Error(got)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []grpccheck.Options{{}, {URL: "grpc://x"}, {URL: "http://x:1"}, {URL: "grpcs://x", TLS: probe.TLSOptions{Min: "9"}}} {
		if _, err := grpccheck.New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
