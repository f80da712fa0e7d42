package intake

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry"
)

// Config is what the operator decides. Zero fields take the defaults.
type Config struct {
	Services []outcry.Service
	// Hidden are services that not every visitor may know of: strangers may report
	// them only on these hosts, and anywhere else there is no such service.
	Hidden map[string][]string

	// Values of scope that are admitted, for each service.
	Regions, Carriers, Platforms, Versions Values
	// Symptoms bounds those of services that have no list of their own; of the
	// others, a symptom that is not on the list counts as "other".
	Symptoms Values

	Comments     map[string]bool // services whose reports may come with a comment that is kept
	CommentLimit Limit           // of comments per network of strangers; what is beyond is left out of its report

	Limit          Limit
	Exempt         []netip.Prefix // networks without a limit, whose signals carry no network
	TrustedProxies []netip.Prefix // whose forwarding headers are believed; nil: loopback
	Tokens         []Token

	MaxBatch   int64         // bytes of an NDJSON body; default 10 MB
	MaxReport  int           // bytes of one report; default 64 KiB
	MaxComment int           // characters, longer ones are cut; default 500
	MaxAge     time.Duration // how old `at` may be; default 24 h
	MaxAhead   time.Duration // how far ahead of our clock `at` may be; default 1 min
	ReadStall  time.Duration // how long a client may send nothing; default 10 s
}

// Values bounds one dimension of scope.
type Values struct {
	Allow []string // exactly these; empty: any of the right shape, up to Max
	Max   int      // distinct values within a day
}

// Limit is a token bucket per network of strangers.
type Limit struct {
	Rate     float64 // reports a second, sustained; default 10; negative: no limit
	Burst    int     // reports at once; default 200
	IPv4     int     // bits of a network's prefix; default 24
	IPv6     int     // default 48, at most 64
	Networks int     // remembered at a time, at 60 bytes each; default 131072
}

// Token is a caller that may report for others.
type Token struct {
	Name   string // for pseudonyms and logs; no secret
	Secret string
	Report bool // false: it is known, and may not report for others: 403
}

func (c Config) withDefaults() Config {
	or := func(v *Values, max int) { v.Max = cmp.Or(v.Max, max) }
	or(&c.Regions, 500)
	or(&c.Carriers, 200)
	or(&c.Platforms, 20)
	or(&c.Versions, 100)
	or(&c.Symptoms, 30)
	c.Limit.Rate = cmp.Or(c.Limit.Rate, 10)
	c.Limit.Burst = cmp.Or(c.Limit.Burst, 200)
	c.Limit.IPv4 = cmp.Or(c.Limit.IPv4, 24)
	c.Limit.IPv6 = cmp.Or(c.Limit.IPv6, 48)
	c.Limit.Networks = cmp.Or(c.Limit.Networks, 1<<17)
	if c.TrustedProxies == nil {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	c.CommentLimit.IPv4, c.CommentLimit.IPv6, c.CommentLimit.Networks = c.Limit.IPv4, c.Limit.IPv6, c.Limit.Networks
	c.CommentLimit.Rate = cmp.Or(c.CommentLimit.Rate, 1.0/600)
	c.CommentLimit.Burst = cmp.Or(c.CommentLimit.Burst, 3)
	c.MaxBatch = cmp.Or(c.MaxBatch, 10_000_000)
	c.MaxReport = cmp.Or(c.MaxReport, 64<<10)
	c.MaxComment = cmp.Or(c.MaxComment, 500)
	c.MaxAge = cmp.Or(c.MaxAge, 24*time.Hour)
	c.MaxAhead = cmp.Or(c.MaxAhead, time.Minute)
	c.ReadStall = cmp.Or(c.ReadStall, 10*time.Second)
	return c
}

func (c Config) check() error {
	l := c.Limit
	switch {
	case l.IPv4 < 8 || l.IPv4 > 32:
		return outcry.FieldErrorf("limit.ipv4", "a prefix of %d bits is not between 8 and 32", l.IPv4)
	case l.IPv6 < 16 || l.IPv6 > 64:
		return outcry.FieldErrorf("limit.ipv6", "a prefix of %d bits is not between 16 and 64", l.IPv6)
	case l.Burst < 1:
		return outcry.FieldErrorf("limit.burst", "%d lets nothing through", l.Burst)
	}
	for _, t := range c.Tokens {
		if t.Name == "" || t.Secret == "" {
			return outcry.FieldErrorf("tokens", "a token needs a name and a secret")
		}
	}
	return nil
}

// Sender stores signals; nil means that all of them are stored. A Gatherer of
// package bus is one.
type Sender interface {
	Send(ctx context.Context, signals []outcry.Signal) error
}

// Remarks keeps comments. It must not make a report wait.
type Remarks interface {
	// Remark takes a comment of a report that is stored. Its ID is empty, or the same
	// whenever the same report is sent again; its state is for the keeper to say.
	Remark(c outcry.Comment)
}

// Salter keeps the secrets of pseudonyms. It makes one for a period that it has
// none for, the same for all instances.
type Salter interface {
	Salt(ctx context.Context, period string) ([]byte, error)
}

// Locator knows about addresses; what it does not know is zero. See [OpenMMDB].
type Locator interface {
	Locate(address netip.Addr) Place
}

// Place is where an address is.
type Place struct {
	Region  string // ISO 3166
	Carrier string // organisation that runs the network
	ASN     uint32 // autonomous system
}

// Pages answers people who sent the HTML form. Without it they get JSON.
type Pages interface {
	// Thanks gives the URL to go to after a report of the service was taken.
	Thanks(r *http.Request, service string) string
	// Refused writes a page that says why a report was not taken: an
	// *outcry.Error. The headers that programs get are set already.
	Refused(w http.ResponseWriter, r *http.Request, err error)
}

// Parts are what a [Door] is wired to.
type Parts struct {
	Sender  Sender
	Salts   Salter
	Places  Locator // may be nil
	Pages   Pages   // may be nil
	Remarks Remarks // may be nil: no comment is kept
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer // may be nil
}
