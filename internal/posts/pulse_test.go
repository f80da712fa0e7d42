package posts

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// day reads a day of ordinary talk, and gives the instant after it.
func day(d *Desk) time.Time {
	for i := range 24 * 40 {
		text := "love the new iMessage"
		if i%10 == 0 {
			text = "is iMessage down?"
		}
		d.Read(Post{At: t0.Add(time.Duration(i) * 90 * time.Second), Text: text, Author: fmt.Sprint("a", i), Source: "bluesky"})
	}
	return t0.Add(24 * time.Hour)
}

// trends gives what a minute of posts, one each second, says of trends.
func trends(d *Desk, from time.Time, post func(i int) Post) (out []outcry.Signal) {
	for i := range 60 {
		p := post(i)
		p.At = from.Add(time.Duration(i) * time.Second)
		for _, s := range d.Read(p) {
			if s.Kind == outcry.KindTrend {
				out = append(out, s)
			}
		}
	}
	return out
}

func TestWhatIsTakenForATrend(t *testing.T) {
	const long = "iMessage is down and nobody at all says anything about it, copy this so that they hear us"
	author := func(i int) string { return "b" + strconv.Itoa(i) }
	for _, c := range []struct {
		why    string
		post   func(i int) Post
		trends bool
	}{
		{"sixty people ask whether it is down", func(i int) Post { return Post{Text: "is iMessage down?", Author: author(i)} }, true},
		{"sixty of whom nobody is known, too", func(int) Post { return Post{Text: "iMessage not working"} }, true},
		{"one who asks sixty times is one", func(int) Post { return Post{Text: "is iMessage down?", Author: "b"} }, false},
		{"a text that sixty copy is one", func(i int) Post { return Post{Text: long, Author: author(i)} }, false},
		{"what is passed on is none", func(i int) Post { return Post{Text: "is iMessage down?", Author: author(i), Repost: true} }, false},
		{"sixty who love it are none", func(i int) Post { return Post{Text: "love the new iMessage", Author: author(i)} }, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := desk()
			got := trends(d, day(d), c.post)
			if (len(got) > 0) != c.trends {
				t.Fatalf("it says %+v", got)
			}
			if c.trends && (got[0].Outcome != outcry.Bad || got[0].Service != "imessage" || got[0].Symptom != "1" || got[0].Count < 5 || got[0].ID == 0 || got[0].Vantage != "reader") {
				t.Errorf("it says %+v", got[0])
			}
		})
	}
}

// BenchmarkFirehose is a whole network's posts, of which one in a hundred names a
// watched service: the words of the others compete for places in the table.
func BenchmarkFirehose(b *testing.B) {
	d := desk()
	rng := rand.New(rand.NewPCG(3, 3))
	texts := make([]string, 20000)
	for i := range texts {
		words := make([]string, 14)
		for k := range words {
			words[k] = "word" + strconv.Itoa(int(math.Pow(rng.Float64(), 3)*30000))
		}
		if i%100 == 0 {
			words[0], words[1] = "iMessage", "down"
		}
		texts[i] = strings.Join(words, " ")
	}
	n, began := 0, cpuTime()
	for b.Loop() {
		d.Read(Post{At: t0.Add(time.Duration(n) * time.Millisecond), Text: texts[n%len(texts)], Author: "somebody"})
		n++
	}
	reportRate(b, n, began)
}
