package detect

import (
	"github.com/outcry/outcry"
)

// talk is what public posts say of a service: how many complain, and how many
// speak of it and complain of nothing.
//
// A classifier takes some remarks for complaints, and a product launch brings a
// hundred times the usual remarks. So complaints are held against the usual
// number of complaints times the growth of all other talk: what is evidence is
// that the share of complaints has risen. An outage's own complaints that were
// taken for remarks cost little: they are the smaller part.
type talk struct {
	Complaints *stream
	Heard      bool        // a post has come: before, nobody listened, and silence teaches nothing
	Remarks    float64     // so far
	Usual      float64     // remarks, decayed …
	Span       float64     // … over so many ticks, decayed alike
	First      outcry.Tick // of the first post
	Last       outcry.Tick
	// Told are the sums when the fault under way was raised. What is posted
	// later may be about the notice, and counts no more.
	Told talkMark
	mute *talkMark // what mark gives before anything was heard, and the stream moves
}

// talkMark is the state of a service's talk at a mark.
type talkMark struct {
	mark
	Remarks float64
}

const (
	talkCap     = 8.0       // nats at most: posts are cheap to forge, and alone they publish nothing
	talkMemory  = 2 * 8640. // ticks over which remarks are averaged: two days
	talkDoubt   = 3.0       // remarks that may come or not come without saying anything
	talkLeast   = 5         // complaining posts without which nothing is said
	talkHalfWay = 360       // ticks that the average takes for granted at first
)

func newTalk(start outcry.Tick) talk { return talk{Complaints: newStream(postPrior(), start)} }

func (k *talk) mark() talkMark {
	if k.Heard {
		return talkMark{mark: k.Complaints.mark(), Remarks: k.Remarks}
	}
	if k.mute == nil {
		k.mute = &talkMark{mark: k.Complaints.mark()}
	}
	return *k.mute
}

// advance accounts for silent ticks before t.
func (k *talk) advance(t outcry.Tick, l local) {
	if k.Heard {
		k.Complaints.advance(t, l)
	}
}

// skip accounts for the tick t that nobody watched.
func (k *talk) skip(t outcry.Tick, l local) {
	if k.Heard {
		k.Complaints.advance(t, l)
		k.Complaints.skip(t+1, l)
	}
}

// take counts one tick's posts.
func (k *talk) take(t outcry.Tick, y *outcry.Tally, l local) {
	if y == nil || y.Total == 0 {
		k.advance(t+1, l)
		return
	}
	if !k.Heard {
		k.Heard, k.First, k.Last = true, t, t
		k.Complaints = newStream(postPrior(), t)
	}
	fade := max(0, 1-float64(t-k.Last)/talkMemory)
	k.Usual, k.Span = k.Usual*fade+float64(y.Total-y.Bad), k.Span*fade+float64(t-k.Last)
	k.Remarks += float64(y.Total - y.Bad)
	k.Last = t
	if y.Fresh > 0 {
		k.Complaints.take(float64(y.Fresh), nil, nil, l)
	} else {
		k.advance(t+1, l)
	}
}

// since is the evidence of posts in a window, and the window itself.
func (k *talk) since(g *thetaGrid, m *talkMark, active bool) (window, float64) {
	if !k.Heard {
		return window{}, 0
	}
	now := k.mark()
	if active {
		now = k.Told
	}
	c := now.N - m.N
	if c < talkLeast || now.Tick <= m.Tick {
		return window{}, 0
	}
	w := k.Complaints.window(m.mark, 1)
	w.C = c
	if e := k.Complaints.E - m.E; e > 0 {
		w.B *= (now.E - m.E) / e
	}
	usual := (k.Usual + talkDoubt) / (k.Span + talkHalfWay) * float64(now.Tick-max(m.Tick, k.First))
	w.B *= max(1, (now.Remarks-m.Remarks+talkDoubt)/(usual+talkDoubt))
	return w, min(g.countLLR(w), talkCap)
}
