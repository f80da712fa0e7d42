package backtest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

func TestReadCSV(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		says, in string
		zone     *time.Location
		from     string
		step     time.Duration
		counts   []uint64
		missing  int
	}{
		{"a header is passed over, and times of Go's and spreadsheets' form are UTC", "timestamp,value\n2015-02-26 21:42:53,104\n2015-02-26 21:47:53,100\n", time.UTC, "2015-02-26T21:42:53Z", 5 * time.Minute, []uint64{104, 100}, 0},
		{"without an offset they are local", "2015-02-26 21:00,1\n2015-02-26 22:00,2\n", berlin, "2015-02-26T20:00:00Z", time.Hour, []uint64{1, 2}, 0},
		{"with an offset they are what they say", "2015-02-26T21:00:00+01:00,1\n2015-02-26T21:00:10+01:00,2\n", berlin, "2015-02-26T20:00:00Z", 10 * time.Second, []uint64{1, 2}, 0},
		{"seconds since 1970", "1700000000,1\n1700000060,2\n", time.UTC, "2023-11-14T22:13:20Z", time.Minute, []uint64{1, 2}, 0},
		{"milliseconds since 1970", "time,n\n1700000000000,1\n1700000060000,2\n", time.UTC, "2023-11-14T22:13:20Z", time.Minute, []uint64{1, 2}, 0},
		{"days", "2024-01-01,1.0\n2024-01-02,2e1\n", time.UTC, "2024-01-01T00:00:00Z", 24 * time.Hour, []uint64{1, 20}, 0},
		{"what is left out was not watched", "0,1\n60,2\n120,3\n300,4\n", time.UTC, "1970-01-01T00:00:00Z", time.Minute, []uint64{1, 2, 3, 4}, 2},
		{"the newest line comes first", "time,n\n120,3\n60,2\n0,1\n", time.UTC, "1970-01-01T00:00:00Z", time.Minute, []uint64{1, 2, 3}, 0},
		{"offsets without a colon", "1970-01-01 02:00:00+0200,1\n1970-01-01T00:01:00+0000,2\n", time.UTC, "1970-01-01T00:00:00Z", time.Minute, []uint64{1, 2}, 0},
		{"bins of two seconds are summed into ticks", "t,n\n8,1\n10,2\n12,3\n16,4\n18,5\n20,6\n", time.UTC, "1970-01-01T00:00:00Z", 10 * time.Second, []uint64{1, 14, 6}, 0},
		{"semicolons, as spreadsheets of much of Europe write them", "time;count\r\n0;1\r\n60;2\r\n\r\n", time.UTC, "1970-01-01T00:00:00Z", time.Minute, []uint64{1, 2}, 0},
		{"tabs", "0\t1\n60\t2\n", time.UTC, "1970-01-01T00:00:00Z", time.Minute, []uint64{1, 2}, 0},
		{"further columns, a byte order mark, spaces and quotes are no matter", "\ufeff\"0\", 1 ,x\n \"60\",2,y\n", time.UTC, "1970-01-01T00:00:00Z", time.Minute, []uint64{1, 2}, 0},
	}
	for _, c := range cases {
		s, err := ReadCSV("x.csv", strings.NewReader(c.in), c.zone)
		if err != nil {
			t.Errorf("%s: %v", c.says, err)
			continue
		}
		if got := s.at(s.Bins[0].From).Format(time.RFC3339); got != c.from || s.Step != c.step || s.Missing != c.missing {
			t.Errorf("%s: from %s by %v, %d missing; want %s by %v, %d", c.says, got, s.Step, s.Missing, c.from, c.step, c.missing)
		}
		for i, n := range c.counts {
			if s.Bins[i].N != n || s.Bins[i].To-s.Bins[i].From != outcry.Ticks(c.step) {
				t.Errorf("%s: bin %d is %+v", c.says, i, s.Bins[i])
			}
		}
	}
}

