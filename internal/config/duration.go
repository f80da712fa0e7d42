package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// durationUnits are Go's, with days, weeks and years, that operators think in.
var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// ParseDuration reads "30s", "5m", "1h30m", "28d", "2w", "1y"; a lone 0 is
// zero. A day is always 24 hours, a year 365 days. Negative ones are refused:
// nothing in a configuration lasts less than no time.
func ParseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	var sum float64
	for rest := text; rest != "" || text == ""; {
		n, unit, after, ok := cutDuration(rest)
		if !ok {
			return 0, fmt.Errorf("%q is not a duration: write a number and a unit (ms, s, m, h, d, w or y), such as 30s or 28d", text)
		}
		sum += n * float64(unit)
		rest = after
	}
	if sum >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too long: at most 290y", text)
	}
	return time.Duration(math.Round(sum)), nil
}

// cutDuration takes one number with its unit off the front of s.
func cutDuration(s string) (n float64, unit time.Duration, rest string, ok bool) {
	digits := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if digits <= 0 {
		return 0, 0, "", false
	}
	n, err := strconv.ParseFloat(s[:digits], 64)
	s = s[digits:]
	letters := strings.IndexFunc(s, func(r rune) bool { return r == '.' || ('0' <= r && r <= '9') })
	if letters < 0 {
		letters = len(s)
	}
	unit, known := durationUnits[s[:letters]]
	return n, unit, s[letters:], known && err == nil
}

// FormatDuration writes a duration as [ParseDuration] reads it, in as few
// parts as there are: "7d", "1h30m", "250ms". Less than a millisecond is lost.
func FormatDuration(d time.Duration) string {
	var b strings.Builder
	for _, unit := range [...]string{"y", "d", "h", "m", "s", "ms"} {
		if n := int64(d / durationUnits[unit]); n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit)
			d %= durationUnits[unit]
		}
	}
	if b.Len() == 0 {
		return "0"
	}
	return b.String()
}
