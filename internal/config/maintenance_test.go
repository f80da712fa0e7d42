package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const workOn = "services: [{id: a}]\nmaintenance: [{id: m, title: T, services: [a], "

// Planned work goes by the clocks of its zone.
func TestMaintenanceWindows(t *testing.T) {
	const rfc = "2006-01-02T15:04Z07:00"
	tests := []struct {
		sentence, when, from, to string
		want                     []string // id from to
	}{
		{"once, by the clocks of its zone", "timezone: Europe/Berlin, from: 2026-12-01T22:00, to: 2026-12-02T01:30", "2026-11-20", "2026-12-20",
			[]string{"m 2026-12-01T22:00+01:00 2026-12-02T01:30+01:00"}},
		{"once, with an offset of its own", "timezone: Europe/Berlin, from: 2026-12-01T22:00:00Z, to: 2026-12-01T23:00:00Z", "2026-11-20", "2026-12-20",
			[]string{"m 2026-12-01T23:00+01:00 2026-12-02T00:00+01:00"}},
		{"once is over", "from: 2026-12-01T22:00, to: 2026-12-01T23:00", "2026-12-02", "2026-12-20", nil},
		{"weekly, and one that began before the time asked about counts", "days: [sun, mon], at: '23:30', for: 2h", "2026-11-30", "2026-12-02",
			[]string{"m-20261129 2026-11-29T23:30Z 2026-11-30T01:30Z", "m-20261130 2026-11-30T23:30Z 2026-12-01T01:30Z"}},
		{"weekly stays at its time of the day when summer begins", "timezone: America/Chicago, days: [sat, sun], at: '04:00', for: 1h", "2026-03-07", "2026-03-09",
			[]string{"m-20260307 2026-03-07T04:00-06:00 2026-03-07T05:00-06:00", "m-20260308 2026-03-08T04:00-05:00 2026-03-08T05:00-05:00"}},
		{"a window over the end of summer lasts as long as ever", "timezone: Europe/Berlin, days: [sun], at: '01:00', for: 3h", "2026-10-24", "2026-10-26",
			[]string{"m-20261025 2026-10-25T01:00+02:00 2026-10-25T03:00+01:00"}},
		{"a time that the clocks skip is an hour earlier", "timezone: America/Chicago, days: [sun], at: '02:30', for: 1h", "2026-03-07", "2026-03-09",
			[]string{"m-20260308 2026-03-08T01:30-06:00 2026-03-08T03:30-05:00"}},
		{"at midnight", "days: [wed], at: '00:00', for: 1m", "2026-12-01", "2026-12-03", []string{"m-20261202 2026-12-02T00:00Z 2026-12-02T00:01Z"}},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			c, err := Parse("x", []byte(workOn+test.when+"}]"))
			if err != nil {
				t.Fatal(err)
			}
			from, to := date(t, test.from), date(t, test.to)
			var got []string
			for _, w := range c.Maintenance[0].Windows(from, to) {
				got = append(got, w.ID+" "+w.From.Format(rfc)+" "+w.To.Format(rfc))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func date(t *testing.T, day string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Every window that is given has a moment in the time asked about, they are in
// order, and asking about a part gives the same windows as asking about the whole.
func TestMaintenanceWindowsOfAPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Maintenance{ID: "m", Timezone: rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Chicago", "Australia/Lord_Howe"}).Draw(t, "zone"),
			Days: rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 6), func(d int) Weekday { return Weekday(d) }), 1, 3).Draw(t, "days"),
			At:   TimeOfDay(rapid.IntRange(0, 1439).Draw(t, "at")), For: time.Duration(rapid.IntRange(1, 1440).Draw(t, "for")) * time.Minute}
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 500_000).Draw(t, "minute")) * time.Minute)
		end := begin.Add(time.Duration(rapid.IntRange(1, 30_000).Draw(t, "length")) * time.Minute)
		cut := begin.Add(end.Sub(begin) / 2)
		known := map[string]bool{}
		last := time.Time{}
		for _, w := range m.Windows(begin, end) {
			if !w.To.After(begin) || !w.From.Before(end) || !w.From.After(last) || w.To.Sub(w.From) != m.For {
				t.Fatalf("%+v of [%s, %s)", w, begin, end)
			}
			known[w.ID], last = true, w.From
		}
		for _, part := range [][]Window{m.Windows(begin, cut), m.Windows(cut, end)} {
			for _, w := range part {
				if !known[w.ID] {
					t.Fatalf("the part has %+v, which the whole has not", w)
				}
			}
		}
	})
}

func TestMaintenanceMistakes(t *testing.T) {
	tests := []struct{ sentence, work, want string }{
		{"an end before its beginning", "services: [a], from: 2026-12-01T22:00, to: 2026-12-01T21:00", "x:2:76: maintenance[0].to: must be after from"},
		{"longer than a month is no window", "services: [a], from: 2026-12-01T22:00, to: 2027-12-01T21:00", "x:2:76: maintenance[0].to: 364d23h is not between 1m and 31d"},
		{"a time without a day", "services: [a], from: '22:00', to: 2026-12-01T21:00", `x:2:54: maintenance[0].from: "22:00" is not a time: write 2026-12-01T22:00, or with an offset 2026-12-01T22:00:00+01:00`},
		{"once and weekly at once", "services: [a], from: 2026-12-01T22:00, to: 2026-12-01T23:00, days: [mon]", "x:2:15: maintenance[0]: needs either from and to, or days, at and for"},
		{"neither", "services: [a]", "x:2:15: maintenance[0]: needs either from and to, or days, at and for"},
		{"weekly without a length", "services: [a], days: [mon], at: '02:00'", "x:2:15: maintenance[0]: days, at and for go together"},
		{"a beginning without an end", "services: [a], from: 2026-12-01T22:00", "x:2:15: maintenance[0]: from and to go together"},
		{"no day at all", "services: [a], days: [], at: '02:00', for: 1h", "x:2:54: maintenance[0].days: needs at least one day"},
		{"a day that there is not", "services: [a], days: [mom], at: '02:00', for: 1h", `x:2:55: maintenance[0].days[0]: "mom" is none of mon, tue, wed, thu, fri, sat, sun, did you mean "mon"?`},
		{"a time that there is not", "services: [a], days: [mon], at: '25:00', for: 1h", `x:2:65: maintenance[0].at: "25:00" is not a time of the day: write '02:00'`},
		{"no service", "days: [mon], at: '02:00', for: 1h", "x:2:15: maintenance[0]: needs services or pages: what is worked on?"},
		{"an unknown service", "services: [b], days: [mon], at: '02:00', for: 1h", `x:2:44: maintenance[0].services[0]: there is no service "b", did you mean "a"?`},
		{"an unknown page", "pages: [mian], days: [mon], at: '02:00', for: 1h", `x:2:41: maintenance[0].pages[0]: there is no page "mian", did you mean "main"?`},
		{"an unknown zone", "services: [a], timezone: Mars, days: [mon], at: '02:00', for: 1h", `x:2:58: maintenance[0].timezone: there is no time zone "Mars": write an IANA name, such as America/Chicago or UTC`},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			_, err := Parse("x", []byte("services: [{id: a}]\nmaintenance: [{id: m, title: T, "+test.work+"}]"))
			if err == nil || !strings.HasSuffix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}
