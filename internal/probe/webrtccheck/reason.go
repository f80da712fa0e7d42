package webrtccheck

import (
	"fmt"

	"github.com/pion/stun/v4"

	"github.com/outcry/outcry/internal/probe"
)

// Reasons of a relay that does not carry calls, beside those of package probe.
const (
	ReasonQuota        probe.Reason = "quota"         // 486: the account has no allocation left
	ReasonForbidden    probe.Reason = "forbidden"     // 403
	ReasonNoCapacity   probe.Reason = "no-capacity"   // 508: no relay port, or no room for another allocation
	ReasonNoRelay      probe.Reason = "no-relay"      // the peers were given no relayed address
	ReasonNoConnection probe.Reason = "no-connection" // the peers do not find to each other through the relay
	ReasonNoMedia      probe.Reason = "no-media"      // connected, and not one packet came
	ReasonPoorQuality  probe.Reason = "poor-quality"  // jitter, round trip or MOS beyond what is wanted
)

// Reasons lists the words of this package, in the order of the documentation.
func Reasons() []probe.Reason {
	return []probe.Reason{
		ReasonQuota, ReasonForbidden, ReasonNoCapacity, ReasonNoRelay, ReasonNoConnection, ReasonNoMedia, ReasonPoorQuality,
	}
}

func fault(reason probe.Reason, format string, args ...any) error {
	return &probe.Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// refusal gives an error response its reason.
func refusal(doing string, res *stun.Message) error {
	var code stun.ErrorCodeAttribute
	if err := code.GetFrom(res); err != nil {
		return fault(probe.ReasonProtocol, "%s: an error response without a code", doing)
	}
	reason := probe.ReasonStatus
	switch code.Code {
	case stun.CodeUnauthorized, stun.CodeWrongCredentials:
		reason = probe.ReasonSignIn
	case stun.CodeForbidden:
		reason = ReasonForbidden
	case stun.CodeAllocQuotaReached:
		reason = ReasonQuota
	case stun.CodeInsufficientCapacity:
		reason = ReasonNoCapacity
	}
	return &probe.Fault{Reason: reason, Err: &refused{doing: doing, code: code.Code, words: string(code.Reason)}}
}

// refused is an error response.
type refused struct {
	doing string
	code  stun.ErrorCode
	words string // the server's own
}

func (r *refused) Error() string {
	return fmt.Sprintf("%s was answered with %d %s", r.doing, r.code, probe.Printable(r.words))
}
