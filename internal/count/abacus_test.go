package count

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outcry/outcry"
)

// t0 is the first instant of a tick and of a network window.
var t0 = time.Date(2024, 5, 16, 21, 40, 0, 0, time.UTC)

func report(at time.Duration, who uint64, more ...func(*outcry.Signal)) outcry.Signal {
	s := outcry.Signal{Kind: outcry.KindReport, At: t0.Add(at), Service: "imessage", Symptom: "slow", Reporter: who}
	for _, m := range more {
		m(&s)
	}
	return s
}

func network(n uint64) func(*outcry.Signal) { return func(s *outcry.Signal) { s.Network = n } }
func outcome(o outcry.Outcome) func(*outcry.Signal) {
	return func(s *outcry.Signal) { s.Outcome = o }
}
func kind(k outcry.Kind) func(*outcry.Signal) { return func(s *outcry.Signal) { s.Kind = k } }
func id(n uint64) func(*outcry.Signal)        { return func(s *outcry.Signal) { s.ID = n } }

func many(n int, each func(i int) outcry.Signal) []outcry.Signal {
	out := make([]outcry.Signal, n)
	for i := range out {
		out[i] = each(i)
	}
	return out
}

func sum(tallies []outcry.Tally) (c outcry.Counts) {
	for _, t := range tallies {
		c.Add(t.Counts)
	}
	return c
}

// stored is when a signal without delay reaches the stream.
func stored(s outcry.Signal) time.Time { return s.At.Add(20 * time.Millisecond) }

func TestWhatCounts(t *testing.T) {
	minute := time.Minute
	for _, c := range []struct {
		name    string
		signals []outcry.Signal
		late    time.Duration
		want    outcry.Counts
	}{
		{"a person who reports twice in a tick is two signals and one person",
			[]outcry.Signal{report(0, 1), report(time.Second, 1)}, 0,
			outcry.Counts{Total: 2, Bad: 2, Distinct: 1, Fresh: 1}},
		{"a person who reports again within half an hour is distinct in both ticks and fresh once",
			[]outcry.Signal{report(0, 1), report(29*minute, 1)}, 0,
			outcry.Counts{Total: 2, Bad: 2, Distinct: 2, Fresh: 1}},
		{"a person who reports again after half an hour is fresh again",
			[]outcry.Signal{report(0, 1), report(30*minute, 1)}, 0,
			outcry.Counts{Total: 2, Bad: 2, Distinct: 2, Fresh: 2}},
		{"a person who keeps on reporting stays one person for as long as they do",
			[]outcry.Signal{report(0, 1), report(20*minute, 1), report(40*minute, 1)}, 0,
			outcry.Counts{Total: 3, Bad: 3, Distinct: 3, Fresh: 1}},
		{"somebody unknown is a person of their own each time",
			[]outcry.Signal{report(0, 0), report(0, 0)}, 0,
			outcry.Counts{Total: 2, Bad: 2, Distinct: 2, Fresh: 2}},
		{"works for me is a signal and not a complaint",
			[]outcry.Signal{report(0, 1, outcome(outcry.Good))}, 0,
			outcry.Counts{Total: 1}},
		{"cannot tell is counted as such",
			[]outcry.Signal{report(0, 1, outcome(outcry.Unknown))}, 0,
			outcry.Counts{Total: 1, Unknown: 1}},
		{"a repeated ID counts once",
			[]outcry.Signal{report(0, 1, id(7)), report(0, 1, id(7)), report(time.Minute, 2, id(7))}, 0,
			outcry.Counts{Total: 1, Bad: 1, Distinct: 1, Fresh: 1}},
		{"a signal over the lateness allowance amends and is not fresh",
			[]outcry.Signal{report(0, 1)}, 2 * minute,
			outcry.Counts{Total: 1, Bad: 1, Distinct: 1}},
		{"a signal from the future is not fresh",
			[]outcry.Signal{report(0, 1)}, -2 * minute,
			outcry.Counts{Total: 1, Bad: 1, Distinct: 1}},
		{"of one network three count in ten minutes",
			many(50, func(i int) outcry.Signal { return report(0, uint64(i+1), network(9)) }), 0,
			outcry.Counts{Total: 50, Bad: 50, Distinct: 50, Fresh: 3}},
		{"of one wide network nine count in ten minutes",
			many(50, func(i int) outcry.Signal {
				s := report(0, uint64(i+1), network(uint64(i+1)))
				s.Wide = 5
				return s
			}), 0,
			outcry.Counts{Total: 50, Bad: 50, Distinct: 50, Fresh: 9}},
		{"signals without a network are exempt",
			many(50, func(i int) outcry.Signal { return report(0, uint64(i+1)) }), 0,
			outcry.Counts{Total: 50, Bad: 50, Distinct: 50, Fresh: 50}},
		{"failed probes are bad and nobody's",
			[]outcry.Signal{report(0, 0, kind(outcry.KindProbe)), report(0, 0, kind(outcry.KindProbe), outcome(outcry.Unknown))}, 0,
			outcry.Counts{Total: 2, Bad: 1, Unknown: 1}},
		{"a post counts by its author, whose repost has the same ID",
			[]outcry.Signal{report(0, 1, kind(outcry.KindPost), id(3)), report(0, 1, kind(outcry.KindPost), id(3)), report(0, 2, kind(outcry.KindPost))}, 0,
			outcry.Counts{Total: 2, Bad: 2, Distinct: 2, Fresh: 2}},
		{"a bulletin is a signal and nobody's", []outcry.Signal{report(0, 1, kind(outcry.KindBulletin))}, 0,
			outcry.Counts{Total: 1, Bad: 1}},
		{"an alert is a signal and nobody's", []outcry.Signal{report(0, 1, kind(outcry.KindAlert))}, 0,
			outcry.Counts{Total: 1, Bad: 1}},
		{"coverage is not counted here", []outcry.Signal{report(0, 0, kind(outcry.KindCoverage))}, 0, outcry.Counts{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := New(Config{})
			for _, s := range c.signals {
				a.Add(s, s.At.Add(c.late))
			}
			if diff := cmp.Diff(c.want, sum(a.Flush())); diff != "" {
				t.Error(diff)
			}
			if again := a.Flush(); len(again) != 0 {
				t.Errorf("a second flush gives %v", again)
			}
		})
	}
}

