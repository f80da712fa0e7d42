package hapcheck

import (
	"errors"
	"fmt"

	"github.com/outcry/outcry/internal/hap"
	"github.com/outcry/outcry/internal/probe"
)

// Reasons of a home that does not obey, beside those of package probe.
const (
	ReasonNotDiscovered  probe.Reason = "not-discovered"    // nobody answers to the identifier by multicast DNS
	ReasonUnpaired       probe.Reason = "unpaired"          // there is no pairing, or the accessory does not know it
	ReasonPairingRefused probe.Reason = "pairing-refused"   // wrong setup code, too many tries, paired with another
	ReasonImpostor       probe.Reason = "wrong-accessory"   // it cannot prove to be the one that was paired
	ReasonNoResponse     probe.Reason = "no-response"       // "No Response": it answers for something that it cannot reach
	ReasonNoSuch         probe.Reason = "no-characteristic" // nothing there that can be read, written and heard of
	ReasonUnchanged      probe.Reason = "unchanged"         // the write was taken, and the value is the old one
	ReasonNoEvent        probe.Reason = "event-missing"     // it changed, and nobody was told
	ReasonNotRestored    probe.Reason = "not-restored"      // the old value could not be put back
)

// Reasons lists the words of this package, in the order of the documentation.
func Reasons() []probe.Reason {
	return []probe.Reason{
		ReasonNotDiscovered, ReasonUnpaired, ReasonPairingRefused, ReasonImpostor, ReasonNoResponse, ReasonNoSuch,
		ReasonUnchanged, ReasonNoEvent, ReasonNotRestored,
	}
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}

const connectionAuthorizationRequired = 470 // an HTTP status of HAP's own: table 4-2

// classify gives an error of package hap its reason. Refused is that of a
// refusal, which means another thing in pairing than later.
func classify(err error, refused probe.Reason) error {
	var reason probe.Reason
	if _, ok := errors.AsType[*probe.Fault](err); ok || err == nil {
		return err
	}
	if _, ok := errors.AsType[*hap.Breach](err); ok {
		reason = probe.ReasonProtocol
	}
	if _, ok := errors.AsType[*hap.TooLarge](err); ok {
		reason = probe.ReasonTooLarge
	}
	if _, ok := errors.AsType[*hap.Refusal](err); ok {
		reason = refused
	}
	if _, ok := errors.AsType[*hap.Impostor](err); ok {
		reason = ReasonImpostor
	}
	if h, ok := errors.AsType[*hap.HTTPError](err); ok {
		reason = probe.ReasonStatus
		if h.Code == connectionAuthorizationRequired {
			reason = ReasonUnpaired
		}
	}
	if s, ok := errors.AsType[*hap.Status](err); ok {
		reason = probe.ReasonStatus
		if s.Code == hap.StatusUnreachable || s.Code == hap.StatusTimedOut {
			reason = ReasonNoResponse
		}
	}
	if errors.Is(err, hap.ErrNotFound) {
		reason = ReasonNotDiscovered
	}
	if reason == "" {
		return err
	}
	return &probe.Fault{Reason: reason, Err: err}
}
