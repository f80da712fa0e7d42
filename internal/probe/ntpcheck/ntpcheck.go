// Package ntpcheck probes time servers by NTP (RFC 5905): whether one answers,
// is synchronised itself, how far from the top it is, and how far its clock is
// from ours.
//
// Steps: dns, connect (nothing is sent yet), query. Reasons beside those of the
// way there:
//
//	unsynchronised  it says that it does not know the time, or its answer is of no use (RFC 5905, 7.3 and 10)
//	offset          its clock is further from ours than max_offset
//	throttled       it asks to be asked less often (kiss code RATE)
//	rejected        it will not answer us (kiss codes DENY, RSTR)
//
// An offset says that one of two clocks is wrong, not which.
package ntpcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/beevik/ntp"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type ntp.
type Options struct {
	URL        string        `yaml:"url,required"` // ntp://host[:123]
	MaxOffset  time.Duration `yaml:"max_offset"`   // 0: any
	MaxStratum int           `yaml:"max_stratum"`  // default 15: whoever is synchronised
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.MaxStratum = maxStratum }

// SetURL makes o the options of a check given by URL.
func (o *Options) SetURL(url string) { o.URL = url }

// maxStratum is the last one of a server that is synchronised (RFC 5905, 7.3).
const maxStratum = 15

type prober struct {
	opts       Options
	host, addr string
	dialer     *netguard.Dialer
}

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case u.Scheme != "ntp":
		return nil, outcry.FieldErrorf("url", "scheme %q is not ntp", u.Scheme)
	case o.MaxOffset < 0:
		return nil, outcry.FieldErrorf("max_offset", "a positive time, not %s", o.MaxOffset)
	case o.MaxStratum < 1 || o.MaxStratum > maxStratum:
		return nil, outcry.FieldErrorf("max_stratum", "from 1 to %d, not %d", maxStratum, o.MaxStratum)
	}
	p := &prober{opts: o, host: u.Hostname(), dialer: env.Own()}
	p.addr, err = probe.HostPort(u, "123")
	return p, err
}

// Target is the host that is asked.
func (p *prober) Target() string { return p.host }

// Probe asks once.
func (p *prober) Probe(ctx context.Context) probe.Result {
	trail := probe.NewTrail()
	conn, err := trail.Connect(ctx, p.dialer, "udp", p.addr)
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be read
	timeout := time.Hour
	if deadline, ok := ctx.Deadline(); ok {
		timeout = max(time.Until(deadline), time.Millisecond)
	}
	var detail string
	err = trail.Do("query", func() (string, error) {
		r, err := ntp.QueryWithOptions(p.addr, ntp.QueryOptions{
			Timeout: timeout, Dialer: func(string, string) (net.Conn, error) { return conn, nil },
		})
		if err != nil {
			return "", unanswered(ctx, err)
		}
		detail = fmt.Sprintf("stratum %d, offset %s, round trip %s", r.Stratum, r.ClockOffset.Round(time.Microsecond), r.RTT.Round(time.Microsecond))
		return detail, p.judge(r)
	})
	if err != nil {
		return trail.End(probe.Failed(err))
	}
	return trail.End(probe.Good(detail))
}

// unanswered is the error of a query without a whole answer.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil || probe.Classify(err) == probe.ReasonTimeout {
		return fmt.Errorf("no answer within the time: %w", context.DeadlineExceeded)
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return err
	}
	return &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("the answer is none of NTP: %w", err)}
}

// judge says whether an answer is one of a server in good order.
func (p *prober) judge(r *ntp.Response) error {
	if r.IsKissOfDeath() {
		reason := probe.ReasonUnsynchronised
		switch r.KissCode {
		case "RATE":
			reason = probe.ReasonThrottled
		case "DENY", "RSTR":
			reason = probe.ReasonRejected
		}
		return &probe.Fault{Reason: reason, Err: fmt.Errorf("it answers with the kiss code %s", probe.Printable(r.KissCode))}
	}
	if err := r.Validate(); err != nil {
		return &probe.Fault{Reason: probe.ReasonUnsynchronised, Err: fmt.Errorf("its time is of no use: %w", err)}
	}
	if int(r.Stratum) > p.opts.MaxStratum {
		return &probe.Fault{Reason: probe.ReasonUnsynchronised, Err: fmt.Errorf("stratum %d, wanted at most %d", r.Stratum, p.opts.MaxStratum)}
	}
	if off := r.ClockOffset.Abs(); p.opts.MaxOffset > 0 && off > p.opts.MaxOffset {
		return &probe.Fault{Reason: probe.ReasonOffset, Err: fmt.Errorf("its clock and ours differ by %s, wanted at most %s", off.Round(time.Microsecond), p.opts.MaxOffset)}
	}
	return nil
}