// TestReadCSVDaysOfAZone reads bins that begin by the clock on the wall over the
// days on which it is changed.
func TestReadCSVDaysOfAZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		says, in string
		hours    []float64
		missing  int
	}{
		{"the day on which clocks go forward has 23 hours", "2025-03-28,1\n2025-03-29,1\n2025-03-30,1\n2025-03-31,1\n2025-04-01,1\n", []float64{24, 24, 23, 24, 24}, 0},
		{"the day on which they go back has 25", "2025-10-24,1\n2025-10-25,1\n2025-10-26,1\n2025-10-27,1\n2025-10-28,1\n", []float64{24, 24, 25, 24, 24}, 0},
		{"offsets say the same", "2025-03-29T00:00:00+01:00,1\n2025-03-30T00:00:00+01:00,1\n2025-03-31T00:00:00+02:00,1\n2025-04-01T00:00:00+02:00,1\n", []float64{24, 23, 24, 24}, 0},
		{"a day that is left out may be the one", "2025-03-27,1\n2025-03-28,1\n2025-03-29,1\n2025-03-31,1\n2025-04-01,1\n", []float64{24, 24, 24, 24, 24}, 1},
		{"so have half days", "2025-03-29 00:00,1\n2025-03-29 12:00,1\n2025-03-30 00:00,1\n2025-03-30 12:00,1\n2025-03-31 00:00,1\n", []float64{12, 12, 11, 12, 12}, 0},
		{"days that begin at midnight UTC are all alike", "2025-10-25T00:00:00Z,1\n2025-10-26T00:00:00Z,1\n2025-10-27T00:00:00Z,1\n", []float64{24, 24, 24}, 0},
	}
	for _, c := range cases {
		s, err := ReadCSV("x.csv", strings.NewReader(c.in), berlin)
		if err != nil {
			t.Errorf("%s: %v", c.says, err)
			continue
		}
		var got []float64
		for _, b := range s.Bins {
			got = append(got, hours(b.To-b.From))
		}
		if !slices.Equal(got, c.hours) || s.Missing != c.missing {
			t.Errorf("%s: bins of %v hours, %d missing; want %v, %d", c.says, got, s.Missing, c.hours, c.missing)
		}
	}
}

func TestReadCSVRefuses(t *testing.T) {
	cases := []struct{ says, in, want string }{
		{"nothing", "", "two bins at least"},
		{"a header alone", "timestamp,value\n", "two bins at least"},
		{"one column", "0\n60\n", `x.csv:1: want two columns`},
		{"a word for a count", "t,n\n0,1\n60,many\n", `x.csv:3: "many" is no count`},
		{"a negative count", "0,1\n60,-1\n", "x.csv:2: a count of -1 is below zero"},
		{"an absurd count", "0,1\n60,1e10\n", "x.csv:2: a count of 1e10 is more than"},
		{"a rate", "0,1\n60,1.5\n", "x.csv:2: 1.5 is no whole number"},
		{"no time", "0,1\nyesterday,1\n", `x.csv:2: "yesterday" is no time`},
		{"a time that comes twice", "60,1\n0,1\n60,1\n", "x.csv:3: 1970-01-01T00:01:00Z is that of line 1, too"},
		{"a count that is no number", "0,1\n60,NaN\n", `x.csv:2: "NaN" is no count`},
		{"a bin off the others", "0,1\n60,1\n120,1\n150,1\n", "x.csv:4: 1970-01-01T00:02:30Z is 30s after the time before"},
		{"bins that do not fit into a tick", "0,1\n3,1\n", "x.csv:2: bins of 3s: want 10s to 24h0m0s"},
		{"no separator that is known", "0|1\n60|1\n", "x.csv:1: want two columns, with a comma"},
		{"bins of a week", "0,1\n604800,1\n", "x.csv:2: bins of 168h0m0s"},
		{"a quote that does not close", "0,1\n\"60,1\n120,1\n180,1\n", "x.csv:2: "},
		{"a first line that is data and wrong", "0,-5\n60,1\n", "x.csv:1: a count of -5"},
		{"two centuries", "0,1\n60,1\n6e9,1\n", "more than fifty years"},
	}
	for _, c := range cases {
		_, err := ReadCSV("x.csv", strings.NewReader(c.in), time.UTC)
		if err == nil || !strings.Contains(err.Error(), c.want) || outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v; want %q", c.says, err, c.want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("timestamp,value\n2015-02-26 21:42:53,104\n2015-02-26 21:47:53,100\n")
	f.Add("0,1\n60,2\n180,1e3\n")
	f.Add("\ufeff\"0\",1\n")
	f.Fuzz(func(t *testing.T, in string) {
		s, err := ReadCSV("x.csv", strings.NewReader(in), time.UTC)
		if err != nil {
			if outcry.CodeOf(err) != outcry.CodeInvalid {
				t.Fatalf("a wrong file is %v: %v", outcry.CodeOf(err), err)
			}
			return
		}
		for i, b := range s.Bins {
			if b.From >= b.To || (i > 0 && b.From < s.Bins[i-1].To) || b.N > maxCount {
				t.Fatalf("bin %d is %+v", i, b)
			}
		}
	})
}
