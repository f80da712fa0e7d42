package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"

	"github.com/outcry/outcry"
)

// Path is where metrics are taken: an exporter's endpoint is it without
// /v1/metrics.
const Path = "/api/v1/otlp/v1/metrics"

// Source is a metric whose errors count.
type Source struct {
	Name     string // unique
	Metric   string
	Match    map[string]string // attributes of the resource or the point; a value may end in *
	Value    string            // Counter, of sums and histograms, or Rate, of gauges; empty: Counter
	Range    Range             // of a histogram's observations; zero: Everything
	About    string            // the service whose errors it counts
	Interval time.Duration
}

// The sorts of value that a metric may give.
const (
	Counter = "counter" // what has happened: sums that only rise, and histograms
	Rate    = "rate"    // errors a second: gauges
)

// Verify says what is wrong with a source. Its error, of CodeInvalid, names the
// field.
func (s *Source) Verify() error {
	switch {
	case s.Value != "" && s.Value != Counter && s.Value != Rate:
		return outcry.FieldErrorf("value", "%q is neither %s nor %s", s.Value, Counter, Rate)
	case s.Range.Above >= s.Range.UpTo && s.Range != Range{}:
		return outcry.FieldErrorf("up_to", "%v is not greater than above, %v", s.Range.UpTo, s.Range.Above)
	case s.Value == Rate && s.Range != Range{} && !s.Range.all():
		return outcry.FieldErrorf("above", "a range is of a histogram, and a rate is of a gauge")
	}
	return nil
}

// Door lets callers in, by the value of their header Authorization.
type Door interface {
	Allowed(authorization string) bool
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Sender takes signals over: when it returns nil, they are safe with it.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Receiver takes metrics. It is the [http.Handler] of POST [Path];
// [Receiver.ServeGRPC] takes them by gRPC.
type Receiver struct {
	door   Door
	sender Sender
	log    *slog.Logger
	now    func() time.Time
	turn   sync.Mutex
	tracks []*track
}

// track is one source and its series.
type track struct {
	Source
	series map[seriesKey]*series
	new    float64 // errors since the last reading
	heard  bool    // whether anything told of them
	sentAt time.Time
}

// New makes a receiver.
func New(sources []Source, door Door, sender Sender, log *slog.Logger, now func() time.Time) *Receiver {
	r := &Receiver{door: door, sender: sender, log: log, now: now}
	for i := range sources {
		s := sources[i]
		if s.Range == (Range{}) {
			s.Range = Everything()
		}
		r.tracks = append(r.tracks, &track{Source: s, series: map[seriesKey]*series{}, sentAt: now()})
	}
	return r
}

// ServeHTTP takes one request.
func (v *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !v.door.Allowed(r.Header.Get("Authorization")) {
		v.door.Fail(w, r, errNoToken())
		return
	}
	data, kind, err := read(r)
	if err != nil {
		v.door.Fail(w, r, err)
		return
	}
	v.take(data)
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	if kind == jsonType { // of protobuf, an empty message has no bytes
		fmt.Fprint(w, "{}")
	}
}

func errNoToken() error {
	return outcry.Errorf(outcry.CodeUnauthorized, "metrics need a token of the role alert")
}

// take counts what is new in a request.
func (v *Receiver) take(data *metrics.MetricsData) {
	v.turn.Lock()
	defer v.turn.Unlock()
	now := v.now()
	for _, resource := range data.GetResourceMetrics() {
		for _, scope := range resource.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				for _, t := range v.tracks {
					if t.Metric == m.GetName() {
						t.take(resource, scope.GetScope().GetName(), m, now)
					}
				}
			}
		}
	}
}

func (t *track) take(resource *metrics.ResourceMetrics, scope string, m *metrics.Metric, now time.Time) {
	of := resource.GetResource().GetAttributes()
	list, how := t.samples(m)
	if how == none {
		return
	}
	for i := range list {
		p := &list[i]
		at := time.Unix(0, int64(min(p.at, math.MaxInt64)))
		if now.Sub(at) > longest || at.Sub(now) > ahead || !matches(t.Match, of, p.attributes) {
			continue
		}
		key, err := keyOf(scope, of, p.attributes)
		if err != nil {
			continue // a text that is not UTF-8 names no series
		}
		if s := t.at(key); s != nil {
			n, told := s.news(p, at, how)
			t.new, t.heard = t.new+n, t.heard || told
		}
	}
}

// at finds or opens a series; nil when there are too many.
func (t *track) at(key seriesKey) *series {
	s := t.series[key]
	if s == nil && len(t.series) < maxSeries {
		s = &series{}
		t.series[key] = s
	}
	return s
}

// Run sends readings until the context ends. It always returns nil then.
func (v *Receiver) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			v.beat(ctx)
		}
	}
}

// beat sends the readings that are due. What cannot be sent stays.
func (v *Receiver) beat(ctx context.Context) {
	v.turn.Lock()
	defer v.turn.Unlock()
	now := v.now()
	for _, t := range v.tracks {
		if now.Sub(t.sentAt) < t.Interval {
			continue
		}
		t.tidy(now)
		if !t.heard {
			continue
		}
		if err := v.sender.Send(ctx, []outcry.Signal{t.reading(now)}); err != nil {
			v.log.Warn("otlp: a reading waits, it cannot be sent", "source", t.Name, "error", err)
			continue
		}
		t.new, t.heard, t.sentAt = 0, false, now
	}
}

func (t *track) reading(now time.Time) outcry.Signal {
	s := outcry.Signal{Kind: outcry.KindMetric, Outcome: outcry.Good, At: now.UTC().Truncate(time.Millisecond), Service: t.About, Vantage: t.Name}
	if s.Count = uint32(math.Round(min(t.new, outcry.MaxCount))); s.Count > 0 {
		s.Outcome = outcry.Bad
	}
	return s
}

// tidy forgets series that are not sent any more.
func (t *track) tidy(now time.Time) {
	for k, s := range t.series {
		if now.Sub(s.at) > forget {
			delete(t.series, k)
		}
	}
}
