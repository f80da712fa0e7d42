package config

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	tests := []struct {
		sentence, text string
		want           time.Duration // -1: refused
	}{
		{"seconds", "30s", 30 * time.Second},
		{"days, which Go does not have", "28d", 28 * 24 * time.Hour},
		{"weeks", "2w", 14 * 24 * time.Hour},
		{"several parts", "1h30m", 90 * time.Minute},
		{"a fraction", "1.5m", 90 * time.Second},
		{"a lone zero needs no unit", "0", 0},
		{"a number without a unit could be anything", "30", -1},
		{"nothing lasts less than no time", "-5s", -1},
		{"words are not understood", "5 minutes", -1},
		{"nothing is not a duration", "", -1},
		{"two points", "1.2.3s", -1},
		{"more than a time.Duration holds", "300y", -1},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			got, err := ParseDuration(test.text)
			if refused := err != nil; refused != (test.want < 0) || (!refused && got != test.want) {
				t.Errorf("ParseDuration(%q) = %v, %v; want %v", test.text, got, err, test.want)
			}
		})
	}
}

// What FormatDuration writes, ParseDuration reads.
func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Beyond 2^53 ns, a hundred days, a float64 has no whole nanoseconds; a
		// configuration needs none there.
		d := time.Duration(rapid.Int64Range(0, int64(90*24*time.Hour/time.Millisecond)).Draw(t, "ms")) * time.Millisecond
		got, err := ParseDuration(FormatDuration(d))
		if err != nil || got != d {
			t.Fatalf("%v became %q became %v, %v", d, FormatDuration(d), got, err)
		}
	})
}

func TestBudget(t *testing.T) {
	tests := []struct {
		sentence, text string
		perServiceYear float64 // of each of four services; 0: refused
	}{
		{"the default", "1 per service and year", 1},
		{"a word for the number", "one per service and month", 12},
		{"the page's budget is split over its services", "2 per page and year", 0.5},
		{"a fraction", "0.5 per service and year", 0.5},
		{"in the words of the manual", "at most one false alarm per service and year", 1},
		{"extra blanks", "  1   per service  and year ", 1},
		{"none at all is not to be had", "0 per service and year", 0},
		{"less than none", "-1 per service and year", 0},
		{"a number that is none", "1.2.3 per service and year", 0},
		{"a word that is no number", "few per service and year", 0},
		{"without the period", "1 per service", 0},
		{"a period that we do not count in", "1 per service and century", 0},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			var b Budget
			err := b.UnmarshalText([]byte(test.text))
			if (err != nil) != (test.perServiceYear == 0) || b.PerServiceYear(4) != test.perServiceYear {
				t.Errorf("%q: %v a service and year, %v; want %v", test.text, b.PerServiceYear(4), err, test.perServiceYear)
			}
			if err != nil {
				return
			}
			var again Budget
			if err := again.UnmarshalText([]byte(b.String())); err != nil || again != b {
				t.Errorf("%v does not read back: %v, %v", b, again, err)
			}
		})
	}
}

func TestWords(t *testing.T) {
	var s Size
	var r Rate
	var d Date
	tests := []struct {
		sentence, text string
		into           interface{ UnmarshalText([]byte) error }
		want           string // of fmt.Sprint; empty: refused
	}{
		{"a decimal size", "10MB", &s, "10000000"},
		{"a binary size with a blank", "8 GiB", &s, "8589934592"},
		{"bytes", "512", &s, "512"},
		{"a size of a unit that is none", "8 gigs", &s, ""},
		{"a negative size", "-1MB", &s, ""},
		{"a size beyond all disks", "9999999999TB", &s, ""},
		{"a rate", "60/m", &r, "{60 1m0s}"},
		{"no limit", "0", &r, "{0 0s}"},
		{"a rate per nothing", "60", &r, ""},
		{"a rate that never comes", "0/s", &r, ""},
		{"a rate that is no number", "NaN/s", &r, ""},
		{"a day of one year", "2024-12-25", &d, "{2024 December 25}"},
		{"a day of every year", "12-25", &d, "{0 December 25}"},
		{"the leap day comes, though not every year", "02-29", &d, "{0 February 29}"},
		{"a day that never comes", "02-30", &d, ""},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			err := test.into.UnmarshalText([]byte(test.text))
			if (err != nil) != (test.want == "") {
				t.Fatalf("%q: %v", test.text, err)
			}
			if got := deref(test.into); err == nil && got != test.want {
				t.Errorf("%q: got %s, want %s", test.text, got, test.want)
			}
		})
	}
}

func deref(v any) string {
	switch v := v.(type) {
	case *Size:
		return fmt.Sprint(*v)
	case *Rate:
		return fmt.Sprint(*v)
	case *Date:
		return fmt.Sprint(*v)
	default:
		return "?"
	}
}

func TestHolidayOn(t *testing.T) {
	every, once := Date{Month: time.December, Day: 25}, Date{Year: 2024, Month: time.December, Day: 25}
	at := time.Date(2025, time.December, 25, 23, 0, 0, 0, time.UTC)
	if !every.On(at) || once.On(at) {
		t.Error("a day without a year is that of every year, one with a year of that year only")
	}
	tokyo := time.FixedZone("Tokyo", 9*3600)
	if every.On(at.In(tokyo)) {
		t.Error("late on Christmas Day in London it is the day after in Tokyo")
	}
}

func TestDidYouMean(t *testing.T) {
	tests := []struct{ sentence, word, want string }{
		{"a letter too few", "lisen", `, did you mean "listen"?`},
		{"two letters swapped", "lsiten", `, did you mean "listen"?`},
		{"nothing near", "colour", ""},
		{"short words must be very near", "id", ""},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			if got := didYouMean(test.word, []string{"data", "listen", "bus"}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
