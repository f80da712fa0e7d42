package trend

import (
	"math"
	"time"
)

// Complaints tells when complaints of one thing trend: not what is said of it.
// A product launch brings a hundred times the usual remarks, some of which are
// taken for complaints, so that complaints trend only when they exceed for
// certain what is usual times the growth of all other talk, and chatterShare of
// that talk besides. The zero value is not ready; see [NewComplaints].
type Complaints struct {
	fast, slow    float64 // decays, per second
	bad, rest     twoSpeed
	start, now    float64
	since, spoken float64 // seconds; 0: it does not trend
}

// twoSpeed is a count that is remembered for minutes, and for half a day.
type twoSpeed struct{ fast, slow decayed }

// Pulse is what a post has changed.
type Pulse struct {
	Is    PulseKind
	Since time.Time // when the trend began
	Times float64   // complaints lately over the usual, at least 1
}

// PulseKind says whether there is anything to tell of a trend.
type PulseKind uint8

// What there is to tell.
const (
	Nothing PulseKind = iota
	Begins
	GoesOn // told now and then while it lasts, so that its end is known when posts stop
	Ends
)

const (
	chatterShare = 0.3         // complaints per remark that a classifier finds where nothing is down: 0.27 in tweets to airlines
	pulseDoubt   = 3.0         // remarks that may come or not come without saying anything
	pulseLeast   = 2.0         // complaints a minute over all that, for certain
	pulseAfter   = 3600.0      // seconds of listening before which nobody knows what is usual
	pulseAgain   = 300.0       // seconds after which a trend that goes on is told again
	pulseMost    = 10_000_000. // times the usual, at most
)

// NewComplaints makes an empty one; of cfg it takes the half-lives.
func NewComplaints(cfg Config) *Complaints {
	cfg = cfg.whole()
	return &Complaints{fast: rateOf(cfg.Fast), slow: rateOf(cfg.Slow)}
}

// Listening says that somebody listened at an instant, whatever was posted.
func (c *Complaints) Listening(at time.Time) {
	now := secondsOf(at)
	if c.start == 0 {
		c.start = now
	}
	c.now = max(c.now, now)
}

// Add counts a post at an instant, and tells what has changed.
func (c *Complaints) Add(complains bool, at time.Time) Pulse {
	c.Listening(at)
	to := &c.rest
	if complains {
		to = &c.bad
	}
	to.fast.add(1, c.now, c.fast)
	to.slow.add(1, c.now, c.slow)
	return c.pulse()
}

func (c *Complaints) pulse() Pulse {
	if c.now-c.start < pulseAfter {
		return Pulse{}
	}
	lately, usual, excess := c.measure()
	p := Pulse{Times: min(max(lately/max(usual, c.fast/2), 1), pulseMost)}
	switch {
	case c.since == 0 && excess*60 >= pulseLeast && excess > usual/2:
		p.Is, c.since, c.spoken = Begins, c.now, c.now
	case c.since == 0:
		return Pulse{}
	case excess <= 0:
		p.Is = Ends
	case c.now-c.spoken >= pulseAgain:
		p.Is, c.spoken = GoesOn, c.now
	}
	p.Since = time.UnixMilli(int64(c.since * 1000)).UTC()
	if p.Is == Ends {
		c.since = 0
	}
	return p
}

// measure gives complaints a second: lately, what would be usual beside the talk
// of now, and the sure excess.
func (c *Complaints) measure() (lately, usual, excess float64) {
	heard := c.now - c.start
	rate := func(d *decayed, decay float64) float64 {
		return d.value(c.now, decay) * decay / (1 - math.Exp(-decay*heard))
	}
	lately, usual = rate(&c.bad.fast, c.fast), rate(&c.bad.slow, c.slow)
	talk, doubt := rate(&c.rest.fast, c.fast), pulseDoubt*c.fast
	growth := max(1, (talk+doubt)/(rate(&c.rest.slow, c.slow)+doubt))
	sd := math.Sqrt(lately*c.fast/2 + growth*growth*usual*c.slow/2)
	usual *= growth
	return lately, usual, lately - max(usual, chatterShare*talk) - z*sd
}

// secondsOf is an instant in seconds since the Unix epoch, to the millisecond.
func secondsOf(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
