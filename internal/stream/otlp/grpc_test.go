package otlp

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/types/known/emptypb"
)

// serving has a receiver take metrics by gRPC until the test ends.
func (r *rig) serving(t *testing.T) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.ServeGRPC(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func overGRPC(t *testing.T, address, token string, how metricdata.Temporality) (sdk.Exporter, error) {
	return otlpmetricgrpc.New(t.Context(), otlpmetricgrpc.WithEndpoint(address), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithHeaders(map[string]string{"Authorization": "Bearer " + token}),
		otlpmetricgrpc.WithCompressor("gzip"), otlpmetricgrpc.WithTemporalitySelector(func(sdk.InstrumentKind) metricdata.Temporality { return how }))
}

func TestTheSDKOverGRPC(t *testing.T) {
	all := sdk.NewView(sdk.Instrument{Name: "none"}, sdk.Stream{})
	for _, c := range []struct {
		why    string
		source Source
		how    metricdata.Temporality
		want   []uint32
	}{
		{"errors since the start: the first time tells nothing", Source{Name: "errors", Metric: "errors", Match: map[string]string{"code": "5*"}}, metricdata.CumulativeTemporality, []uint32{5}},
		{"errors since the last time", Source{Name: "errors", Metric: "errors", Match: map[string]string{"code": "5*"}}, metricdata.DeltaTemporality, []uint32{3, 5}},
		{"all of a histogram", Source{Name: "all", Metric: "latency"}, metricdata.DeltaTemporality, []uint32{1, 2}},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := &rig{}
			c.source.About = "shop"
			r.Receiver = New([]Source{c.source}, r, r, slog.New(slog.DiscardHandler), time.Now)
			address := r.serving(t)
			p := measured(t, all, func() (sdk.Exporter, error) { return overGRPC(t, address, "ok", c.how) })
			for _, round := range []round{{3, []float64{0.1}}, {5, []float64{0.2, 0.9}}} {
				p.live(t, round)
				r.beat(t.Context())
			}
			if diff := cmp.Diff(c.want, r.counts()); diff != "" {
				t.Errorf("readings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSDKWithoutATokenOverGRPC(t *testing.T) {
	r := newRig()
	exporter, err := overGRPC(t, r.serving(t), "guessed", metricdata.DeltaTemporality)
	if err != nil {
		t.Fatal(err)
	}
	reader := sdk.NewManualReader()
	m, err := sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("shop").Int64Counter("http.errors")
	if err != nil {
		t.Fatal(err)
	}
	m.Add(t.Context(), 5)
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(t.Context(), &data); err == nil || !strings.Contains(err.Error(), "Unauthenticated") {
		t.Errorf("answered %v", err)
	}
	if err := exporter.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if r.heard() {
		t.Error("what a stranger sent is counted")
	}
}

// heard reports whether anything was counted.
func (r *rig) heard() bool {
	r.turn.Lock()
	defer r.turn.Unlock()
	for _, t := range r.tracks {
		if t.heard || len(t.series) > 0 {
			return true
		}
	}
	return false
}

func TestWhatGRPCRefuses(t *testing.T) {
	const export = "/" + serviceName + "/Export"
	many := &metrics.MetricsData{ResourceMetrics: []*metrics.ResourceMetrics{{SchemaUrl: strings.Repeat("a", maxMessage)}}}
	for _, c := range []struct {
		why, method string
		header      []string
		message     *metrics.MetricsData
		packed      bool
		want        codes.Code
	}{
		{"a request that names nothing is taken", export, []string{"authorization", "Bearer ok"}, &metrics.MetricsData{}, false, codes.OK},
		{"one without a token is not", export, nil, &metrics.MetricsData{}, false, codes.Unauthenticated},
		{"nor one with two, of which one is right", export, []string{"authorization", "Bearer ok", "authorization", "Bearer no"}, &metrics.MetricsData{}, false, codes.Unauthenticated},
		{"one that is too long is refused before it is read", export, []string{"authorization", "Bearer ok"}, many, false, codes.ResourceExhausted},
		{"so is one that unpacks to too much", export, []string{"authorization", "Bearer ok"}, many, true, codes.ResourceExhausted},
		{"a stranger's long one is refused as a stranger's", export, nil, many, false, codes.Unauthenticated},
		{"other services of OTLP are not here", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", []string{"authorization", "Bearer ok"}, &metrics.MetricsData{}, false, codes.Unimplemented},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := newRig()
			conn, err := grpc.NewClient(r.serving(t), grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			var options []grpc.CallOption
			if c.packed {
				options = append(options, grpc.UseCompressor("gzip"))
			}
			ctx := metadata.AppendToOutgoingContext(t.Context(), c.header...)
			if err := conn.Invoke(ctx, c.method, c.message, &emptypb.Empty{}, options...); status.Code(err) != c.want {
				t.Errorf("answered %v, want %v", err, c.want)
			}
		})
	}
}

// A call whose message does not come is given up, and a call under way does not
// keep the process from ending.
func TestACallThatStalls(t *testing.T) {
	r := newRig()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	call, err := r.admit(ctx, tapOf("Bearer ok"))
	if err != nil {
		t.Fatal(err)
	}
	end, bounded := call.Deadline()
	if left := time.Until(end); !bounded || left > callFor || left < callFor-5*time.Second {
		t.Errorf("a call may take %v", left)
	}
	if _, err := r.admit(ctx, tapOf()); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a call without a token: %v", err)
	}
}

func TestServingEndsWithItsListener(t *testing.T) {
	r := newRig()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.ServeGRPC(t.Context(), l); err == nil {
		t.Errorf("ended with %v", err)
	}
}

func tapOf(authorization ...string) *tap.Info {
	return &tap.Info{Header: metadata.MD{"authorization": authorization}}
}
