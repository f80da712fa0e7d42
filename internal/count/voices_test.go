package count

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
	"pgregory.net/rapid"
)

// A brigade of people who are all different, from three networks, in every tick
// of an hour: in no ten minutes are they more than three, nor in the hour.
func TestThreeNetworksStayThree(t *testing.T) {
	a, who := New(Config{}), uint64(0)
	sums, hours := make(map[int64]uint32), make(map[int64]uint32)
	ten, hour := voices{span: outcry.NetworkWindow}, voices{span: outcry.HourWindow}
	for at := time.Duration(0); at < time.Hour; at += outcry.TickLength {
		for n := range uint64(5) {
			who++
			s := report(at, who, network(1+n%3))
			a.Add(s, stored(s))
		}
		for _, y := range a.Flush() {
			sums[ten.of(y.Tick)] += y.Networks
			hours[hour.of(y.Tick)] += y.Hourly
		}
	}
	if len(sums) != 6 {
		t.Fatalf("%d windows, not 6", len(sums))
	}
	for w, n := range sums {
		if n != 3 {
			t.Errorf("%d networks in window %d", n, w)
		}
	}
	for w, n := range hours {
		if n != 3 {
			t.Errorf("%d networks in hour %d", n, w)
		}
	}
}

// A signal that is late, but on time, belongs to the window of its own time,
// which a new one has begun after.
func TestNetworksOfTheWindowBefore(t *testing.T) {
	a := New(Config{})
	for _, c := range []struct {
		at, stored time.Duration
		who        uint64
		want       uint32
		why        string
	}{
		{595 * time.Second, 595 * time.Second, 1, 1, "heard first"},
		{601 * time.Second, 601 * time.Second, 2, 1, "a window has begun"},
		{596 * time.Second, 620 * time.Second, 3, 0, "heard in the window before already"},
		{630 * time.Second, 630 * time.Second, 4, 0, "heard in this window already"},
	} {
		a.Add(report(c.at, c.who, network(7)), t0.Add(c.stored))
		var n uint32
		for _, y := range a.Flush() {
			n += y.Networks
		}
		if n != c.want {
			t.Errorf("%s: counts %d, want %d", c.why, n, c.want)
		}
	}
}

// Whatever comes: over the ticks of a window Networks sums to how many
// different networks brought somebody Fresh, and Hourly over those of an hour.
func TestNetworksOfAWindowAreDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := New(Config{})
		ten, hour := newAccount(outcry.NetworkWindow), newAccount(outcry.HourWindow)
		for _, s := range someStream(t) {
			a.Add(s, storedInTick(s))
			for _, y := range a.Flush() {
				ten.note(&s, &y, y.Networks)
				hour.note(&s, &y, y.Hourly)
			}
		}
		ten.check(t)
		hour.check(t)
	})
}

// account keeps which networks were heard in windows, beside what was counted.
type account struct {
	of     voices
	seen   map[place]map[uint64]bool
	exempt map[place]uint32
	sums   map[place]uint32
}

type place struct {
	stream streamKey
	window int64
}

func newAccount(span time.Duration) *account {
	return &account{of: voices{span: span}, seen: map[place]map[uint64]bool{}, exempt: map[place]uint32{}, sums: map[place]uint32{}}
}

func (c *account) note(s *outcry.Signal, y *outcry.Tally, counted uint32) {
	p := place{streamKey{y.Service, y.Kind}, c.of.of(y.Tick)}
	c.sums[p] += counted
	switch {
	case y.Fresh == 0 || (s.Network == 0 && s.Reporter == 0):
	case s.Network == 0:
		c.exempt[p]++
	default:
		if c.seen[p] == nil {
			c.seen[p] = make(map[uint64]bool)
		}
		c.seen[p][s.Network] = true
	}
}

func (c *account) check(t *rapid.T) {
	for p, n := range c.sums {
		if want := uint32(len(c.seen[p])) + c.exempt[p]; n != want {
			t.Fatalf("%v: %d networks in %v, want %d", p, n, c.of.span, want)
		}
	}
}
