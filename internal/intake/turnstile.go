package intake

import (
	"net/http"
	"net/netip"
	"time"
)

// Turnstile limits by network what strangers do besides reporting: what they
// ask of it does not use up what they may report. It is safe for concurrent use.
type Turnstile struct {
	limits  *limiter
	proxies []netip.Prefix // whose forwarding headers are believed
	exempt  []netip.Prefix
	now     func() time.Time
}

// NewTurnstile makes one with the limit, the proxies and the exempt networks of
// a configuration.
func NewTurnstile(c Config, now func() time.Time) (*Turnstile, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Turnstile{limits: newLimiter(c.Limit), proxies: c.TrustedProxies, exempt: c.Exempt, now: now}, nil
}

// Wait counts one request; it is 0 when that may pass, else how long to wait.
func (t *Turnstile) Wait(r *http.Request) time.Duration {
	a, _ := clientOf(r, t.proxies)
	if !a.IsValid() || within(t.exempt, a) {
		return 0
	}
	return t.limits.take(a, t.now())
}
