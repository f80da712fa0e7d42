package replay

import (
	"time"

	"github.com/outcry/outcry"
)

// Record is one line of a draw: what somebody, or some machine, sent at an
// instant, as it was before the intake: with an address instead of a pseudonym.
// Which fields are set follows from the kind.
type Record struct {
	At   time.Time // UTC, whole milliseconds
	Kind outcry.Kind

	Service string // of every kind but coverage
	Region  string // of a report, and of the probe's vantage

	// of a report
	Symptom  string
	Carrier  string
	Address  string // IPv4, dotted
	Agent    string // the user agent's words
	Reporter string

	// of a probe
	Vantage string
	OK      bool
	Reason  string // why it failed
	MS      int    // how long it took

	// of a post
	Text   string
	Author string
	Source string // the network that it was posted on

	// of a metric's reading
	Metric string // its name
	Count  int    // errors since the reading before

	Status string // of a bulletin: StatusIssue or StatusResolved
	Up     bool   // of coverage: the intake's own absence (false) and return (true)
}

// What a vendor's bulletin says.
const (
	StatusIssue    = "issue"
	StatusResolved = "resolved"
)
