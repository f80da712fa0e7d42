package probe

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
)

// Prober does one attempt of a check. It returns by the context's deadline,
// leaves no goroutine, socket or session behind, and is not called again
// before it has returned. One that holds connections between attempts is an
// [io.Closer] as well; one that knows its host is a [Targeter].
type Prober interface {
	Probe(ctx context.Context) Result
}

// Targeter tells which host a prober goes to.
type Targeter interface {
	Target() string // a host name or address without port
}

// Check is one scheduled probe of a service. Checks are equal, and a reload
// leaves them running, when all fields but Prober are.
type Check struct {
	Name       string // unique
	Service    string
	Symptom    string       // which of the service's symptoms its failure is; may be empty
	Scope      outcry.Scope // of what is checked; fields that are empty are the vantage's
	Type       string       // of the prober, for metrics: "http"
	Target     string       // host; empty: what the prober says, if it is a [Targeter]
	Revision   string       // a digest of the prober's options: another one means another prober
	Interval   time.Duration
	Timeout    time.Duration // of one attempt
	Retries    int           // further attempts before a run has failed
	RetryDelay time.Duration // before each of them
	Prober     Prober
}

// Defaults and bounds of a check.
const (
	DefaultInterval = 30 * time.Second
	DefaultTimeout  = 10 * time.Second
	MinInterval     = time.Second
	MaxRetries      = 10
)

// normal is the check with its defaults filled in. Its error is of CodeInvalid.
func (c Check) normal() (Check, error) {
	if c.Interval == 0 {
		c.Interval = DefaultInterval
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if t, ok := c.Prober.(Targeter); ok && c.Target == "" {
		c.Target = t.Target()
	}
	switch {
	case c.Name == "":
		return c, outcry.FieldErrorf("name", "a check needs a name")
	case c.Prober == nil:
		return c, outcry.FieldErrorf("type", "check %s has no prober", c.Name)
	case c.Interval < MinInterval:
		return c, outcry.FieldErrorf("interval", "check %s: at least %s, not %s", c.Name, MinInterval, c.Interval)
	case c.Timeout < 0:
		return c, outcry.FieldErrorf("timeout", "check %s: a positive time, not %s", c.Name, c.Timeout)
	case c.Retries < 0 || c.Retries > MaxRetries:
		return c, outcry.FieldErrorf("retries", "check %s: from 0 to %d, not %d", c.Name, MaxRetries, c.Retries)
	}
	return c, nil
}

// same reports whether a reload may leave the check running as it is.
func (c Check) same(other Check) bool {
	c.Prober, other.Prober = nil, nil
	return c == other
}

// IsLocal reports whether a host is near the vantage by its very name: an
// address that is not public, localhost, or a name that no public DNS holds.
// Reaching it says nothing about being online, and its failure is its own.
func IsLocal(host string) bool {
	if a, ok := netguard.Literal(host); ok {
		var strict *netguard.Guard
		return strict.Check(host, a) != nil
	}
	if netguard.IsLocalhost(host) {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".local", ".internal", ".lan", ".home.arpa", ".test"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// run does the attempts of one run: the first, and after each failure another,
// up to the check's retries. The last attempt's result counts; its detail says
// how many there were.
func (c *Check) run(ctx context.Context) Result {
	var r Result
	for attempt := 0; attempt <= c.Retries; attempt++ {
		if attempt > 0 && !Sleep(ctx, c.RetryDelay) {
			break
		}
		r = Attempt(ctx, c.Prober, c.Timeout)
		if r.Outcome != outcry.Bad {
			break
		}
	}
	return r
}

// Attempt runs a prober once within a time, and measures it. A prober that
// panics has no say about its target: the result is unknown.
func Attempt(ctx context.Context, p Prober, timeout time.Duration) (r Result) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	start := time.Now()
	defer func() {
		if v := recover(); v != nil {
			r = Unknown(ReasonInternal, "the prober panicked: "+panicText(v))
		}
		r.Latency = time.Since(start)
	}()
	return p.Probe(ctx)
}

// Sleep waits; false when the context ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hostOf gives the host of an address that may be an IP with a zone.
func hostOf(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.WithZone("").String()
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
