package detect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
)

func trendTally(t outcry.Tick, o outcry.Outcome, rank string, times uint32) outcry.Tally {
	return trendTallyOf("posts", t, o, rank, times)
}

func trendTallyOf(who string, t outcry.Tick, o outcry.Outcome, rank string, times uint32) outcry.Tally {
	c := outcry.Counts{Total: 1, Fresh: times}
	if o == outcry.Bad {
		c.Bad = 1
	}
	key := outcry.CellKey{Symptom: rank, Vantage: who}
	return outcry.Tally{Service: "shop", Kind: outcry.KindTrend, Tick: t, Counts: c, Cells: []outcry.Cell{{CellKey: key, Counts: c}}}
}

// However often a service has trended, whatever its posts say and however the
// windows lie: a trend takes nothing from the posts, never makes them worth more
// than its cap, and so cannot publish, nor corroborate.
func TestATrendIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		posts := rapid.Float64Range(-math.Ln2, talkCap).Draw(t, "posts")
		k := trending{On: true, Began: outcry.Tick(rapid.IntRange(0, 8640).Draw(t, "began")),
			Starts: rapid.Float64Range(0, 1e4).Draw(t, "starts"), Ticks: rapid.Float64Range(0, 1e7).Draw(t, "ticks")}
		from, lasts := outcry.Tick(rapid.IntRange(0, 8640).Draw(t, "from")), outcry.Tick(rapid.IntRange(0, 8640).Draw(t, "lasts"))
		nats, began := k.since(from, from+lasts)
		if began != (k.Began >= from && lasts > 0) {
			t.Fatalf("a trend of tick %d is said to begin in %d to %d: %v", k.Began, from, from+lasts, began)
		}
		add := beside(posts, nats)
		if !(add >= 0 && posts+add <= max(posts, trendCap)) {
			t.Fatalf("posts of %v nats and a trend of %v become %v", posts, nats, posts+add)
		}
		k.Starts++
		if often, _ := k.since(from, from+lasts); often > nats {
			t.Fatalf("it has trended more often, and is worth more: %v after %v", often, nats)
		}
	})
	if trendCap >= corroborated || trendCap >= talkCap {
		t.Errorf("a cap of %v nats corroborates", trendCap)
	}
}

// While all is well the ratio of posts and trend together has a mean of at most
// one and what the doc comment says, though trends are made of the posts.
func TestPostsAndTrendTogetherAreFair(t *testing.T) {
	g := newThetaGrid()
	rng := rand.New(rand.NewPCG(7, 7))
	const hours, perHour, lambda, n = 1.0, 4.0, 1 / trendPrior, 200000
	sum := 0.0
	for range n {
		c := 0.0
		for at := rng.ExpFloat64(); at < perHour*hours; at += rng.ExpFloat64() {
			c++
		}
		p := 0.0
		if c >= talkLeast {
			p = min(g.countLLR(window{C: c, B: perHour * hours, A: 1e9}), talkCap)
		}
		// at its worst it trends just when most is posted: by chance once in 1/λ hours
		k := trending{On: true, Began: 1}
		add := 0.0
		if c >= 10 && rng.Float64() < lambda*hours/0.0081 { // P(c ≥ 10) is 0.0081 at 4
			nats, _ := k.since(0, outcry.Ticks(time.Hour))
			add = beside(p, nats)
		}
		sum += math.Exp(p + add)
	}
	if mean := sum / n; mean > 1+trendWeight*trendOdds+0.03 {
		t.Errorf("mean ratio %.3f under the null", mean)
	}
}

func TestWhatATrendSays(t *testing.T) {
	for _, c := range []struct {
		why    string
		starts float64
		posts  float64
		told   []outcry.Tally
		now    outcry.Tick
		least  float64
		most   float64
	}{
		{"a service that has not trended in weeks, and whose posts say nothing: worth its cap", 0, 0, []outcry.Tally{trendTally(100, outcry.Bad, "1", 40)}, 160, trendCap, trendCap},
		{"posts say as much already: nothing is counted twice", 0, talkCap, []outcry.Tally{trendTally(100, outcry.Bad, "1", 40)}, 160, 0, 0},
		{"one that trends four times a day says little by trending", 112, 0, []outcry.Tally{trendTally(100, outcry.Bad, "1", 40)}, 280, 0, 1},
		{"a trend that is over says nothing", 0, 0, []outcry.Tally{trendTally(100, outcry.Bad, "1", 40), trendTally(150, outcry.Good, "", 0)}, 160, 0, 0},
		{"one of which nothing is heard for half an hour is over", 0, 0, []outcry.Tally{trendTally(100, outcry.Bad, "1", 40)}, 100 + trendStale + 2, 0, 0},
		{"one that came too late for the judge says nothing", 0, 0, []outcry.Tally{trendTally(100, outcry.Unknown, "1", 0)}, 160, 0, 0},
		{"one that began before the window is not news of it", 0, 0, []outcry.Tally{trendTally(20, outcry.Bad, "1", 40)}, 160, 0, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := newService("shop", defaultPrior(), 0)
			s.Trend.Starts, s.Trend.Ticks, s.Trend.Seen = c.starts, 28*8640, 1
			for i := range c.told {
				if c.told[i].Cells[0].Bad == 0 && c.told[i].Cells[0].Fresh == 0 && c.told[i].Tick == 100 {
					c.told[i].Cells[0].Unknown = 1
				}
				s.Trend.take(c.told[i].Tick, &c.told[i], true)
			}
			s.Trend.learn(c.now, true)
			s.Reports.Next = c.now + 1
			got := s.trended(&anchor{Mark: mark{Tick: 50}}, c.posts)
			if got < c.least || got > c.most {
				t.Errorf("it adds %.2f nats, want %v to %v", got, c.least, c.most)
			}
		})
	}
}

