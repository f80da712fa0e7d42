package outcry

import "time"

// Tier grades how sure the judge is, by the false alarms that its threshold
// costs: watch one a week, suspected one a month, outage the operator's budget.
type Tier uint8

// The tiers, in rising order.
const (
	TierNone Tier = iota
	TierWatch
	TierSuspected
	TierOutage // what publication policy acts on
)

// Condition is the judge's opinion of a service.
type Condition uint8

// The conditions.
const (
	CondUnknown    Condition = iota // the judge is blind: no coverage, no evidence either way
	CondNormal                      // nothing unusual
	CondFailing                     // over the outage tier, and not known to be back
	CondRecovering                  // was failing; checks are green and reports are dying down
	CondSuspicious                  // over the tier, but its networks, agents or timing give it away
)

var conditionNames = [...]string{"unknown", "normal", "failing", "recovering", "suspicious"}

func (c Condition) String() string { return conditionNames[c] }

// Verdict is the judge's opinion of one service at the end of one tick.
type Verdict struct {
	Service   string
	Tick      Tick
	Condition Condition
	Tier      Tier
	Nats      float64    // belief that it fails: the log-likelihood ratio at its best window
	Evidence  []Evidence // the ledger behind Nats, strongest first; only while Tier > TierNone
	Confirmed bool       // two kinds of evidence agree, or one is extreme and diverse
	Onset     Onset      // only while Tier > TierNone
	Ended     time.Time  // while it recovers: when checks say that it ended; zero where they took no part
	Affected  Affected   // where it reaches
	Size      Size
	// Own is whether the service's own trouble explains it. It is false for a
	// neighbour that a larger fault raises: then Cause names that service.
	Own   bool
	Cause string
	// Carrier is set when one carrier fails under several services: then the
	// fault is the carrier's.
	Carrier string
}

// Evidence is what one stream adds to, or takes from, the belief.
type Evidence struct {
	Stream string  `json:"stream"` // report, probe, post, trend, metric, bulletin, alert
	Nats   float64 `json:"nats"`
	Words  string  `json:"words"` // "41 distinct reporters where 0.6 are usual, from 23 networks"
}

// Onset is when the fault began, with the interval that likelihood allows.
type Onset struct {
	At, From, To time.Time
}

// Affected is where a fault reaches. An empty list is not confined.
type Affected struct {
	Regions   []string `json:"regions"`
	Carriers  []string `json:"carriers"`
	Platforms []string `json:"platforms,omitempty"`
	Versions  []string `json:"versions,omitempty"`
	Segments  []string `json:"segments,omitempty"`
	Symptoms  []string `json:"symptoms"`
}

// Size is how large a fault is and has been.
type Size struct {
	Reporters float64 // distinct reporters since onset
	Expected  float64 // how many would be usual in that time
	Rate      float64 // distinct reporters a minute, lately
	Usual     float64 // how many a minute are usual now
	Peak      float64 // the highest Rate since onset
}
