package otlp

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"pgregory.net/rapid"
)

func TestRanges(t *testing.T) {
	wide := Everything()
	for _, c := range []struct {
		why  string
		r    Range
		p    *metrics.HistogramDataPoint
		want float64 // −1: the point makes no sense
	}{
		{"all are counted by the count", wide, &metrics.HistogramDataPoint{Count: 7}, 7},
		{"those above a bound", Range{1, math.Inf(1)}, &metrics.HistogramDataPoint{ExplicitBounds: []float64{1, 2}, BucketCounts: []uint64{5, 3, 2}}, 5},
		{"those between two", Range{1, 2}, &metrics.HistogramDataPoint{ExplicitBounds: []float64{1, 2}, BucketCounts: []uint64{5, 3, 2}}, 3},
		{"those up to one", Range{math.Inf(-1), 1}, &metrics.HistogramDataPoint{ExplicitBounds: []float64{1, 2}, BucketCounts: []uint64{5, 3, 2}}, 5},
		{"a bucket that lies across is left out", Range{1.5, math.Inf(1)}, &metrics.HistogramDataPoint{ExplicitBounds: []float64{1, 2}, BucketCounts: []uint64{5, 3, 2}}, 2},
		{"too few buckets make no sense", Range{1, 2}, &metrics.HistogramDataPoint{ExplicitBounds: []float64{1, 2}, BucketCounts: []uint64{5}}, -1},
		{"nor do bounds in disorder", Range{1, 2}, &metrics.HistogramDataPoint{ExplicitBounds: []float64{2, 1}, BucketCounts: []uint64{5, 3, 2}}, -1},
		{"without buckets there is one", Range{1, 2}, &metrics.HistogramDataPoint{BucketCounts: []uint64{5}}, 0},
	} {
		got := c.r.explicit(c.p).n
		if got != c.want && !(math.IsNaN(got) && c.want < 0) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

func TestExponentialRanges(t *testing.T) {
	// At scale 0 buckets are (2^i, 2^(i+1)]: here (1,2], (2,4], (4,8].
	p := &metrics.ExponentialHistogramDataPoint{
		Count: 24, ZeroCount: 6, ZeroThreshold: 0.01,
		Positive: &metrics.ExponentialHistogramDataPoint_Buckets{Offset: 0, BucketCounts: []uint64{1, 2, 4}},
		Negative: &metrics.ExponentialHistogramDataPoint_Buckets{Offset: 1, BucketCounts: []uint64{11}},
	}
	for _, c := range []struct {
		why  string
		r    Range
		want float64
	}{
		{"all", Everything(), 24},
		{"above 2", Range{2, math.Inf(1)}, 6},
		{"above 3 is above 4", Range{3, math.Inf(1)}, 4},
		{"around zero", Range{-1, 1}, 6},
		{"below zero: one bucket, (-4,-2]", Range{-4, -2}, 11},
	} {
		if got := c.r.exponential(p).n; got != c.want {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

// Whatever a point says, a range counts no more than there is, and two ranges
// that meet count no more than the whole.
func TestRangesOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Uint64Range(0, 1000), 0, 20)
		p := &metrics.ExponentialHistogramDataPoint{
			Scale: rapid.Int32().Draw(t, "scale"), ZeroCount: 3, ZeroThreshold: rapid.Float64().Draw(t, "threshold"),
			Positive: &metrics.ExponentialHistogramDataPoint_Buckets{Offset: rapid.Int32().Draw(t, "offset"), BucketCounts: counts.Draw(t, "positive")},
			Negative: &metrics.ExponentialHistogramDataPoint_Buckets{Offset: rapid.Int32().Draw(t, "offset"), BucketCounts: counts.Draw(t, "negative")},
		}
		total := 3.0
		for _, c := range append(p.GetPositive().GetBucketCounts(), p.GetNegative().GetBucketCounts()...) {
			total += float64(c)
		}
		at := rapid.Float64Range(-1e9, 1e9).Draw(t, "at")
		low, high := Range{math.Inf(-1), at}.exponential(p).n, Range{at, math.Inf(1)}.exponential(p).n
		if low < 0 || high < 0 || low+high > 2*total {
			t.Errorf("%v and %v of %v", low, high, total)
		}
	})
}

// gauge sends a gauge of errors a second.
func (r *rig) gauge(perSecond float64) string {
	return fmt.Sprintf(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"errors.rate","gauge":{"dataPoints":[{"timeUnixNano":"%d","asDouble":%v}]}}]}]}]}`, r.now.UnixNano(), perSecond)
}

func TestAGaugeIsARate(t *testing.T) {
	for _, c := range []struct {
		why, value string
		want       []uint32
	}{
		{"a rate counts for the time since the last", Rate, []uint32{60, 0}},
		{"a gauge that is no rate counts nothing", Counter, nil},
	} {
		r := newRig()
		r.Receiver = New([]Source{{Name: "rate", Metric: "errors.rate", Value: c.value, About: "shop", Interval: 30 * time.Second}}, r, r, r.log, func() time.Time { return r.now })
		for _, perSecond := range []float64{50, 2, 0} {
			if code, _, body := r.post(jsonType, "", []byte(r.gauge(perSecond))); code != http.StatusOK {
				t.Fatal(code, body)
			}
			r.now = r.now.Add(30 * time.Second)
			r.beat(t.Context())
		}
		var got []uint32
		for i := range r.got {
			got = append(got, r.got[i].Count)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

func TestWrongSources(t *testing.T) {
	for why, s := range map[string]Source{
		"a sort of value that there is not": {Value: "gauge"}, "a range from high to low": {Range: Range{2, 1}}, "a range of a rate": {Value: Rate, Range: Range{1, math.Inf(1)}},
	} {
		if s.Verify() == nil {
			t.Errorf("%s is taken", why)
		}
	}
	for why, s := range map[string]Source{"nothing said": {}, "a range": {Range: Range{1, 2}}, "a rate of everything": {Value: Rate, Range: Everything()}} {
		if err := s.Verify(); err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
}
