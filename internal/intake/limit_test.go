package intake

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLimitOfANetwork(t *testing.T) {
	at := now()
	d, _ := open(t, func(c *Config, p *Parts) {
		c.Limit = Limit{Rate: 2, Burst: 3}
		c.Exempt = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
		p.Now = func() time.Time { return at }
	})
	accepted := func(by Caller, n int) int {
		t.Helper()
		reports := make([]Raw, n)
		for i := range reports {
			reports[i].Service = "imessage"
		}
		result, err := d.Accept(t.Context(), reports, by)
		if err != nil || result.Accepted+result.Refused["too_many"] != n {
			t.Fatalf("result %+v, %v", result, err)
		}
		return result.Accepted
	}
	for _, c := range []struct {
		sentence string
		later    time.Duration
		by       Caller
		want     int // of 5
	}{
		{"a burst passes", 0, stranger("192.0.2.1"), 3},
		{"then nothing does, from the whole /24", 0, stranger("192.0.2.99"), 0},
		{"a second gives two", time.Second, stranger("192.0.2.1"), 2},
		{"another network has its own bucket", 0, stranger("192.0.3.1"), 3},
		{"an hour fills the bucket and no more", time.Hour, stranger("192.0.2.1"), 3},
		{"a /48 is one network", 0, stranger("2001:db8:1::1"), 3},
		{"all of it", 0, stranger("2001:db8:1:ffff::1"), 0},
		{"an exempt network is not limited", 0, stranger("198.51.100.7"), 5},
		{"a token is not limited", 0, trusted(), 5},
	} {
		at = at.Add(c.later)
		if got := accepted(c.by, 5); got != c.want {
			t.Errorf("%s: %d of 5 were taken, want %d", c.sentence, got, c.want)
		}
	}
}

// The scenarios' honest crowds pass with the default limit: a /24 of a carrier's
// NAT addresses brings 25 a minute, and in the first minute of a herd ten times
// that.
func TestHonestCrowdsPass(t *testing.T) {
	at := now()
	d, _ := open(t, func(_ *Config, p *Parts) { p.Now = func() time.Time { return at } })
	for i := range 250 + 60*25 {
		if i < 250 {
			at = at.Add(time.Minute / 250)
		} else {
			at = at.Add(time.Minute / 25)
		}
		if r, err := d.Accept(t.Context(), []Raw{{Service: "imessage"}}, stranger("192.0.2.1")); err != nil || r.Accepted != 1 {
			t.Fatalf("report %d was refused: %+v, %v", i, r, err)
		}
	}
}

func TestLimitersMemoryIsBounded(t *testing.T) {
	l := newLimiter(Limit{Rate: 1, Burst: 2, IPv4: 24, IPv6: 48, Networks: 1600})
	for i := range uint32(100_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i<<8)
		l.take(netip.AddrFrom4(b), now())
	}
	n := 0
	for i := range l.shards {
		n += len(l.shards[i].young) + len(l.shards[i].old)
	}
	if n > 1600 {
		t.Errorf("%d networks are remembered, want at most 1600", n)
	}
}

// Whatever the arrivals, no span of time lets more through than the burst and
// the rate for it.
func TestLimitHoldsOverEverySpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 50).Draw(t, "rate")
		burst := rapid.IntRange(1, 20).Draw(t, "burst")
		l := newLimiter(Limit{Rate: float64(rate), Burst: burst, IPv4: 24, IPv6: 48, Networks: 100})
		at, a := now(), netip.MustParseAddr("192.0.2.1")
		var passed []time.Time
		for _, ms := range rapid.SliceOfN(rapid.IntRange(0, 300), 1, 200).Draw(t, "gaps") {
			at = at.Add(time.Duration(ms) * time.Millisecond)
			if l.take(a, at) == 0 {
				passed = append(passed, at)
			}
		}
		for i := range passed {
			for j := i; j < len(passed); j++ {
				most := float64(burst) + passed[j].Sub(passed[i]).Seconds()*float64(rate) + 1e-6
				if n := j - i + 1; float64(n) > most {
					t.Fatalf("%d passed within %v, at most %.2f may", n, passed[j].Sub(passed[i]), most)
				}
			}
		}
	})
}
