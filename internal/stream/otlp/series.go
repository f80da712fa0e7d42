package otlp

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

const (
	maxSeries = 10_000 // of one source that are told apart; others count nothing
	// longest is for how long one count may stand: of what piled up for longer
	// nobody knows when it was.
	longest = 150 * time.Second
	forget  = time.Hour // a series that has not been sent
	ahead   = time.Minute
)

// seriesKey is a digest of all of a series' attributes.
type seriesKey [sha256.Size]byte

// series is the last point of one.
type series struct {
	value float64
	start uint64 // Unix, in nanoseconds
	at    time.Time

	layout uint64 // of a histogram's buckets
}

// matches reports whether the attributes have all values of a pattern.
func matches(pattern map[string]string, lists ...[]*common.KeyValue) bool {
	for name, want := range pattern {
		ok := slices.ContainsFunc(lists, func(list []*common.KeyValue) bool {
			return slices.ContainsFunc(list, func(a *common.KeyValue) bool { return a.GetKey() == name && like(text(a.GetValue()), want) })
		})
		if !ok {
			return false
		}
	}
	return true
}

// like compares a value with one that may end in *.
func like(value, want string) bool {
	if prefix, any := strings.CutSuffix(want, "*"); any {
		return strings.HasPrefix(value, prefix)
	}
	return value == want
}

// text is a plain value in words.
func text(v *common.AnyValue) string {
	switch x := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return x.StringValue
	case *common.AnyValue_IntValue:
		return strconv.FormatInt(x.IntValue, 10)
	case *common.AnyValue_BoolValue:
		return strconv.FormatBool(x.BoolValue)
	case *common.AnyValue_DoubleValue:
		return strconv.FormatFloat(x.DoubleValue, 'g', -1, 64)
	}
	return ""
}

// keyOf digests attributes, in whatever order they come.
func keyOf(scope string, lists ...[]*common.KeyValue) (seriesKey, error) {
	h := sha256.New()
	h.Write([]byte(scope)) //nolint:errcheck // a hash never fails
	for _, list := range lists {
		parts := make([]string, 0, len(list))
		for _, a := range list {
			b, err := proto.MarshalOptions{Deterministic: true}.Marshal(a)
			if err != nil {
				return seriesKey{}, err
			}
			parts = append(parts, string(b))
		}
		slices.Sort(parts)
		for _, p := range append(parts, "") {
			sum := sha256.Sum256([]byte(p))
			h.Write(sum[:]) //nolint:errcheck // see above
		}
	}
	return seriesKey(h.Sum(nil)), nil
}

// news is what a sample adds to its series, and false when it tells nothing:
// a series that is new or was restarted tells from its next sample on, as what
// it has counted may be years.
func (s *series) news(p *sample, at time.Time, how sort) (float64, bool) {
	old := *s
	if !at.After(old.at) {
		return 0, false // the same again, or out of order
	}
	*s = series{value: p.value, start: p.start, at: at, layout: p.layout}
	switch since := at.Sub(old.at); {
	case how == delta:
		return p.value, true
	case old.at.IsZero() || since > longest:
		return 0, false
	case how == rate:
		return p.value * since.Seconds(), true
	case p.value < old.value || old.start != s.start || old.layout != s.layout:
		return 0, false
	}
	return p.value - old.value, true
}
