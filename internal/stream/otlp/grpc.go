package otlp

import (
	"context"
	"fmt"
	"net"
	"time"

	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // exporters may compress
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The bounds of gRPC.
const (
	maxMessage = 4 << 20          // bytes, packed and unpacked, as OpenTelemetry's own receivers have it
	maxConns   = 64               // that are open at a time; others wait
	maxStreams = 8                // calls at a time of one connection
	maxHeaders = 16 << 10         // bytes of a call's headers
	callFor    = 20 * time.Second // from a call's headers to its answer
	greetFor   = 10 * time.Second // for a connection's preface and TLS
	idleFor    = 3 * time.Minute  // a connection without calls
	askAfter   = time.Minute      // of silence, whether the other end is there
	pingEvery  = 10 * time.Second // that clients may ask us, at most
	drainFor   = 5 * time.Second  // calls under way at shutdown
)

// ServeGRPC takes metrics from a listener by OTLP over gRPC until the context
// ends. It closes the listener; its error is that of accepting. The options may
// add credentials for TLS.
//
// A call without a token is refused by its headers, before any of its message is
// read.
func (v *Receiver) ServeGRPC(ctx context.Context, l net.Listener, options ...grpc.ServerOption) error {
	s := grpc.NewServer(append(options,
		grpc.InTapHandle(v.admit), grpc.MaxRecvMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxStreams), grpc.MaxHeaderListSize(maxHeaders),
		grpc.ConnectionTimeout(greetFor), grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleFor, Time: askAfter}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEvery, PermitWithoutStream: true}),
	)...)
	s.RegisterService(service(), v)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(netutil.LimitListener(l, maxConns)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("take metrics by gRPC on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	late := time.AfterFunc(drainFor, s.Stop)
	defer late.Stop()
	s.GracefulStop()
	return <-ended
}

// admit lets a call in by its headers, and bounds how long it may take.
func (v *Receiver) admit(ctx context.Context, call *tap.Info) (context.Context, error) {
	given := call.Header.Get("authorization")
	if len(given) != 1 || !v.door.Allowed(given[0]) {
		return nil, status.Error(codes.Unauthenticated, errNoToken().Error())
	}
	ctx, cancel := context.WithTimeout(ctx, callFor)
	context.AfterFunc(ctx, cancel)
	return ctx, nil
}

// service describes OTLP's MetricsService. It is written out here because the
// generated one brings a gateway from HTTP to gRPC along: a request has the
// fields of MetricsData, and the answer, which has nothing to refuse in part, is
// empty.
func service() *grpc.ServiceDesc {
	export := func(srv any, ctx context.Context, read func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		var data metrics.MetricsData
		if err := read(&data); err != nil {
			return nil, err
		}
		take := func(context.Context, any) (any, error) {
			srv.(*Receiver).take(&data) //nolint:forcetypeassert // as registered
			return &emptypb.Empty{}, nil
		}
		if intercept == nil {
			return take(ctx, &data)
		}
		return intercept(ctx, &data, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/" + serviceName + "/Export"}, take)
	}
	return &grpc.ServiceDesc{ServiceName: serviceName, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{MethodName: "Export", Handler: export}}}
}

const serviceName = "opentelemetry.proto.collector.metrics.v1.MetricsService"
