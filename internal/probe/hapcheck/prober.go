package hapcheck

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"

	"github.com/outcry/outcry/internal/hap"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

type prober struct {
	opts    Options
	own     *netguard.Dialer // for the address that the operator wrote
	strict  *netguard.Dialer // for one that was found
	ask     net.Addr         // multicast DNS
	file    string           // of the pairing
	id      hap.ID           // of the characteristic, or:
	short   string           // its type
	values  []json.RawMessage
	refused string // the setup code that was
}

// Target is the host that is connected to, when it is known beforehand.
func (p *prober) Target() string {
	host, _, err := net.SplitHostPort(p.opts.Address)
	if err != nil {
		return ""
	}
	return host
}

// attempt is one run of a prober.
type attempt struct {
	p      *prober
	trail  *probe.Trail
	dialer *netguard.Dialer
	addr   string
}

// Probe switches the accessory, and switches it back.
func (p *prober) Probe(ctx context.Context) probe.Result {
	work, last, stop := probe.Reserve(ctx)
	defer stop()
	a := &attempt{p: p, trail: probe.NewTrail(), dialer: p.own, addr: p.opts.Address}
	said, err := a.run(work, last)
	if err != nil {
		return a.trail.End(probe.Failed(err))
	}
	return a.trail.End(probe.Good(said))
}

func (a *attempt) run(work, last context.Context) (said string, err error) {
	if a.addr == "" {
		if err := a.discover(work); err != nil {
			return "", err
		}
	}
	pairing, err := a.paired(work)
	if err != nil {
		return "", err
	}
	acc, done, err := a.open(work, pairing)
	if err != nil {
		return "", err
	}
	defer done()
	c, err := a.find(work, acc)
	if err != nil {
		return "", err
	}
	before, err := a.read(work, "read", acc, c.ID())
	if err != nil || !a.p.opts.Write {
		return fmt.Sprintf("%s is %s", c.ID(), shown(before)), err
	}
	return a.exercise(work, last, pairing, acc, c, before)
}

// discover finds the accessory's address by its identifier.
func (a *attempt) discover(ctx context.Context) error {
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return fault(probe.ReasonInternal, "open a socket for multicast DNS: %w", err)
	}
	defer conn.Close() //nolint:errcheck // it only asked
	a.dialer = a.p.strict
	return a.trail.Do("discover", func() (string, error) {
		f, err := hap.Discover(ctx, conn, a.p.ask, a.p.opts.ID)
		if err != nil {
			return "", classify(err, ReasonUnpaired)
		}
		a.addr = f.Address.String()
		detail := fmt.Sprintf("%s at %s", f.Name, a.addr)
		if f.Free {
			detail += ", not paired"
		}
		return detail, nil
	})
}

// connect opens a connection; done closes it.
func (a *attempt) connect(ctx context.Context) (acc *hap.Accessory, done func(), err error) {
	conn, err := a.trail.Connect(ctx, a.dialer, "tcp", a.addr)
	if err != nil {
		return nil, nil, err
	}
	return hap.NewAccessory(conn), func() { conn.Close() }, nil
}

// open opens a session.
func (a *attempt) open(ctx context.Context, p hap.Pairing) (acc *hap.Accessory, done func(), err error) {
	acc, done, err = a.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	err = a.trail.Do("verify", func() (string, error) {
		return "", classify(acc.Verify(ctx, p), ReasonUnpaired)
	})
	if err != nil {
		done()
		return nil, nil, err
	}
	return acc, done, nil
}

// find looks the characteristic up: by type, the first that will do.
func (a *attempt) find(ctx context.Context, acc *hap.Accessory) (found hap.Characteristic, err error) {
	err = a.trail.Do("find", func() (string, error) {
		all, err := acc.Characteristics(ctx)
		if err != nil {
			return "", classify(err, ReasonUnpaired)
		}
		for _, c := range all {
			if (c.ID() == a.p.id || (a.p.short != "" && c.Short() == a.p.short)) && a.fits(c) {
				found = c
				return fmt.Sprintf("%s, type %s, %s", c.ID(), probe.Printable(c.Short()), probe.Printable(c.Format)), nil
			}
		}
		return "", fault(ReasonNoSuch, "none of %d characteristics is %s and can be read, written and heard of as wanted", len(all), a.p.opts.Characteristic)
	})
	return found, err
}

// fits tells whether what is wanted can be done with a characteristic.
func (a *attempt) fits(c hap.Characteristic) bool {
	if !slices.Contains(c.Perms, "pr") || !a.p.opts.Write {
		return slices.Contains(c.Perms, "pr")
	}
	can := slices.Contains(c.Perms, "pw") && slices.Contains(c.Perms, "ev")
	return can && (len(a.p.values) == 2 || c.Format == "bool")
}

func (a *attempt) read(ctx context.Context, step string, acc *hap.Accessory, id hap.ID) (value json.RawMessage, err error) {
	err = a.trail.Do(step, func() (string, error) {
		value, err = acc.Read(ctx, id)
		return shown(value), classify(err, ReasonUnpaired)
	})
	return value, err
}

// exercise writes another value, sees it change, hears of it, and puts the
// value back that was there before.
func (a *attempt) exercise(work, last context.Context, pairing hap.Pairing, acc *hap.Accessory, c hap.Characteristic, before json.RawMessage) (said string, err error) {
	watch, done, err := a.open(work, pairing)
	if err != nil {
		return "", err
	}
	defer done()
	err = a.trail.Do("subscribe", func() (string, error) { return "", classify(watch.Subscribe(work, c.ID()), ReasonUnpaired) })
	if err != nil {
		return "", err
	}
	after := a.p.other(before)
	defer func() {
		if back := a.restore(last, pairing, acc, c.ID(), before); err == nil && back != nil {
			err = back
		}
	}()
	err = a.trail.Do("write", func() (string, error) { return shown(after), classify(acc.Write(work, c.ID(), after), ReasonUnpaired) })
	if err != nil {
		return "", err
	}
	now, err := a.read(work, "confirm", acc, c.ID())
	if err != nil {
		return "", err
	}
	if !same(now, after) {
		return "", fault(ReasonUnchanged, "%s was written as %s, and is %s", c.ID(), shown(after), shown(now))
	}
	err = a.trail.Do("event", func() (string, error) { return shown(after), hear(work, watch, c.ID(), after) })
	return fmt.Sprintf("%s was %s, became %s, and was put back", c.ID(), shown(before), shown(after)), err
}

// hear waits for the event with the value.
func hear(ctx context.Context, watch *hap.Accessory, id hap.ID, value json.RawMessage) error {
	for {
		got, err := watch.Event(ctx, id)
		if err != nil && probe.Classify(err) == probe.ReasonTimeout {
			return fault(ReasonNoEvent, "the value changed, and no event came: %w", err)
		}
		if err != nil {
			return classify(err, ReasonUnpaired)
		}
		if same(got, value) {
			return nil
		}
	}
}

// restore puts the old value back, over another session when the first one is
// of no more use.
func (a *attempt) restore(ctx context.Context, pairing hap.Pairing, acc *hap.Accessory, id hap.ID, before json.RawMessage) error {
	if acc.Broken() {
		again, done, err := a.open(ctx, pairing)
		if err != nil {
			return &probe.Fault{Reason: ReasonNotRestored, Err: err}
		}
		defer done()
		acc = again
	}
	return a.trail.Do("restore", func() (string, error) {
		if err := acc.Write(ctx, id, before); err != nil {
			return "", &probe.Fault{Reason: ReasonNotRestored, Err: err}
		}
		return shown(before), nil
	})
}
