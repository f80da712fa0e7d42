package detect

import (
	"testing"
	"time"

	"github.com/outcry/outcry"
)

// posts plays a day of ordinary talk to a service, and then minutes of another
// kind, and gives what is said of them.
func postsSay(t *testing.T, minutes int, complaints, remarks uint32) (window, float64, *service) {
	t.Helper()
	l := local{zone: time.UTC}
	start := outcry.TickOf(time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC))
	s := newService("shop", defaultPrior(), start)
	g := newThetaGrid()
	at := start + 28*8640 // nobody listened for four weeks
	tick := func(c, r uint32) {
		var y *outcry.Tally
		if c+r > 0 {
			y = &outcry.Tally{Kind: outcry.KindPost, Tick: at, Counts: outcry.Counts{Total: c + r, Bad: c, Fresh: c}}
		}
		s.Posts.take(at, y, l)
		s.Posts.Complaints.learn(l, nil)
		at++
	}
	for i := range 8640 { // 8 complaints and 36 remarks an hour
		tick(uint32(b2i(i%45 == 7)), uint32(b2i(i%10 == 3)))
	}
	m := s.Posts.mark()
	for range minutes * 6 {
		tick(complaints, remarks)
	}
	w, nats := s.Posts.since(&g, &m, false)
	return w, nats, s
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestWhatPostsSay(t *testing.T) {
	for _, c := range []struct {
		why                 string
		minutes             int
		complaints, remarks uint32 // a tick
		least, most         float64
	}{
		{"many complaints and the usual remarks speak for an outage, up to the cap", 2, 5, 0, 7, talkCap},
		{"an outage whose complaints are taken for remarks now and then speaks too", 2, 9, 1, 5, talkCap},
		{"a product launch of which a tenth is taken for complaints says nothing", 10, 3, 27, -1, 2},
		{"nobody posts: nothing is said", 2, 0, 0, 0, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			w, nats, _ := postsSay(t, c.minutes, c.complaints, c.remarks)
			if nats < c.least || nats > c.most {
				t.Errorf("%.1f nats, want %v to %v: %+v", nats, c.least, c.most, w)
			}
		})
	}
}

func TestPostsAfterTheNoticeCountNoMore(t *testing.T) {
	l := local{zone: time.UTC}
	_, _, s := postsSay(t, 2, 5, 0)
	g := newThetaGrid()
	m := s.Posts.mark()
	m.N, m.E = m.N-60, m.E-1
	m.Tick -= 12
	s.Posts.Told = s.Posts.mark()
	before, nats := s.Posts.since(&g, &m, true)
	at := s.Posts.Complaints.Next
	for i := range outcry.Tick(60) {
		s.Posts.take(at+i, &outcry.Tally{Kind: outcry.KindPost, Tick: at + i, Counts: outcry.Counts{Total: 50, Bad: 50, Fresh: 50}}, l)
	}
	after, again := s.Posts.since(&g, &m, true)
	if before.C != after.C || again > nats+1e-9 {
		t.Errorf("%v complaints and %.2f nats before, %v and %.2f after", before.C, nats, after.C, again)
	}
}
