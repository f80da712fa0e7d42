package detect

import (
	"math"
	"slices"
	"strconv"

	"github.com/outcry/outcry"
)

// trending is that complaints of a service trend: a statement of whoever reads
// the posts (package trend), with a baseline of its own, which is how often they
// begin to trend when nothing is wrong.
//
// Within a window of h hours they do so by chance with p = 1 − exp(−λh), and in
// an outage with trendOdds, so that the ratio of a trend that began in it is
// trendOdds/p. It is made of the very posts that [talk] counts. Of statistics
// whose dependence is not known the weighted average is a fair one too, and the
// product is not (Vovk and Wang, E-values: calibration, combination and
// applications, 2021): so both become ln(e^P + w·e^T), P the posts' ratio and T
// the trend's, of which the trend alone adds what P lacks. Its mean under the
// null is at most 1 + w·trendOdds.
//
// Several may read posts, each a part of them or all: it trends while any of them
// says so, and who says that it is over takes back their own word and no other's.
type trending struct {
	On     bool
	Began  outcry.Tick
	Said   outcry.Tick // when it was last said
	Say    []trendSaid // who says so
	Rank   string      // among all that people talk about; empty: not among the first
	Times  float64     // the usual
	Starts float64     // of trends while nothing was wrong, decayed …
	Ticks  float64     // … in so many ticks, decayed alike
	Seen   outcry.Tick // up to which those are counted
	Wait   []outcry.Tick
}

// trendSaid is when one who reads posts last said that it trends.
type trendSaid struct {
	Who string
	At  outcry.Tick
}

const (
	trendCap     = 4.0       // nats that it makes posts worth at most: alone it publishes nothing, and corroborates nothing
	trendWeight  = 0.1       // in the average with the posts themselves
	trendOdds    = 0.5       // that complaints trend in an outage
	trendPrior   = 168.      // hours in which one trend is taken for granted
	trendStale   = 180       // ticks, half an hour, after which a trend that nobody speaks of is over
	maxTrendSaid = 64        // who read posts at the same time
	trendWait    = 2160      // ticks, six hours, that a trend waits to be called chance
	trendFade    = 56 * 8640 // ticks of which the history is an average
)

// take hears a tick's statements, and reports whether a trend begins.
func (k *trending) take(t outcry.Tick, y *outcry.Tally, quiet bool) (begins bool) {
	k.tire(t)
	was := k.On
	said, rank, times := false, "", 0.0
	for i := range y.Cells {
		switch c := &y.Cells[i]; {
		case c.Bad > 0:
			if !said || before(c.Symptom, rank) {
				rank, times = c.Symptom, float64(c.Fresh)/float64(c.Bad)
			}
			said = true
			k.hear(c.Vantage, t)
		case c.Total > c.Unknown:
			k.retract(c.Vantage)
		}
	}
	if said {
		k.Said, k.Rank, k.Times = t, rank, times
	}
	if k.On = len(k.Say) > 0; !k.On || was {
		return false
	}
	k.Began = t
	if quiet {
		k.Wait = append(k.Wait, t)
	}
	return true
}

// hear notes that one says that it trends. Of more than maxTrendSaid the one that
// was silent for longest is forgotten.
func (k *trending) hear(who string, t outcry.Tick) {
	k.retract(who)
	if k.Say = append(k.Say, trendSaid{who, t}); len(k.Say) > maxTrendSaid {
		k.Say = k.Say[1:]
	}
}

// retract takes back what one has said.
func (k *trending) retract(who string) {
	k.Say = slices.DeleteFunc(k.Say, func(s trendSaid) bool { return s.Who == who })
}

// tire forgets what nobody has said again.
func (k *trending) tire(t outcry.Tick) {
	k.Say = slices.DeleteFunc(k.Say, func(s trendSaid) bool { return t-s.At > trendStale })
	k.On = len(k.Say) > 0
}

// before reports whether one place is before another; none is the last.
func before(a, b string) bool {
	x, err := strconv.Atoi(a)
	y, none := strconv.Atoi(b)
	return err == nil && (none != nil || x < y)
}

// learn accounts for the ticks up to t, in which somebody listened and all was
// well, or not.
func (k *trending) learn(t outcry.Tick, quiet bool) {
	n := 0
	for ; n < len(k.Wait) && k.Wait[n] < t-trendWait; n++ {
		k.Starts++
	}
	k.Wait = k.Wait[n:]
	k.tire(t)
	if k.Seen > 0 && quiet && t > k.Seen {
		d := float64(t - k.Seen)
		fade := math.Exp(-d / trendFade)
		k.Starts, k.Ticks = k.Starts*fade, k.Ticks*fade+d
	}
	k.Seen = max(k.Seen, t)
}

// excuse keeps trends since a tick from being called chance: a fault was raised.
func (k *trending) excuse(since outcry.Tick) {
	for n := len(k.Wait); n > 0 && k.Wait[n-1] >= since-2*segmentTicks; n-- {
		k.Wait = k.Wait[:n-1]
	}
}

// since is the log ratio of a trend that began in the window from a tick to the
// next one, and whether there is one.
func (k *trending) since(from, next outcry.Tick) (nats float64, began bool) {
	if !k.On || k.Began < from || next <= from {
		return 0, false
	}
	rate := (k.Starts + 1) / (k.Ticks*outcry.TickLength.Hours() + trendPrior)
	chance := -math.Expm1(-rate * float64(next-from) * outcry.TickLength.Hours())
	return math.Log(trendOdds / chance), true
}

// beside is what a trend adds to what the posts say that it is made of: never
// less than nothing, and never more than what makes both together trendCap.
func beside(posts, trend float64) float64 {
	both := logAdd(posts, trend+math.Log(trendWeight))
	return max(min(both, max(posts, trendCap))-posts, 0)
}

// trended is what a trend adds to the posts' evidence since an anchor. One that
// begins after a fault was raised may be of its notice.
func (s *service) trended(m *anchor, posts float64) float64 {
	if s.State.active() && s.Trend.Began > s.Posts.Told.Tick {
		return 0
	}
	nats, began := s.Trend.since(m.Mark.Tick, s.Reports.Next)
	if !began {
		return 0
	}
	return beside(posts, nats)
}

// trendWords tell a trend, and what it would be worth without the posts.
func (s *service) trendWords() string {
	k := &s.Trend
	words := "trending"
	if k.Rank != "" {
		words += " number " + k.Rank
	}
	words += " since " + k.Began.Start().In(s.at.zone).Format("15:04") + ", " + number(math.Round(k.Times)) + " times its usual complaints"
	alone, _ := k.since(k.Began, max(s.Reports.Next, k.Began+1))
	return words + "; " + number(beside(0, alone)) + " nats alone, counted once with the posts"
}
