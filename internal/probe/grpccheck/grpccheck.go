// Package grpccheck probes gRPC servers by the standard health service
// (grpc.health.v1.Health/Check): up means that the server says SERVING.
//
// Steps: dns, connect, tls, health. Every attempt makes its own connection, so
// that no back-off of an earlier one is taken for the server's state.
package grpccheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/outcry/outcry/internal/h2line"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type grpc.
type Options struct {
	URL string           `yaml:"url,required"` // grpc://host:port/service or, over TLS, grpcs://host[:443]/service
	TLS probe.TLSOptions `yaml:"tls"`
}

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

type prober struct {
	*probe.Endpoint
	opts    Options
	agent   string
	service string // empty: the server as a whole
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	at, err := env.Endpoint(o.URL, probe.Dialect{Scheme: "grpc", TLSScheme: "grpcs", TLSPort: "443", ALPN: "h2"}, o.TLS)
	if err != nil {
		return nil, err
	}
	return &prober{Endpoint: at, opts: o, agent: env.Agent(), service: strings.Trim(at.URL.Path, "/")}, nil
}

// Probe connects and asks for the service's health.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	conn, err := p.Connect(ctx, trail)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // closed by gRPC already when it took it
	var answer string
	err = trail.Do("health", func() (detail string, err error) {
		answer, err = p.health(ctx, conn)
		return answer, err
	})
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(answer))
}

// health asks over a connection that is there already.
func (p *prober) health(ctx context.Context, conn net.Conn) (string, error) {
	var taken atomic.Bool
	heard := h2line.New(conn)
	client, err := grpc.NewClient("passthrough:///"+p.Addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the handshake, if any, is done
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			if taken.Swap(true) {
				heard.Leave()
				return nil, errors.New("the connection was given up")
			}
			return heard, nil
		}),
		grpc.WithUserAgent(p.agent), grpc.WithDisableRetry(), grpc.WithNoProxy())
	if err != nil {
		return "", &probe.Fault{Reason: probe.ReasonInternal, Err: fmt.Errorf("make a gRPC client: %w", err)}
	}
	defer client.Close() //nolint:errcheck // the answer is what counts
	resp, err := grpc_health_v1.NewHealthClient(client).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: p.service})
	if err != nil {
		return "", rpcFault(ctx, err, heard)
	}
	if s := resp.GetStatus(); s != grpc_health_v1.HealthCheckResponse_SERVING {
		return "", &probe.Fault{Reason: probe.ReasonNotServing, Err: fmt.Errorf("health is %s", s)}
	}
	return "SERVING", nil
}

// rpcFault gives an error of gRPC its reason. A connection that we have left and
// that the server did not end was given up for what came over it.
func rpcFault(ctx context.Context, err error, l *h2line.Line) error {
	s := status.Convert(err)
	f := &probe.Fault{Reason: probe.ReasonStatus, Err: fmt.Errorf("health: %s: %s", s.Code(), s.Message())}
	code := s.Code()
	switch {
	case code == codes.DeadlineExceeded, code == codes.Canceled && ctx.Err() != nil:
		f.Reason = probe.ReasonTimeout
	case strings.HasPrefix(s.Message(), "stream terminated by RST_STREAM"): // the library's words, whatever the code
		f.Reason = probe.ReasonReset
	case code == codes.NotFound: // the server does not know the service
		f.Reason = probe.ReasonNotServing
	case code == codes.Unavailable:
		f.Reason = reason(ctx, s.Message(), l)
	case code == codes.Internal, code == codes.Unknown: // what gRPC makes of an answer that is none
		f.Reason = probe.ReasonProtocol
	}
	return f
}

// reason tells why there is no answer. Where the connection is well, the server
// itself says that it is not available.
func reason(ctx context.Context, message string, l *h2line.Line) probe.Reason {
	switch {
	case ctx.Err() != nil, strings.Contains(message, "i/o timeout"):
		return probe.ReasonTimeout
	case strings.Contains(message, "http2: "):
		return probe.ReasonProtocol
	case l.Ended():
		return probe.ReasonReset
	case l.Left():
		return probe.ReasonProtocol
	}
	return probe.ReasonStatus
}
