// Package grpccheck probes gRPC servers by the standard health service
// (grpc.health.v1.Health/Check): up means that the server says SERVING.
//
// Steps: dns, connect, tls, health. Every attempt makes its own connection, so
// that no back-off of an earlier one is taken for the server's state.
package grpccheck

import (
	"context"
	"crypto/tls"
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

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
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
	opts       Options
	agent      string
	host, addr string
	service    string      // empty: the server as a whole
	cfg        *tls.Config // nil: without TLS
	dialer     *netguard.Dialer
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	p := &prober{opts: o, agent: env.Agent(), host: u.Hostname(), service: strings.Trim(u.Path, "/"), dialer: env.Own()}
	port := ""
	switch u.Scheme {
	case "grpc":
	case "grpcs":
		port = "443"
		if p.cfg, err = o.TLS.Config(env, p.host); err != nil {
			return nil, err
		}
		p.cfg.NextProtos = []string{"h2"}
	default:
		return nil, outcry.FieldErrorf("url", "scheme %q is none of grpc, grpcs", u.Scheme)
	}
	p.addr, err = probe.HostPort(u, port)
	return p, err
}

// Target is the host that is connected to.
func (p *prober) Target() string { return p.host }

// Probe connects and asks for the service's health.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	conn, err := trail.Secure(ctx, p.dialer, p.addr, p.cfg, p.opts.TLS)
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
	client, err := grpc.NewClient("passthrough:///"+p.addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the handshake, if any, is done
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			if taken.Swap(true) {
				return nil, errors.New("the server closed the connection")
			}
			return conn, nil
		}),
		grpc.WithUserAgent(p.agent), grpc.WithDisableRetry(), grpc.WithNoProxy())
	if err != nil {
		return "", &probe.Fault{Reason: probe.ReasonInternal, Err: fmt.Errorf("make a gRPC client: %w", err)}
	}
	defer client.Close() //nolint:errcheck // the answer is what counts
	resp, err := grpc_health_v1.NewHealthClient(client).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: p.service})
	if err != nil {
		return "", rpcFault(ctx, err)
	}
	if s := resp.GetStatus(); s != grpc_health_v1.HealthCheckResponse_SERVING {
		return "", &probe.Fault{Reason: probe.ReasonNotServing, Err: fmt.Errorf("health is %s", s)}
	}
	return "SERVING", nil
}

// rpcFault gives an error of gRPC its reason.
func rpcFault(ctx context.Context, err error) error {
	s := status.Convert(err)
	f := &probe.Fault{Reason: probe.ReasonStatus, Err: fmt.Errorf("health: %s: %s", s.Code(), s.Message())}
	switch s.Code() {
	case codes.DeadlineExceeded, codes.Canceled:
		f.Reason = probe.ReasonTimeout
	case codes.NotFound: // the server does not know the service
		f.Reason = probe.ReasonNotServing
	case codes.Unavailable:
		f.Reason = probe.ReasonReset
		if ctx.Err() != nil || strings.Contains(s.Message(), "i/o timeout") {
			f.Reason = probe.ReasonTimeout
		} else if strings.Contains(s.Message(), "server preface") && !strings.Contains(s.Message(), "EOF") {
			f.Reason = probe.ReasonProtocol
		}
	case codes.Internal, codes.Unknown: // what gRPC makes of an answer that is none
		f.Reason = probe.ReasonProtocol
	}
	return f
}
