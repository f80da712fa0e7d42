package page

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnswersHoldUntilNoted: whatever was asked of the present, up to the
// instant that is noted the answers are the same.
func TestAnswersHoldUntilNoted(t *testing.T) {
	var zones []*time.Location
	for _, name := range []string{"UTC", "America/Chicago", "Atlantic/Azores", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	year := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		at := year.Add(time.Duration(rapid.Int64Range(0, int64(366*24*time.Hour)).Draw(t, "at")))
		other := at.Add(time.Duration(rapid.Int64Range(-int64(3*time.Hour), int64(3*time.Hour)).Draw(t, "other")))
		asked := []func(notedTime) any{
			func(n notedTime) any { return n.before(other) },
			func(n notedTime) any { return n.minutesSince(other) },
			func(n notedTime) any { return n.today(zone).Format(time.DateOnly) },
			func(n notedTime) any { return n.earlier(other) },
		}
		ask := rapid.SampledFrom(asked).Draw(t, "ask")
		now := notedTime{at: at}.noted()
		want := ask(now)
		left := min(now.until.Sub(at), 400*24*time.Hour)
		if left <= 0 {
			return // it is good for this instant only
		}
		then := at.Add(time.Duration(rapid.Int64Range(0, int64(left)-1).Draw(t, "later")))
		if got := ask(notedTime{at: then}); got != want {
			t.Fatalf("at %s the answer is %v, at %s %v; it was to hold until %s", at, want, then, got, now.until)
		}
	})
}

// TestHowLongAnswersHold: not shorter than need be, either.
func TestHowLongAnswersHold(t *testing.T) {
	at := time.Date(2024, 5, 16, 21, 39, 10, 0, time.UTC)
	for _, c := range []struct {
		why  string
		ask  func(notedTime)
		want time.Time
	}{
		{"nothing was asked", func(notedTime) {}, endless()},
		{"an instant to come", func(n notedTime) { n.before(at.Add(time.Second)) }, at.Add(time.Second)},
		{"an instant that is past stays past", func(n notedTime) { n.before(at) }, endless()},
		{"the first of two", func(n notedTime) { n.before(at.Add(time.Hour)); n.before(at.Add(time.Minute)) }, at.Add(time.Minute)},
		{"minutes", func(n notedTime) { n.minutesSince(at.Add(-90 * time.Second)) }, at.Add(30 * time.Second)},
		{"the day, by the clock of the place", func(n notedTime) { n.today(time.FixedZone("CDT", -5*3600)) }, time.Date(2024, 5, 17, 5, 0, 0, 0, time.UTC)},
		{"the present itself", func(n notedTime) { n.exact() }, at},
	} {
		n := notedTime{at: at}.noted()
		if c.ask(n); !n.until.Equal(c.want) {
			t.Errorf("%s: until %s, want %s", c.why, n.until, c.want)
		}
	}
}
