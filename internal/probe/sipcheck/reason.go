package sipcheck

import (
	"fmt"

	"github.com/emiago/sipgo/sip"

	"github.com/outcry/outcry/internal/probe"
)

// Reasons of a failed call, beside those of package probe.
const (
	ReasonBusy        probe.Reason = "busy"           // 486, 600
	ReasonDeclined    probe.Reason = "declined"       // 403, 603
	ReasonNoAnswer    probe.Reason = "no-answer"      // it rang until the end of the time, or 408, 480, 487
	ReasonStalled     probe.Reason = "stalled"        // taken on (100 Trying), and nothing more
	ReasonNotFound    probe.Reason = "not-found"      // 404, 410, 484, 485, 604
	ReasonNoCodec     probe.Reason = "no-codec"       // 415, 488, 606, or an answer without G.711
	ReasonServerError probe.Reason = "server-error"   // any other 5xx or 6xx
	ReasonNoMedia     probe.Reason = "no-media"       // answered, and not one packet came
	ReasonOneWay      probe.Reason = "one-way-audio"  // we hear them, and they do not hear us
	ReasonPoorQuality probe.Reason = "poor-quality"   // jitter, round trip or MOS beyond what is wanted
	ReasonHungUp      probe.Reason = "hung-up"        // they ended the call before we did
	ReasonHangUp      probe.Reason = "hang-up-failed" // our BYE was not answered
)

// Reasons lists the words of this package, in the order of the documentation.
func Reasons() []probe.Reason {
	return []probe.Reason{
		ReasonBusy, ReasonDeclined, ReasonNoAnswer, ReasonStalled, ReasonNotFound, ReasonNoCodec,
		ReasonServerError, ReasonNoMedia, ReasonOneWay, ReasonPoorQuality, ReasonHungUp, ReasonHangUp,
	}
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// refusal gives an answer that is not 2xx its reason.
func refusal(res *sip.Response) error {
	return fault(statusReason(res.StatusCode), "the answer is %d %s", res.StatusCode, probe.Printable(res.Reason))
}

func statusReason(code int) probe.Reason {
	switch code {
	case 401, 407:
		return probe.ReasonSignIn
	case 486, 600:
		return ReasonBusy
	case 403, 603:
		return ReasonDeclined
	case 408, 480, 487:
		return ReasonNoAnswer
	case 404, 410, 484, 485, 604:
		return ReasonNotFound
	case 415, 488, 606:
		return ReasonNoCodec
	}
	if code >= 500 {
		return ReasonServerError
	}
	return probe.ReasonStatus
}

// signInRefusal is [refusal] of a REGISTER: there, 403 and 404 are about the
// account.
func signInRefusal(res *sip.Response) error {
	switch res.StatusCode {
	case sip.StatusUnauthorized, sip.StatusForbidden, sip.StatusNotFound, sip.StatusProxyAuthRequired:
		return fault(probe.ReasonSignIn, "the registrar's answer is %d %s", res.StatusCode, probe.Printable(res.Reason))
	}
	return refusal(res)
}
