package backtest

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// layouts of local times; a fraction of a second may follow any of them.
func layouts() []string {
	return []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"}
}

// offsetLayouts of times with their offset.
func offsetLayouts() []string {
	return []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700"}
}

// milliseconds is the number from which a time since 1970 is in milliseconds:
// in seconds it would lie in the year 5138.
const milliseconds = 1e11

// ParseTime reads an instant as the files have it; see [ReadCSV].
func ParseTime(s string, zone *time.Location) (time.Time, error) { return parseTime(s, zone) }

func parseTime(s string, zone *time.Location) (time.Time, error) {
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		return parseEpoch(s, x)
	}
	for _, l := range offsetLayouts() {
		if t, err := time.Parse(l, s); err == nil {
			return sane(s, t)
		}
	}
	for _, l := range layouts() {
		if t, err := time.ParseInLocation(l, s, zone); err == nil {
			return sane(s, t)
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: want RFC 3339, 2006-01-02 15:04:05, or seconds or milliseconds since 1970", s)
}

func parseEpoch(s string, x float64) (time.Time, error) {
	if math.IsNaN(x) || math.Abs(x) > 1e14 {
		return time.Time{}, fmt.Errorf("%q is no time since 1970", s)
	}
	if math.Abs(x) < milliseconds {
		x *= 1000
	}
	return sane(s, time.UnixMilli(int64(math.Round(x))))
}

func sane(s string, t time.Time) (time.Time, error) {
	if y := t.Year(); y < 1970 || y > 2500 {
		return time.Time{}, fmt.Errorf("%q lies in the year %d", s, y)
	}
	return t.UTC(), nil
}