// A trend by itself, again and again, on a service that nobody reports: no tier
// that anybody outside sees, whatever the history.
func TestTrendsAloneRaiseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j, err := New(Config{Services: []outcry.Service{{ID: "shop"}}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		at := outcry.Tick(rapid.IntRange(1, 60480).Draw(t, "first"))
		for range rapid.IntRange(1, 30).Draw(t, "words") {
			o := rapid.SampledFrom([]outcry.Outcome{outcry.Bad, outcry.Bad, outcry.Good}).Draw(t, "outcome")
			vs, err := j.Step(at, 1, []outcry.Tally{trendTally(at, o, "1", 400)})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range vs {
				if v.Condition != outcry.CondNormal || v.Tier >= outcry.TierOutage {
					t.Fatalf("a trend alone gives %+v", v)
				}
			}
			at += outcry.Tick(rapid.IntRange(1, 400).Draw(t, "pause"))
		}
	})
}

// Several processes may read posts. It trends while any of them says so: who says
// that it is over, or falls silent, ends nobody else's trend.
func TestATrendBelongsToWhoSaidIt(t *testing.T) {
	says := func(who string, t outcry.Tick, o outcry.Outcome) outcry.Tally { return trendTallyOf(who, t, o, "1", 9) }
	for _, c := range []struct {
		why    string
		told   []outcry.Tally
		now    outcry.Tick
		on     bool
		began  outcry.Tick
		starts int
	}{
		{"one ends what the other has not", []outcry.Tally{says("a", 100, outcry.Bad), says("b", 102, outcry.Bad), says("b", 110, outcry.Good)}, 120, true, 100, 1},
		{"one that never spoke of it ends nothing", []outcry.Tally{says("a", 100, outcry.Bad), says("b", 110, outcry.Good)}, 120, true, 100, 1},
		{"both end it", []outcry.Tally{says("a", 100, outcry.Bad), says("b", 102, outcry.Bad), says("b", 110, outcry.Good), says("a", 111, outcry.Good)}, 120, false, 100, 1},
		{"one that fell silent does not hold it up when the other ends it", []outcry.Tally{says("a", 100, outcry.Bad), says("b", 250, outcry.Bad), says("b", 290, outcry.Good)}, 291, false, 100, 1},
		{"one goes on after the other fell silent", []outcry.Tally{says("a", 100, outcry.Bad), says("b", 250, outcry.Bad)}, 400, true, 100, 1},
		{"one that speaks twice ends it once for all", []outcry.Tally{says("a", 100, outcry.Bad), says("a", 130, outcry.Bad), says("a", 140, outcry.Good)}, 150, false, 100, 1},
		{"it begins anew after its end, whoever says so", []outcry.Tally{says("a", 100, outcry.Bad), says("a", 110, outcry.Good), says("b", 130, outcry.Bad)}, 140, true, 130, 2},
	} {
		t.Run(c.why, func(t *testing.T) {
			var k trending
			starts := 0
			for i := range c.told {
				if k.take(c.told[i].Tick, &c.told[i], true) {
					starts++
				}
			}
			k.learn(c.now, true)
			if k.On != c.on || k.Began != c.began || starts != c.starts {
				t.Errorf("on %v since %d after %d starts, want %v, %d, %d", k.On, k.Began, starts, c.on, c.began, c.starts)
			}
		})
	}
	var k trending
	for i := range outcry.Tick(200) {
		y := says(fmt.Sprint(i), 100, outcry.Bad)
		k.take(100, &y, true)
	}
	if len(k.Say) != maxTrendSaid {
		t.Errorf("%d are remembered", len(k.Say))
	}
}

func TestATrendTeachesUnlessAFaultFollows(t *testing.T) {
	var k trending
	k.Seen = 1
	for i := range outcry.Tick(4) {
		y := trendTally(100+2000*i, outcry.Bad, "3", 9)
		k.take(y.Tick, &y, true)
		over := trendTally(200+2000*i, outcry.Good, "", 0)
		k.take(over.Tick, &over, true)
	}
	k.excuse(6100) // the last one began a fault
	k.learn(20000, true)
	if k.Starts < 2.8 || k.Starts > 3 { // the fading of two days is a thirtieth
		t.Errorf("%v trends are taken for chance, three were", k.Starts)
	}
}

func TestWordsOfATrend(t *testing.T) {
	s := newService("imessage", defaultPrior(), 0)
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	s.at.zone = zone
	began := outcry.TickOf(time.Date(2024, 5, 16, 21, 52, 0, 0, time.UTC))
	y := trendTally(began, outcry.Bad, "1", 40)
	s.Trend.take(began, &y, true)
	s.Reports.Next = began + 6
	out := s.ledger(belief{Parts: parts{Trend: 1.5}}, 0)
	if len(out) != 1 || out[0].Stream != "trend" || out[0].Nats != 1.5 ||
		!strings.HasPrefix(out[0].Words, "trending number 1 since 16:52, 40 times its usual complaints") {
		t.Errorf("the ledger says %+v", out)
	}
}
