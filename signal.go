package outcry

import (
	"fmt"
	"time"
)

// Kind is the sort of evidence that a signal is.
type Kind uint8

// The kinds of signal. Their numbers are stored; they never change.
const (
	KindReport Kind = iota + 1
	KindProbe
	KindPost
	KindBulletin
	KindAlert
	KindCoverage // the collector's own absence (Bad) and return (Good); no service
	KindMetric   // a reading of a metric: Count errors since the reading before; Unknown begins anew
	KindTrend    // complaints of the service begin, or go on, to trend (Bad), or do no more (Good): Symptom is its place, Count how many times the usual
)

var kindNames = [...]string{KindReport: "report", KindProbe: "probe", KindPost: "post", KindBulletin: "bulletin", KindAlert: "alert", KindCoverage: "coverage", KindMetric: "metric", KindTrend: "trend"}

// String is the kind's name in JSON and configuration.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// ParseKind is the inverse of [Kind.String].
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames {
		if n == name && n != "" {
			return Kind(k), nil
		}
	}
	return 0, Errorf(CodeInvalid, "unknown kind of signal %q", name)
}

// Outcome is what a signal says about its service.
type Outcome uint8

// The outcomes. Their numbers are stored; they never change.
const (
	Bad     Outcome = iota // it fails: a complaint, a failed check, an admission
	Good                   // it works: "works for me", a passed check, an all-clear
	Unknown                // cannot tell: the vantage itself is cut off
)

// MaxCount bounds [Signal.Count]: some hundreds of readings sum up within 32 bits.
const MaxCount = 10_000_000

// Signal is one piece of evidence at an instant.
//
// Whoever sent it is present only as keyed hashes: no address, name or agent
// string ever leaves the intake.
type Signal struct {
	Kind     Kind
	Outcome  Outcome
	At       time.Time // event time, millisecond resolution, UTC
	Service  string
	Symptom  string // of a bulletin: its status, in the source's own word
	Scope    Scope
	Vantage  string        // of a probe; of a bulletin or alert: the name of its source
	Reason   string        // of a probe's failure, or a bulletin's status
	Latency  time.Duration // of a probe, millisecond resolution
	Reporter uint64        // pseudonym of the person; 0: not known, counts as a person of its own
	Network  uint64        // pseudonym of the /24 or /48; 0: exempt from the caps on networks
	Wide     uint64        // pseudonym of the /16 or /32, or of the autonomous system
	Agent    uint32        // pseudonym of the user agent
	Count    uint32        // of a metric: errors since the reading before; of a trend: times the usual; at most [MaxCount]
	ID       uint64        // idempotency: two signals of one ID count once; 0: none given
}
