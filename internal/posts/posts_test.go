package posts

import (
	"fmt"
	"testing"
	"time"

	"github.com/outcry/outcry"
)

var t0 = time.Date(2024, 5, 16, 21, 40, 0, 0, time.UTC) // fixed: never changed

func desk() *Desk {
	return New([]outcry.Service{
		{ID: "imessage", Name: "iMessage", Symptoms: []outcry.Symptom{{ID: "not-delivered"}}, Aliases: []string{"blue bubbles"}},
		{ID: "facetime", Name: "FaceTime"},
	}, []string{"Verizon"}, []byte("key"), "reader")
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		why  string
		post Post
		want []outcry.Signal // without their hashes
	}{
		{"a complaint is bad", Post{Text: "is iMessage down?", Author: "a"}, []outcry.Signal{{Service: "imessage", Outcome: outcry.Bad}}},
		{"a remark is good, and counted", Post{Text: "love the new iMessage", Author: "a"}, []outcry.Signal{{Service: "imessage", Outcome: outcry.Good}}},
		{"a post that names two is about both", Post{Text: "FaceTime and iMessage not working on Verizon in Texas"},
			[]outcry.Signal{{Service: "facetime", Outcome: outcry.Bad, Scope: outcry.Scope{Region: "US-TX", Carrier: "Verizon"}}, {Service: "imessage", Outcome: outcry.Bad, Scope: outcry.Scope{Region: "US-TX", Carrier: "Verizon"}}}},
		{"an alias is a name", Post{Text: "blue bubbles are down"}, []outcry.Signal{{Service: "imessage", Outcome: outcry.Bad}}},
		{"what fails is said where the service has a word for it", Post{Text: "iMessage says not delivered"}, []outcry.Signal{{Service: "imessage", Outcome: outcry.Bad, Symptom: "not-delivered"}}},
		{"the source may know what it is about", Post{Text: "nothing loads, everything is down", About: "facetime"}, []outcry.Signal{{Service: "facetime", Outcome: outcry.Bad}}},
		{"other things are nothing to us", Post{Text: "is the bridge down?"}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			c.post.At = t0
			got := desk().Read(c.post)
			if len(got) != len(c.want) {
				t.Fatalf("got %+v", got)
			}
			for i, s := range got {
				w := c.want[i]
				if s.Kind != outcry.KindPost || s.Service != w.Service || s.Outcome != w.Outcome || s.Scope != w.Scope || s.Symptom != w.Symptom || !s.At.Equal(t0) {
					t.Errorf("got %+v, want %+v", s, w)
				}
				if (s.Reporter == 0) != (c.post.Author == "") {
					t.Errorf("reporter %x of author %q", s.Reporter, c.post.Author)
				}
			}
		})
	}
}

func TestCopies(t *testing.T) {
	const long = "iMessage is down and nobody at all says anything about it, copy this so that they hear us"
	d := desk()
	id := func(p Post) uint64 { p.At = t0; return d.Read(p)[0].ID }
	if a, b := id(Post{Text: long, Author: "a"}), id(Post{Text: "@you " + long, Author: "b"}); a == 0 || a != b {
		t.Errorf("copies of a long text have the IDs %x and %x", a, b)
	}
	if got := id(Post{Text: "is iMessage down?", Author: "a"}); got != 0 {
		t.Errorf("a short question has the ID %x: it is everybody's", got)
	}
	if a, b := id(Post{Text: "is iMessage down?", Author: "b", Repost: true}), id(Post{Text: "is iMessage down?", Author: "c", Repost: true}); a == 0 || a != b {
		t.Errorf("reposts have the IDs %x and %x", a, b)
	}
}

func TestAuthorsArePseudonymous(t *testing.T) {
	a, b := desk().Read(Post{At: t0, Text: "iMessage down", Author: "x", Source: "s"})[0].Reporter, desk().Read(Post{At: t0, Text: "FaceTime down", Author: "x", Source: "s"})[0].Reporter
	other := desk().Read(Post{At: t0, Text: "iMessage down", Author: "x", Source: "t"})[0].Reporter
	if a != b || a == other {
		t.Errorf("%x %x %x: one author is one, on each network", a, b, other)
	}
}

func TestTrends(t *testing.T) {
	d := desk()
	for m := range 600 { // ten quiet hours, then everybody at once
		d.Read(Post{At: t0.Add(time.Duration(m) * time.Minute), Text: "love the new FaceTime", Author: fmt.Sprint(m)})
	}
	at := t0.Add(10 * time.Hour)
	for i := range 2000 {
		at = at.Add(300 * time.Millisecond)
		d.Read(Post{At: at, Text: "is iMessage down?", Author: fmt.Sprint("p", i)})
	}
	got := d.Trends(at)
	if len(got) != 1 || got[0].Term != "imessage" || got[0].Rank != 1 || got[0].Since.Before(t0.Add(10*time.Hour)) {
		t.Errorf("%+v", got)
	}
}

// BenchmarkDesk is the classifier, the pseudonym and the trends together.
func BenchmarkDesk(b *testing.B) {
	d := desk()
	texts := []string{"is iMessage down? mine says not delivered since an hour ago", "love the new FaceTime, talked for hours with my sister yesterday", "nothing to see here, just a nice day at the beach with friends", "#iMessageDown again"}
	b.ReportAllocs()
	n, began := 0, cpuTime()
	for b.Loop() {
		d.Read(Post{At: t0.Add(time.Duration(n) * time.Millisecond), Text: texts[n%len(texts)], Author: "somebody"})
		n++
	}
	reportRate(b, n, began)
}
