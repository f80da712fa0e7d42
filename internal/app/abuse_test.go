package app

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/count"
	"github.com/outcry/outcry/internal/detect"
)

// street is counter and judge together, with three weeks of ordinary life behind
// them: thirty reports an hour from a thousand networks, a third of them behind
// one carrier's shared addresses, and checks that pass.
type street struct {
	t      *testing.T
	abacus *count.Abacus
	judge  *detect.Judge
	r      *rand.Rand
	now    outcry.Tick
	people uint64
}

// person is a reporter of a network, with the agent of most people.
func (x *street) person(network uint64) outcry.Signal {
	x.people++
	return outcry.Signal{
		Kind: outcry.KindReport, Service: "shop", Reporter: x.people, Network: network, Wide: network / 64,
		Agent: uint32(1 + x.people%3), ID: x.people, Symptom: "slow",
	}
}

// shared is a network of the carrier's shared addresses.
func (x *street) shared() uint64 { return 1<<40 + x.r.Uint64N(2) }

func (x *street) anybody() outcry.Signal {
	if x.r.IntN(3) == 0 {
		return x.person(x.shared())
	}
	return x.person(1000 + 64*x.r.Uint64N(1000))
}

// tick counts one tick's signals, with ordinary life around them, and judges it.
func (x *street) tick(extra ...outcry.Signal) []outcry.Verdict {
	x.t.Helper()
	at := x.now.Start().Add(time.Second)
	if x.r.Float64() < 30.0/360 {
		extra = append(extra, x.anybody())
	}
	for _, s := range extra {
		s.At = at
		x.abacus.Add(s, at)
	}
	if x.now%3 == 0 {
		for _, v := range []string{"a", "b", "c"} {
			x.abacus.Add(outcry.Signal{Kind: outcry.KindProbe, Outcome: outcry.Good, At: at, Service: "shop", Vantage: v}, at)
		}
	}
	vs, err := x.judge.Step(x.now, 1, x.abacus.Flush())
	if err != nil {
		x.t.Fatal(err)
	}
	x.now++
	return vs
}

func newStreet(t *testing.T) *street {
	t.Helper()
	x := &street{t: t, abacus: count.New(count.Config{}), r: rand.New(rand.NewPCG(5, 5)), now: outcry.TickOf(time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC))}
	var err error
	if x.judge, err = detect.New(detect.Config{Services: []outcry.Service{{ID: "shop"}}}, x.now); err != nil {
		t.Fatal(err)
	}
	for end := x.now + 21*8640; x.now < end; {
		x.tick()
	}
	return x
}

// What each kind of brigade reaches at most, and that real people are heard.
func TestBrigadesAndCrowds(t *testing.T) {
	for _, c := range []struct {
		why   string
		ticks int
		tick  func(x *street, i int) []outcry.Signal
		worst string // "nothing", "suspicious", "unconfirmed"
		heard bool   // it must be failing, not only may
	}{
		{"three prefixes send ten a tick for an hour", 360, func(x *street, _ int) (out []outcry.Signal) {
			for range 10 {
				out = append(out, x.person(7_000_000+64*x.r.Uint64N(3)))
			}
			return out
		}, "nothing", false},
		{"four networks, however wide apart, send for six hours", 6 * 360, func(x *street, i int) []outcry.Signal {
			return []outcry.Signal{x.person(7_000_000 + 640*uint64(i%4))}
		}, "nothing", false},
		{"one autonomous system sends from two hundred prefixes", 360, func(x *street, _ int) (out []outcry.Signal) {
			for range 5 {
				out = append(out, x.person(6_400_000+x.r.Uint64N(64)))
			}
			return out
		}, "unconfirmed", false},
		{"a thousand networks, all with one program that nobody has", 360, func(x *street, _ int) (out []outcry.Signal) {
			for range 5 {
				s := x.person(7_000_000 + 64*x.r.Uint64N(1000))
				s.Agent = 99
				out = append(out, s)
			}
			return out
		}, "suspicious", false},
		{"ten thousand addresses, ordinary agents, slowly, for a night", 6 * 360, func(x *street, _ int) (out []outcry.Signal) {
			if x.r.IntN(2) == 0 {
				out = append(out, x.person(7_000_000+64*x.r.Uint64N(10_000)))
			}
			return out
		}, "unconfirmed", false},
		{"real people, a third of them behind shared addresses", 60, func(x *street, _ int) (out []outcry.Signal) {
			for range 3 {
				out = append(out, x.anybody())
			}
			return out
		}, "unconfirmed", true},
	} {
		t.Run(c.why, func(t *testing.T) {
			x := newStreet(t)
			rank := map[string]int{"nothing": 0, "suspicious": 1, "unconfirmed": 2, "confirmed": 3}
			got := "nothing"
			for i := range c.ticks {
				for _, v := range x.tick(c.tick(x, i)...) {
					if w := reach(v); rank[w] > rank[got] {
						got = w
					}
				}
			}
			if rank[got] > rank[c.worst] || c.heard && got != c.worst {
				t.Errorf("it reached %q, want %q at most", got, c.worst)
			}
			t.Log(got)
		})
	}
}

func reach(v outcry.Verdict) string {
	switch {
	case v.Condition == outcry.CondSuspicious:
		return "suspicious"
	case v.Condition != outcry.CondFailing:
		return "nothing"
	case v.Confirmed:
		return "confirmed"
	}
	return "unconfirmed"
}

// Shared addresses must not silence a carrier's customers: of a crowd of which
// a third is behind two networks, more are let in than two networks' cap.
func TestSharedAddressesKeepTheirVoice(t *testing.T) {
	x := newStreet(t)
	fresh := 0
	for range 60 {
		at := x.now.Start().Add(time.Second)
		for range 4 {
			s := x.anybody()
			s.At = at
			x.abacus.Add(s, at)
		}
		for _, y := range x.abacus.Flush() {
			fresh += int(y.Fresh)
		}
		x.now++
	}
	if fresh < 180 {
		t.Errorf("%d of 240 people were counted", fresh)
	}
}
