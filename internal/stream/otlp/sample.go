package otlp

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// sample is a point of any sort of metric, as a number.
type sample struct {
	attributes []*common.KeyValue
	value      float64
	start, at  uint64 // Unix, in nanoseconds
	// layout tells histograms of different buckets apart: what one has in a range
	// cannot be compared with what another has.
	layout uint64
}

// sorts of values of a series, and how its samples follow each other.
type sort int

const (
	none       sort = iota // it tells nothing
	cumulative             // each sample holds those before it
	delta                  // each is what is new
	rate                   // each is so many a second, from the last one on
)

func temporality(t metrics.AggregationTemporality) sort {
	switch t {
	case metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA:
		return delta
	case metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE:
		return cumulative
	}
	return none
}

// samples reads a metric as the source wants it; none when it is of another
// sort.
func (s *Source) samples(m *metrics.Metric) ([]sample, sort) {
	if s.Value == Rate {
		if g := m.GetGauge(); g != nil {
			return numbers(g.GetDataPoints()), rate
		}
		return nil, none
	}
	switch {
	case m.GetSum().GetIsMonotonic():
		return numbers(m.GetSum().GetDataPoints()), temporality(m.GetSum().GetAggregationTemporality())
	case m.GetHistogram() != nil:
		var out []sample
		for _, p := range m.GetHistogram().GetDataPoints() {
			out = appendSample(out, s.Range.explicit(p), p)
		}
		return out, temporality(m.GetHistogram().GetAggregationTemporality())
	case m.GetExponentialHistogram() != nil:
		var out []sample
		for _, p := range m.GetExponentialHistogram().GetDataPoints() {
			out = appendSample(out, s.Range.exponential(p), p)
		}
		return out, temporality(m.GetExponentialHistogram().GetAggregationTemporality())
	}
	return nil, none
}

// pointOf is what all sorts of points have.
type pointOf interface {
	GetAttributes() []*common.KeyValue
	GetStartTimeUnixNano() uint64
	GetTimeUnixNano() uint64
	GetFlags() uint32
}

// appendSample adds a point unless it says that it has no value, or that is no
// number that a count can have.
func appendSample(list []sample, v counted, p pointOf) []sample {
	noValue := p.GetFlags()&uint32(metrics.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK) != 0
	if !(v.n >= 0) || math.IsInf(v.n, 0) || noValue {
		return list
	}
	return append(list, sample{p.GetAttributes(), v.n, p.GetStartTimeUnixNano(), p.GetTimeUnixNano(), v.layout})
}

func numbers(points []*metrics.NumberDataPoint) []sample {
	var out []sample
	for _, p := range points {
		v := math.NaN()
		switch x := p.GetValue().(type) {
		case *metrics.NumberDataPoint_AsInt:
			v = float64(x.AsInt)
		case *metrics.NumberDataPoint_AsDouble:
			v = x.AsDouble
		}
		out = appendSample(out, counted{n: v}, p)
	}
	return out
}

// Range selects observations of a histogram: those above one value and up to
// another. As a histogram knows its buckets only, one that lies across an end
// of the range is left out.
type Range struct {
	Above float64 // −∞: from the lowest on
	UpTo  float64 // +∞: to the highest
}

// Everything is the range of all observations.
func Everything() Range { return Range{math.Inf(-1), math.Inf(1)} }

func (r Range) all() bool { return math.IsInf(r.Above, -1) && math.IsInf(r.UpTo, 1) }

// holds reports whether a bucket (low, high] is within the range.
func (r Range) holds(low, high float64) bool { return low >= r.Above && high <= r.UpTo }

// counted is how many observations are in a range, of which buckets.
type counted struct {
	n      float64 // NaN: the point makes no sense
	layout uint64
}

// explicit counts those of a point whose buckets are (b[i-1], b[i]].
func (r Range) explicit(p *metrics.HistogramDataPoint) counted {
	bounds, counts := p.GetExplicitBounds(), p.GetBucketCounts()
	if r.all() {
		return counted{n: float64(p.GetCount())}
	}
	if len(counts) != len(bounds)+1 || !slices.IsSorted(bounds) {
		return counted{n: math.NaN()}
	}
	layout, low, n := fnv.New64a(), math.Inf(-1), 0.0
	for i, c := range counts {
		high := math.Inf(1)
		if i < len(bounds) {
			high = bounds[i]
		}
		if r.holds(low, high) {
			n += float64(c)
		}
		low = high
		layout.Write(binary.BigEndian.AppendUint64(nil, math.Float64bits(high))) //nolint:errcheck // a hash never fails
	}
	return counted{n, layout.Sum64()}
}

// exponential counts those of a point whose buckets are (b^i, b^(i+1)], with
// b = 2^(2^−scale), likewise below zero, and one around it
// (opentelemetry.io/docs/specs/otel/metrics/data-model, ExponentialHistogram).
func (r Range) exponential(p *metrics.ExponentialHistogramDataPoint) counted {
	if r.all() {
		return counted{n: float64(p.GetCount())}
	}
	bound := func(index int64) float64 { return math.Exp2(math.Ldexp(float64(index), -int(p.GetScale()))) }
	n := 0.0
	for i, c := range p.GetPositive().GetBucketCounts() {
		at := int64(p.GetPositive().GetOffset()) + int64(i)
		if r.holds(bound(at), bound(at+1)) {
			n += float64(c)
		}
	}
	for i, c := range p.GetNegative().GetBucketCounts() {
		at := int64(p.GetNegative().GetOffset()) + int64(i)
		if r.holds(-bound(at+1), -bound(at)) {
			n += float64(c)
		}
	}
	if zero := p.GetZeroThreshold(); r.holds(-zero, zero) {
		n += float64(p.GetZeroCount())
	}
	return counted{n, uint64(uint32(p.GetScale())) + 1} //nolint:gosec // any number will do that differs where the scale does
}
