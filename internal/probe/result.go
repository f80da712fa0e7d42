package probe

import (
	"time"

	"github.com/outcry/outcry"
)

// Result is what one attempt of a check, or one run of several, found.
type Result struct {
	Outcome outcry.Outcome
	Reason  Reason // empty when Good
	Detail  string // one line for people: what was seen and what was wanted; no secrets
	Steps   []Step // in the order in which they began
	Latency time.Duration
}

// Step is one phase of an attempt: a look-up, a connect, a handshake.
type Step struct {
	Name     string
	Start    time.Duration // since the attempt began
	Duration time.Duration
	Detail   string
	Err      string // empty when it went well
}

// Good is the result of an attempt that found all as it should be.
func Good(detail string) Result { return Result{Outcome: outcry.Good, Detail: detail} }

// Bad is the result of an attempt that found a fault.
func Bad(reason Reason, detail string) Result {
	return Result{Outcome: outcry.Bad, Reason: reason, Detail: detail}
}

// Unknown is the result of an attempt that cannot tell.
func Unknown(reason Reason, detail string) Result {
	return Result{Outcome: outcry.Unknown, Reason: reason, Detail: detail}
}

// Failed is the result of an attempt that ended in an error of the network,
// of TLS or of the context.
func Failed(err error) Result {
	reason := Classify(err)
	if reason.cannotTell() {
		return Unknown(reason, err.Error())
	}
	return Bad(reason, err.Error())
}

// Quorum is the outcome of one service seen from several vantages when a fault
// is one that at least m of them see. As long as the vantages that cannot tell
// could make up that number, it is unknown.
func Quorum(results []Result, m int) outcry.Outcome {
	var bad, unknown int
	for i := range results {
		switch results[i].Outcome {
		case outcry.Bad:
			bad++
		case outcry.Unknown:
			unknown++
		case outcry.Good:
		}
	}
	m = max(m, 1)
	switch {
	case bad >= m:
		return outcry.Bad
	case len(results) == 0 || bad+unknown >= m:
		return outcry.Unknown
	default:
		return outcry.Good
	}
}
