package config

import (
	"encoding"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// oneOf sets dst to the text when that is among the words.
func oneOf[T ~string](dst *T, text []byte, words ...T) error {
	names := make([]string, len(words))
	for i, w := range words {
		if string(w) == string(text) {
			*dst = w
			return nil
		}
		names[i] = string(w)
	}
	return fmt.Errorf("%q is none of %s%s", text, strings.Join(names, ", "), didYouMean(string(text), names))
}

// Mode is how an incident that the judge found becomes public.
type Mode string

// The modes.
const (
	ModeAuto    Mode = "auto"    // at once
	ModeConfirm Mode = "confirm" // when a person says so, or the deadline has passed
	ModeManual  Mode = "manual"  // only when a person says so
)

// UnmarshalText accepts only the modes above.
func (m *Mode) UnmarshalText(b []byte) error {
	return oneOf(m, b, ModeAuto, ModeConfirm, ModeManual)
}

// CommentMode is whether pages show what people write with their reports.
type CommentMode string

// The modes.
const (
	CommentsOff  CommentMode = "off"  // comments are not kept
	CommentsHeld CommentMode = "held" // shown once a person has approved them
	CommentsOpen CommentMode = "open" // shown at once, until a person rejects them
)

// UnmarshalText accepts only the modes above.
func (m *CommentMode) UnmarshalText(b []byte) error {
	return oneOf(m, b, CommentsOff, CommentsHeld, CommentsOpen)
}

// Format is how log lines are written.
type Format string

// The formats.
const (
	FormatText Format = "text" // key=value, for people
	FormatJSON Format = "json" // one object a line
)

// UnmarshalText accepts only the formats above.
func (f *Format) UnmarshalText(b []byte) error { return oneOf(f, b, FormatText, FormatJSON) }

// Level is the least severe level that is logged.
type Level string

// The levels.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelWarn  Level = "warn"
	LevelError Level = "error"
)

// UnmarshalText accepts only the levels above.
func (l *Level) UnmarshalText(b []byte) error {
	return oneOf(l, b, LevelDebug, LevelInfo, LevelWarn, LevelError)
}

// Slog is the level in the words of log/slog.
func (l Level) Slog() slog.Level {
	switch l {
	case LevelDebug:
		return slog.LevelDebug
	case LevelWarn:
		return slog.LevelWarn
	case LevelError:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// NoticeKind is [outcry.NoticeKind], read strictly.
type NoticeKind outcry.NoticeKind

// UnmarshalText accepts only the kinds that exist.
func (k *NoticeKind) UnmarshalText(b []byte) error {
	return oneOf(k, b, NoticeKind(outcry.NoticeOpened), NoticeKind(outcry.NoticeUpdated), NoticeKind(outcry.NoticeResolved))
}

// Size is a number of bytes: "10MB" (10,000,000), "8GiB", "512".
type Size int64

// sizeUnits are tried in this order: the longer suffix first.
var sizeUnits = [...]struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1},
}

// UnmarshalText reads a whole number with a unit.
func (s *Size) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > (1<<62)/u.bytes {
			break
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size: write a number and a unit, such as 10MB or 8GiB", text)
}

// Rate is so many in a time: "60/m".
type Rate struct {
	Count float64
	Per   time.Duration
}

// PerSecond is the rate in events a second; 0 for the zero Rate.
func (r Rate) PerSecond() float64 {
	if r.Per <= 0 {
		return 0
	}
	return r.Count / r.Per.Seconds()
}

// UnmarshalText reads "COUNT/UNIT" with the units s, m, h and d; a lone 0 is
// no limit.
func (r *Rate) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	if text == "0" {
		*r = Rate{}
		return nil
	}
	count, unit, ok := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	per := durationUnits[strings.TrimSpace(unit)]
	if !ok || err != nil || per < time.Second || !(n > 0 && n < 1e9) {
		return fmt.Errorf("%q is not a rate: write how many per s, m, h or d, such as 60/m", text)
	}
	*r = Rate{Count: n, Per: per}
	return nil
}

// UnmarshalText reads "2024-12-25", or "12-25" for every year.
func (d *Date) UnmarshalText(b []byte) error {
	text := string(b)
	if t, err := time.Parse(time.DateOnly, text); err == nil && t.Year() > 0 {
		*d = Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
		return nil
	}
	// A leap year, so that 29 February is a day.
	if t, err := time.Parse(time.DateOnly, "2000-"+text); err == nil {
		*d = Date{Month: t.Month(), Day: t.Day()}
		return nil
	}
	return fmt.Errorf("%q is not a day: write 2024-12-25, or 12-25 for every year", text)
}

// The interfaces that the decoder looks for.
var (
	_ encoding.TextUnmarshaler = (*Mode)(nil)
	_ encoding.TextUnmarshaler = (*Rate)(nil)
	_ encoding.TextUnmarshaler = (*Budget)(nil)
)
