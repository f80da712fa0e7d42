package otlp

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// program is one that measures itself with OpenTelemetry's own SDK and exporter.
type program struct {
	*sdk.MeterProvider
	count   metric.Int64Counter
	latency metric.Float64Histogram
}

func newProgram(t *testing.T, address string, how metricdata.Temporality, view sdk.View) *program {
	t.Helper()
	return measured(t, view, func() (sdk.Exporter, error) { return overHTTP(t, address, how) })
}

func overHTTP(t *testing.T, address string, how metricdata.Temporality) (sdk.Exporter, error) {
	return otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpointURL(address+Path), otlpmetrichttp.WithHeaders(map[string]string{"Authorization": "Bearer ok"}),
		otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression), otlpmetrichttp.WithTemporalitySelector(func(sdk.InstrumentKind) metricdata.Temporality { return how }))
}

// measured is a program that sends by an exporter.
func measured(t *testing.T, view sdk.View, by func() (sdk.Exporter, error)) *program {
	t.Helper()
	exporter, err := by()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{MeterProvider: sdk.NewMeterProvider(sdk.WithReader(sdk.NewPeriodicReader(exporter, sdk.WithInterval(time.Hour))), sdk.WithView(view))}
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	m := p.Meter("shop")
	if p.count, err = m.Int64Counter("errors"); err != nil {
		t.Fatal(err)
	}
	if p.latency, err = m.Float64Histogram("latency"); err != nil {
		t.Fatal(err)
	}
	return p
}

// round is a time in which so many errors happen and things take so long.
type round struct {
	errors  int64
	latency []float64
}

func TestAgainstTheSDK(t *testing.T) {
	explicit := sdk.NewView(sdk.Instrument{Name: "latency"}, sdk.Stream{Aggregation: sdk.AggregationExplicitBucketHistogram{Boundaries: []float64{0.25, 0.5, 1, 5}}})
	exponential := sdk.NewView(sdk.Instrument{Name: "latency"}, sdk.Stream{Aggregation: sdk.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
	counting := Source{Name: "errors", Metric: "errors", Match: map[string]string{"code": "5*"}}
	slow := func(above float64) Source { return Source{Name: "slow", Metric: "latency", Range: Range{above, 1e9}} }
	rounds := []round{{3, []float64{0.1, 0.7, 3}}, {5, []float64{0.2, 0.9, 2.5, 2}}, {0, nil}}
	for _, c := range []struct {
		why    string
		source Source
		how    metricdata.Temporality
		view   sdk.View
		want   []uint32
	}{
		{"errors since the start: the first time tells nothing", counting, metricdata.CumulativeTemporality, explicit, []uint32{5, 0}},
		{"errors since the last time", counting, metricdata.DeltaTemporality, explicit, []uint32{3, 5}},
		{"how often anything was measured, since the start", Source{Name: "all", Metric: "latency"}, metricdata.CumulativeTemporality, explicit, []uint32{4, 0}},
		{"how often it was slow, since the start", slow(0.5), metricdata.CumulativeTemporality, explicit, []uint32{3, 0}},
		{"how often it was slow, since the last time", slow(0.5), metricdata.DeltaTemporality, explicit, []uint32{2, 3}},
		{"a bound within a bucket goes up to the next", slow(0.6), metricdata.DeltaTemporality, explicit, []uint32{1, 2}},
		{"the same of exponential buckets, since the start", slow(1), metricdata.CumulativeTemporality, exponential, []uint32{2, 0}},
		{"and since the last time", slow(1), metricdata.DeltaTemporality, exponential, []uint32{1, 2}},
		{"all of exponential buckets", Source{Name: "all", Metric: "latency"}, metricdata.DeltaTemporality, exponential, []uint32{3, 4}},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := &rig{}
			c.source.About = "shop"
			r.Receiver = New([]Source{c.source}, r, r, slog.New(slog.DiscardHandler), time.Now)
			srv := httptest.NewServer(r)
			t.Cleanup(srv.Close) // after the program has ended
			p := newProgram(t, srv.URL, c.how, c.view)
			for _, round := range rounds {
				p.live(t, round)
				r.beat(t.Context())
			}
			if diff := cmp.Diff(c.want, r.counts()); diff != "" {
				t.Errorf("readings (-want +got):\n%s", diff)
			}
		})
	}
}

// A program that begins anew begins its counts anew.
func TestTheSDKRestarts(t *testing.T) {
	r := &rig{}
	r.Receiver = New([]Source{{Name: "errors", Metric: "errors", Match: map[string]string{"code": "503"}, About: "shop"}}, r, r, slog.New(slog.DiscardHandler), time.Now)
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close) // after the program has ended
	for range 2 {
		p := newProgram(t, srv.URL, metricdata.CumulativeTemporality, sdk.NewView(sdk.Instrument{Name: "none"}, sdk.Stream{}))
		p.live(t, round{errors: 700})
		p.live(t, round{errors: 2})
	}
	r.beat(t.Context())
	if len(r.got) != 1 || r.got[0].Count != 4 {
		t.Errorf("two lives of 700 errors before, and 2 after we knew of them: %+v", r.got)
	}
}

func (p *program) live(t *testing.T, r round) {
	t.Helper()
	if r.errors > 0 {
		p.count.Add(t.Context(), r.errors, metric.WithAttributes(attribute.Int("code", 503)))
		p.count.Add(t.Context(), 90, metric.WithAttributes(attribute.Int("code", 404)))
	}
	for _, seconds := range r.latency {
		p.latency.Record(t.Context(), seconds)
	}
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
}
