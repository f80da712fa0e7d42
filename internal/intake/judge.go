package intake

import (
	"context"
	"net/netip"
	"time"

	"github.com/outcry/outcry"
)

// judge makes a signal of a report, or says why not.
func (d *Door) judge(ctx context.Context, w *workspace, r *Raw, by *Caller, line int) (s outcry.Signal, refused *outcry.Error) {
	now := d.parts.Now()
	service, err := d.checkSaid(r, by, now)
	if err != nil {
		return s, err
	}
	address, agent := who(r, by)
	exempt := by.Exempt || !address.IsValid() || d.exempt(address)
	if !exempt {
		if wait := d.limits.take(address, now); wait > 0 {
			return s, tooMany(wait)
		}
	}
	s = outcry.Signal{Kind: outcry.KindReport, At: r.At, Service: service.id}
	if r.At.IsZero() {
		s.At = now
	}
	s.At = s.At.UTC().Truncate(time.Millisecond)
	if r.Works {
		s.Outcome = outcry.Good
	}
	place := d.locate(address)
	if err := service.bound(&s, r, place, now); err != nil {
		return s, err
	}
	k := pseudonymOf{caller: by.Name, key: by.Key, line: line, reporter: r.Reporter, address: address, agent: agent, asn: place.ASN, exempt: exempt, limit: &d.config.Limit}
	if err := d.names.name(ctx, &s, &k, now); err != nil {
		return s, outcry.Wrap(outcry.CodeUnavailable, err, "reports cannot be taken at the moment")
	}
	return s, nil
}

// checkSaid judges what does not depend on other reports.
func (d *Door) checkSaid(r *Raw, by *Caller, now time.Time) (*service, *outcry.Error) {
	if r.Service == "" {
		return nil, outcry.FieldErrorf("service", "is missing: which service fails?")
	}
	service := d.services[r.Service]
	if !service.known(by) {
		return nil, outcry.FieldErrorf("service", "unknown service %q", clip(r.Service))
	}
	if err := checkComment(r.Comment); err != nil {
		return nil, err
	}
	r.Comment = shortened(r.Comment, d.config.MaxComment)
	if !by.Trusted {
		if !r.At.IsZero() {
			return nil, notWithoutToken("at")
		}
		if r.Reporter != "" {
			return nil, notWithoutToken("reporter")
		}
		return service, nil
	}
	if len(r.Reporter) > maxReporter {
		return nil, outcry.FieldErrorf("reporter", "has %d bytes, at most %d are allowed", len(r.Reporter), maxReporter)
	}
	return service, d.checkTime(r.At, now)
}

// maxReporter bounds the name that a caller has for a person, in bytes.
const maxReporter = 256

func (d *Door) checkTime(at, now time.Time) *outcry.Error {
	switch {
	case at.IsZero():
		return nil
	case at.Sub(now) > d.config.MaxAhead:
		return outcry.FieldErrorf("at", "is %v ahead of our clock", at.Sub(now).Round(time.Second))
	case now.Sub(at) > d.config.MaxAge:
		return outcry.FieldErrorf("at", "is older than %v", d.config.MaxAge)
	}
	return nil
}

func notWithoutToken(field string) *outcry.Error {
	return &outcry.Error{Code: outcry.CodeForbidden, Field: field, Message: "only a caller with a token may say this"}
}

// who is the person behind a report. Of a trusted caller's own address nothing
// is derived: it is that of their server.
func who(r *Raw, by *Caller) (netip.Addr, string) {
	if r.Address.IsValid() {
		return r.Address.Unmap(), r.Agent
	}
	if by.Trusted {
		return netip.Addr{}, r.Agent
	}
	return by.Address.Unmap(), by.Agent
}

func (d *Door) exempt(a netip.Addr) bool { return within(d.config.Exempt, a) }

func (d *Door) locate(a netip.Addr) Place {
	if d.parts.Places == nil || !a.IsValid() {
		return Place{}
	}
	return d.parts.Places.Locate(a)
}
