package vantage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// Names are the vantages that have a token, sorted.
func (d *Door) Names() []string { return slices.Sorted(maps.Keys(d.vantages)) }

// Known names the vantage whose token this is; empty: nobody's.
func (d *Door) Known(token string) string { return known(token, d.vantages) }

// Admit lets a vantage ask or tell once more. The error is of CodeForbidden when
// it is revoked, of CodeTooMany when it asks too often, and of CodeUnavailable
// when that cannot be seen.
func (d *Door) Admit(ctx context.Context, name string) error {
	revoked, err := d.cfg.Book.Revoked(ctx)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "it cannot be seen whether the vantage is revoked")
	}
	if slices.Contains(revoked, name) {
		return outcry.Errorf(outcry.CodeForbidden, "the vantage %s is revoked", name)
	}
	limit := d.limits[name]
	if limit == nil {
		return outcry.Errorf(outcry.CodeForbidden, "there is no vantage %s", name)
	}
	if !limit.AllowN(d.cfg.Now(), 1) {
		d.cfg.Metrics.limit(name)
		return outcry.Errorf(outcry.CodeTooMany, "the vantage %s asks more than %d times a second", name, requestsPerSecond)
	}
	d.present.heard(name, d.cfg.Now())
	return nil
}

// Revoked are the names of vantages whose tokens are not accepted.
func (d *Door) Revoked(ctx context.Context) ([]string, error) { return d.cfg.Book.Revoked(ctx) }

// Agenda is what a vantage is to run, an [Agenda] as JSON, and a tag that is the
// same while the agenda is.
func (d *Door) Agenda(name string) (body []byte, tag string, err error) {
	agenda := Agenda{Vantage: name, Checks: []Check{}}
	for i := range d.cfg.Checks {
		a := &d.cfg.Checks[i]
		if !a.runs(name) {
			continue
		}
		c, err := a.Hand()
		if err != nil {
			d.cfg.Log.Error("vantage: a check cannot be handed to it", "vantage", name, "check", a.Name, "error", err)
			continue
		}
		agenda.Checks = append(agenda.Checks, c)
	}
	if body, err = json.Marshal(agenda); err != nil {
		return nil, "", outcry.Wrap(outcry.CodeInternal, err, "write the checks of the vantage %s", name)
	}
	sum := sha256.Sum256(body)
	return body, hex.EncodeToString(sum[:16]), nil
}

// Deliver takes a delivery of a vantage, a [Delivery] as JSON.
func (d *Door) Deliver(ctx context.Context, name string, body []byte) (out Receipt, err error) {
	var in Delivery
	if err := json.Unmarshal(body, &in); err != nil {
		return out, outcry.Wrap(outcry.CodeInvalid, err, "the body is no delivery of results")
	}
	return d.Take(ctx, name, &in)
}

// Take counts what is new in a delivery of a vantage.
func (d *Door) Take(ctx context.Context, name string, in *Delivery) (out Receipt, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	lock := d.locks[name]
	if lock == nil {
		return out, outcry.Errorf(outcry.CodeForbidden, "there is no vantage %s", name)
	}
	lock.Lock()
	defer lock.Unlock()
	p, err := d.cfg.Book.Place(ctx, name)
	if err != nil {
		return out, outcry.Wrap(outcry.CodeUnavailable, err, "it cannot be seen how far the vantage was heard")
	}
	if p.Spool != in.Spool {
		p.Spool, p.Through = in.Spool, 0
	}
	signals := d.signals(name, in, p.Through, &out)
	if len(signals) > 0 {
		if err := d.cfg.Sender.Send(ctx, signals); err != nil {
			return out, outcry.Wrap(outcry.CodeUnavailable, err, "results cannot be stored at the moment")
		}
	}
	if n := len(in.Results); n > 0 {
		p.Through = max(p.Through, in.Results[n-1].Number)
	}
	p.Heard, p.Waiting, p.Region, p.Carrier = d.cfg.Now().UTC(), max(in.Waiting-len(in.Results), 0), in.Region, in.Carrier
	p.Ahead = time.UnixMilli(in.Sent).Sub(p.Heard).Round(100 * time.Millisecond).Seconds()
	if err := d.cfg.Book.keep(ctx, name, p); err != nil {
		return out, outcry.Wrap(outcry.CodeUnavailable, err, "it cannot be kept how far the vantage was heard")
	}
	out.Through = p.Through
	d.cfg.Metrics.took(name, signals, out)
	if out.Refused > 0 {
		d.cfg.Log.Warn("vantage: results were refused: of a check that it does not run, or of an impossible time", "vantage", name, "refused", out.Refused)
	}
	return out, nil
}

// signals makes what is new of a delivery into signals, with everything that
// the vantage has no say in.
func (d *Door) signals(name string, in *Delivery, through uint64, out *Receipt) []outcry.Signal {
	var signals []outcry.Signal
	now := d.cfg.Now()
	for i := range in.Results {
		r := &in.Results[i]
		at := time.UnixMilli(r.At).UTC()
		a := d.assignment(r.Check)
		switch {
		case r.Number <= through:
			out.Known++
		case a == nil || !a.runs(name) || r.Outcome > outcry.Unknown || !isWord(r.Reason, maxReason) || r.Latency < 0,
			now.Sub(at) > maxAge || at.Sub(now) > maxAhead:
			out.Refused++
		default:
			out.Counted++
			signals = append(signals, a.signal(name, r, in))
		}
	}
	return signals
}

func (d *Door) assignment(check string) *Assignment {
	i := slices.IndexFunc(d.cfg.Checks, func(a Assignment) bool { return a.Name == check })
	if i < 0 {
		return nil
	}
	return &d.cfg.Checks[i]
}

func (a *Assignment) signal(vantage string, r *Result, in *Delivery) outcry.Signal {
	s := outcry.Signal{
		Kind: outcry.KindProbe, Outcome: r.Outcome, At: time.UnixMilli(r.At).UTC(), Service: a.Service,
		Scope:   outcry.Scope{Region: cmp.Or(a.Scope.Region, in.Region), Carrier: cmp.Or(a.Scope.Carrier, in.Carrier)},
		Vantage: outcry.Route(vantage, a.Scope), Reason: r.Reason, Latency: time.Duration(r.Latency) * time.Millisecond,
		ID: signalID(vantage, r.Check, r.At),
	}
	if r.Outcome == outcry.Bad {
		s.Symptom = a.Symptom
	}
	return s
}