// Every kind has the same allowance. Within it a signal is news for the judge; after
// it people are counted and are no news, a reading or a trend tells nothing, and of
// what is a fact whenever it comes (a check, a bulletin, an alert) the tally is put
// right: the judge does not look so far back.
func TestLatenessByKind(t *testing.T) {
	people, late := outcry.Counts{Total: 1, Bad: 1, Distinct: 1, Fresh: 1}, outcry.Counts{Total: 1, Bad: 1, Distinct: 1}
	told, untold := outcry.Counts{Total: 1, Bad: 1, Fresh: 7}, outcry.Counts{Total: 1, Unknown: 1}
	fact := outcry.Counts{Total: 1, Bad: 1}
	for _, c := range []struct {
		kind         outcry.Kind
		intime, late outcry.Counts
	}{
		{outcry.KindReport, people, late}, // tickets of help desks are reports
		{outcry.KindPost, people, late},
		{outcry.KindTrend, told, untold},
		{outcry.KindMetric, told, untold},
		{outcry.KindProbe, fact, fact},
		{outcry.KindBulletin, fact, fact},
		{outcry.KindAlert, fact, fact},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			for _, by := range []struct {
				late time.Duration
				want outcry.Counts
			}{{0, c.intime}, {time.Minute, c.intime}, {time.Minute + time.Millisecond, c.late}, {time.Hour, c.late}} {
				a := New(Config{Lateness: time.Minute})
				s := report(0, 1, kind(c.kind))
				if c.intime.Fresh > 1 {
					s.Count = c.intime.Fresh
				}
				a.Add(s, s.At.Add(by.late))
				if diff := cmp.Diff(by.want, sum(a.Flush())); diff != "" {
					t.Errorf("%v late (-want +got):\n%s", by.late, diff)
				}
			}
		})
	}
}

func TestALateBatchIsToldApartWithinItself(t *testing.T) {
	a := New(Config{})
	a.Add(report(0, 1), t0)
	a.Flush()
	hours := t0.Add(3 * time.Hour)
	for range 3 { // one person, three times, hours late, flushed in between
		a.Add(report(0, 2), hours)
		hours = hours.Add(30 * time.Second)
	}
	want := outcry.Counts{Total: 3, Bad: 3, Distinct: 1}
	if diff := cmp.Diff(want, sum(a.Flush())); diff != "" {
		t.Error(diff)
	}
}

func TestTicksAreLetGo(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Duration // of the first signal's own time, after that of storing
		step time.Duration // from one to the next
		then time.Duration // when the abacus is looked at
	}{
		{"on time", 0, 100 * time.Millisecond, 2 * time.Minute},
		{"hours late", -200 * time.Hour, time.Hour, 11 * time.Minute},
		{"dated years ahead", 20_000 * time.Hour, time.Hour, 11 * time.Minute},
		{"after the server's clock went back a day", 0, time.Second, -24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := New(Config{})
			for i := range 100 {
				a.Add(report(c.at+time.Duration(i)*c.step, uint64(i+1)), t0)
			}
			a.Add(report(c.then, 1000), t0.Add(c.then))
			if n := len(a.held); n > 1 {
				t.Errorf("%d ticks are still held", n)
			}
			if got := sum(a.Flush()).Total; got != 101 {
				t.Errorf("%d signals were counted, want 101", got)
			}
		})
	}
}

func TestAClockThatWasAheadSilencesNobody(t *testing.T) {
	a := New(Config{})
	a.Add(report(48*time.Hour, 1, network(5)), t0.Add(48*time.Hour)) // the server's clock jumps, and comes back
	a.Flush()
	for i := range 20 {
		a.Add(report(time.Minute, uint64(i+1), network(uint64(100+i))), t0.Add(time.Minute))
	}
	if got := sum(a.Flush()).Fresh; got != 20 {
		t.Errorf("%d people are fresh, want all 20", got)
	}
}

func TestStrangeAgents(t *testing.T) {
	const usual, curl, rare = 1, 2, 3
	agent := func(n uint32) func(*outcry.Signal) { return func(s *outcry.Signal) { s.Agent = n } }
	a := New(Config{})
	who := uint64(0)
	add := func(at time.Duration, agents ...uint32) {
		for _, g := range agents {
			who++
			s := report(at, who, network(who), agent(g))
			a.Add(s, stored(s))
		}
	}
	add(0, curl, curl)
	if got := a.Flush()[0].Strange; got != 0 {
		t.Errorf("%d are strange before there is an ordinary crowd", got)
	}
	for i := 1; i < 300; i++ {
		add(time.Duration(i)*10*time.Minute, usual, usual, usual)
	}
	a.Flush()
	add(4000*time.Minute, usual, curl, curl, curl, rare)
	got := a.Flush()
	if len(got) != 1 || got[0].Strange != 3 || got[0].Networks != 5 {
		t.Errorf("got %+v, want 3 strange of 5 networks", got)
	}
}
