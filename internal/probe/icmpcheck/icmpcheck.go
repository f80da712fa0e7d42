// Package icmpcheck probes hosts by ICMP echo, which people call ping.
//
// Steps: dns, then "echo 1", "echo 2", … It uses the kernel's unprivileged
// echo sockets, and raw ones where those are closed and we may. Where the
// kernel refuses both, it cannot probe: the outcome is unknown, with what to
// do about it, and never down.
package icmpcheck

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type icmp.
type Options struct {
	URL        string        `yaml:"url,required"` // icmp://host or ping:host
	IP         string        `yaml:"ip"`           // "4" or "6"; default any
	Count      int           `yaml:"count"`        // echoes in one attempt
	Spacing    time.Duration `yaml:"spacing"`      // between the echoes
	MaxLoss    int           `yaml:"max_loss"`     // of the echoes, that may stay unanswered
	MaxLatency time.Duration `yaml:"max_latency"`  // of the fastest echo; 0: any
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() {
	o.Count, o.Spacing, o.MaxLoss = 3, 200*time.Millisecond, 2
}

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

// Defaults are the options of a check of a URL that says nothing else.
func Defaults(url string) Options {
	o := Options{URL: url}
	o.SetDefaults()
	return o
}

const maxCount = 100 // echoes in one attempt

type prober struct {
	opts    Options
	host    string
	network string // "ip", "ip4", "ip6"
	dialer  *netguard.Dialer
	open    func(v6 bool) (socket, error)
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case u.Scheme != "icmp" && u.Scheme != "ping":
		return nil, outcry.FieldErrorf("url", "scheme %q is none of icmp, ping", u.Scheme)
	case o.IP != "" && o.IP != "4" && o.IP != "6":
		return nil, outcry.FieldErrorf("ip", "%q is none of 4, 6", o.IP)
	case o.Count < 1 || o.Count > maxCount:
		return nil, outcry.FieldErrorf("count", "from 1 to %d, not %d", maxCount, o.Count)
	case o.MaxLoss < 0 || o.MaxLoss >= o.Count:
		o.MaxLoss = o.Count - 1
	}
	return &prober{opts: o, host: u.Hostname(), network: "ip" + o.IP, dialer: env.Own(), open: open}, nil
}

// Target is the host that is pinged.
func (p *prober) Target() string { return p.host }

// Probe sends the echoes, one after the other.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	addr, err := p.resolve(ctx, trail)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	sock, err := p.open(addr.Is6())
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer sock.Close() //nolint:errcheck // nothing is left to be read
	return trail.End(p.echoes(ctx, trail, sock, addr))
}

func (p *prober) resolve(ctx context.Context, trail *probe.Trail) (netip.Addr, error) {
	if a, ok := netguard.Literal(p.host); ok {
		return a.Unmap(), p.dialer.Check(p.host, a)
	}
	var found []netip.Addr
	err := trail.Do("dns", func() (detail string, err error) {
		if found, err = p.dialer.Lookup(ctx, p.network, p.host); err != nil {
			return "", err
		}
		return fmt.Sprint(found), nil
	})
	if err != nil {
		return netip.Addr{}, err
	}
	return found[0], nil
}

// echoes sends the echoes and counts what comes back. Each has its share of
// the time that is left.
func (p *prober) echoes(ctx context.Context, trail *probe.Trail, sock socket, addr netip.Addr) probe.Result {
	var lost int
	var fastest time.Duration
	for i := 1; i <= p.opts.Count && ctx.Err() == nil; i++ {
		var rtt time.Duration
		err := trail.Do(fmt.Sprintf("echo %d", i), func() (detail string, err error) {
			rtt, err = sock.Echo(addr, i, share(ctx, p.opts.Count-i+1))
			return addr.String(), err
		})
		switch reason := reasonOf(err); {
		case err == nil && (fastest == 0 || rtt < fastest):
			fastest = rtt
		case err != nil && reason != probe.ReasonTimeout:
			return probe.Failed(err)
		case err != nil:
			lost++
		}
		if i < p.opts.Count {
			pause(ctx, p.opts.Spacing)
		}
	}
	return p.judge(lost, fastest)
}

func reasonOf(err error) probe.Reason {
	if err == nil {
		return ""
	}
	return probe.Classify(err)
}

func (p *prober) judge(lost int, fastest time.Duration) probe.Result {
	switch n := p.opts.Count; {
	case fastest == 0:
		return probe.Bad(probe.ReasonTimeout, fmt.Sprintf("none of %d echoes was answered", n))
	case lost > p.opts.MaxLoss:
		return probe.Bad(probe.ReasonLoss, fmt.Sprintf("%d of %d echoes were lost, at most %d may be", lost, n, p.opts.MaxLoss))
	case p.opts.MaxLatency > 0 && fastest > p.opts.MaxLatency:
		return probe.Bad(probe.ReasonSlow, fmt.Sprintf("the fastest echo took %s, wanted at most %s", fastest, p.opts.MaxLatency))
	default:
		return probe.Good(fmt.Sprintf("%d of %d echoes, fastest %s", n-lost, n, fastest.Round(time.Microsecond)))
	}
}

// share is the deadline of the next of n echoes.
func share(ctx context.Context, n int) time.Time {
	now := time.Now()
	deadline, ok := ctx.Deadline()
	if !ok {
		return now.Add(time.Second)
	}
	return now.Add(deadline.Sub(now) / time.Duration(n))
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
