package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2024, 5, 16, 12, 0, 0, 0, time.UTC) // fixed: never changed

// flow adds posts of a term at a rate a minute, for a time.
func flow(rng *rand.Rand, t *Table, term string, from time.Time, lasts time.Duration, perMinute float64) time.Time {
	for at := from; ; {
		at = at.Add(time.Duration(rng.ExpFloat64() / perMinute * float64(time.Minute)))
		if at.After(from.Add(lasts)) {
			return from.Add(lasts)
		}
		t.Add(term, at)
	}
}

func TestWhatTrends(t *testing.T) {
	for _, c := range []struct {
		why         string
		usual, then float64 // posts a minute
		lasts       time.Duration
		trends      bool
	}{
		{"a service that is talked about as always does not trend", 40, 40, 30 * time.Minute, false},
		{"one that nobody mentions and then a thousand do trends", 0.5, 1000, 10 * time.Minute, true},
		{"a busy one that doubles trends", 40, 80, 20 * time.Minute, true},
		{"two posts in place of one are chance", 0.05, 0.2, 20 * time.Minute, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			for seed := range uint64(5) {
				rng := rand.New(rand.NewPCG(seed, 0))
				table := New(Config{Known: []string{"imessage"}})
				at := flow(rng, table, "imessage", t0, 24*time.Hour, c.usual)
				end := flow(rng, table, "imessage", at, c.lasts, c.then)
				top := table.Top(end, 10)
				if got := len(top) == 1; got != c.trends {
					t.Errorf("seed %d: %+v", seed, top)
				}
				if c.trends && (top[0].Since.Before(at) || top[0].Since.After(at.Add(c.lasts))) {
					t.Errorf("seed %d: trends since %v, it began at %v", seed, top[0].Since, at)
				}
			}
		})
	}
}

func TestTheStrongestRisesFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	table := New(Config{Known: []string{"small"}, Counters: 64})
	at := flow(rng, table, "small", t0, time.Hour, 1)
	for m := range 20 { // a minute of each, in turn, among made-up words
		from := at.Add(time.Duration(m) * time.Minute)
		flow(rng, table, "small", from, time.Minute, 30)
		flow(rng, table, "#bigone", from, time.Minute, 300)
		for i := range 200 {
			table.Add(fmt.Sprint("word", m, i), from)
		}
	}
	top := table.Top(at.Add(20*time.Minute), 2)
	if len(top) != 2 || top[0].Term != "#bigone" || top[1].Term != "small" || top[1].Rank != 2 {
		t.Errorf("%+v", top)
	}
	if later := table.Top(at.Add(5*time.Hour), 5); len(later) != 0 {
		t.Errorf("hours later still %+v", later)
	}
}

// TestSpaceSaving: with m places, a term's count is over by at most N/m, and
// every term with more than N/m has a place (Metwally et al., theorem 2), when
// nothing decays.
func TestSpaceSaving(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(2, 16).Draw(t, "places")
		posts := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 400).Draw(t, "posts")
		table := New(Config{Counters: m, Fast: time.Hour * 24 * 365 * 100, Slow: time.Hour * 24 * 365 * 100})
		truth := map[string]float64{}
		for _, p := range posts {
			// squared, so that some terms are heavy
			term := fmt.Sprint("t", p*p/40)
			truth[term]++
			table.Add(term, t0)
		}
		bound := float64(len(posts)) / float64(m)
		for term, n := range truth {
			k := table.terms[term]
			if k == nil {
				if n > bound+1e-9 {
					t.Fatalf("%s has %v of %d posts and no place among %d", term, n, len(posts), m)
				}
				continue
			}
			if got := k.fast.sum; got < n-1e-6 || got > n+bound+1e-6 || k.error > bound+1e-6 {
				t.Fatalf("%s counts %v, error %v, truth %v, bound %v", term, got, k.error, n, bound)
			}
		}
	})
}

func TestHostileInput(t *testing.T) {
	table := New(Config{Counters: 8})
	for i := range 1000 {
		table.Add(fmt.Sprint(i), t0.Add(time.Duration(i%7-3)*time.Hour)) // clock steps
	}
	table.Add("", t0)
	table.Add(string(make([]byte, 1000)), t0)
	if n := len(table.terms); n > 8 {
		t.Errorf("%d terms are held, at most 8", n)
	}
	for _, tr := range table.Top(t0, 100) {
		if math.IsNaN(tr.Excess) || math.IsInf(tr.Excess, 0) {
			t.Errorf("%+v", tr)
		}
	}
}

func TestTerms(t *testing.T) {
	var got []string
	Terms("Is #iMessageDown? My iMessage is not working https://x.example/a @friend help me", func(s string) { got = append(got, s) })
	want := []string{"#imessagedown", "not working"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMemory(t *testing.T) {
	const n = 2048
	table := New(Config{Counters: n})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 50_000 {
		table.Add(fmt.Sprintf("some words %d", i), t0.Add(time.Duration(i)*time.Millisecond))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%.0f bytes a term", each)
	if each > 350 {
		t.Errorf("%.0f bytes a term", each)
	}
	runtime.KeepAlive(table)
}

func BenchmarkAdd(b *testing.B) {
	table := New(Config{Known: []string{"imessage"}})
	words := make([]string, 1<<14)
	rng := rand.New(rand.NewPCG(1, 1))
	z := rand.NewZipf(rng, 1.1, 1, 1<<20)
	for i := range words {
		words[i] = fmt.Sprint("word ", z.Uint64())
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		table.Add(words[i&(1<<14-1)], t0.Add(time.Duration(i)*time.Millisecond))
		i++
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "terms/s")
}
