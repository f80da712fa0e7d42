package hapcheck

import (
	"context"
	"errors"
	"fmt"

	"github.com/outcry/outcry/internal/hap"
	"github.com/outcry/outcry/internal/probe"
)

// paired gives the pairing that is kept, or pairs when there is none and a
// setup code is. An unfinished one is taken back first.
func (a *attempt) paired(ctx context.Context) (hap.Pairing, error) {
	k, err := keep(ctx, a.p.file)
	if err != nil {
		return hap.Pairing{}, err
	}
	defer k.release()
	p, found, err := k.load()
	if err != nil || (found && p.Complete()) {
		return p, err
	}
	if found {
		if err := a.undo(ctx, k, p); err != nil {
			return p, err
		}
	}
	code, err := a.p.code()
	if err != nil {
		return p, err
	}
	return a.pair(ctx, k, code)
}

// code is the setup code, unless the accessory has refused it before.
func (p *prober) code() (string, error) {
	text, err := probe.ReadSecret("setup_code", p.opts.SetupCode)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", fault(ReasonUnpaired, "there is no pairing yet, and no setup_code to pair with")
	}
	code, ok := hap.SetupCode(text)
	if !ok {
		return "", fault(ReasonPairingRefused, "the setup code has not the form 123-45-678")
	}
	if code == p.refused {
		return "", fault(ReasonPairingRefused, "the accessory has refused this setup code before: it is not tried again until it changes or the server starts anew")
	}
	return code, nil
}

// pair makes the accessory know us, and keeps the pairing.
func (a *attempt) pair(ctx context.Context, k *keeper, code string) (hap.Pairing, error) {
	p, err := hap.NewPairing()
	if err != nil {
		return p, err
	}
	acc, done, err := a.connect(ctx)
	if err != nil {
		return p, err
	}
	defer done()
	if err := k.save(p); err != nil { // before the accessory can know it
		return p, err
	}
	err = a.trail.Do("pair", func() (string, error) {
		full, err := acc.Pair(ctx, code, p)
		if err == nil {
			p = full
		}
		return "with " + probe.Printable(p.AccessoryID), classify(err, ReasonPairingRefused)
	})
	if err == nil {
		return p, k.save(p)
	}
	if r, ok := errors.AsType[*hap.Refusal](err); ok && r.Code == hap.CodeAuthentication {
		a.p.refused = code
	}
	if !acc.MayKnow() {
		return p, errors.Join(err, k.forget())
	}
	return p, err // the next attempt takes it back
}

// undo takes back a pairing that was cut off: the accessory may know it.
func (a *attempt) undo(ctx context.Context, k *keeper, p hap.Pairing) error {
	acc, done, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	return a.trail.Do("undo", func() (string, error) {
		err := acc.Verify(ctx, p)
		if _, unknown := errors.AsType[*hap.Refusal](err); unknown {
			return "the accessory does not know the unfinished pairing", k.forget()
		}
		if err == nil {
			err = acc.Unpair(ctx, p)
		}
		if err != nil {
			return "", classify(fmt.Errorf("take the unfinished pairing back: %w", err), ReasonUnpaired)
		}
		return "the unfinished pairing is taken back", k.forget()
	})
}
