package page

import (
	"time"

	"github.com/outcry/outcry"
)

// Status is what a page says of a service: one word, one shape, one colour.
type Status uint8

// The statuses. The zero value claims nothing.
const (
	Unknown Status = iota
	Operational
	Maintained // planned work is under way
	Recovering
	Unconfirmed
	Degraded
	Outage
)

var statusText = [...]struct{ key, word, v2 string }{
	Unknown:     {"unknown", "Unknown", "operational"},
	Operational: {"ok", "Working", "operational"},
	Maintained:  {"maintenance", "Maintenance", "under_maintenance"},
	Recovering:  {"recovering", "Recovering", "degraded_performance"},
	Unconfirmed: {"unconfirmed", "Possible problem", "degraded_performance"},
	Degraded:    {"degraded", "Degraded", "partial_outage"},
	Outage:      {"outage", "Outage", "major_outage"},
}

// Key names the status in class names, icons and JSON.
func (s Status) Key() string { return statusText[s].key }

// Word is the status for people.
func (s Status) Word() string { return statusText[s].word }

// MarshalText makes the status its key in JSON.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.Key()), nil }

// worse gives the status that weighs more: not knowing weighs more than all
// being well, and less than any trouble.
func worse(a, b Status) Status {
	if weight(a) >= weight(b) {
		return a
	}
	return b
}

func weight(s Status) int {
	switch s {
	case Operational:
		return 0
	case Unknown:
		return 1
	default:
		return int(s)
	}
}

// gravity is the status that an incident gives to the services it is about,
// at its height.
func gravity(in *outcry.Incident) Status {
	switch {
	case !in.Confirmed:
		return Unconfirmed
	case in.Impact == outcry.ImpactMajor || in.Impact == outcry.ImpactCritical:
		return Outage
	default:
		return Degraded
	}
}

// present is the status that an incident gives now.
func present(in *outcry.Incident) Status {
	switch {
	case !in.Open():
		return Operational
	case in.State == outcry.StateMonitoring:
		return Recovering
	default:
		return gravity(in)
	}
}

// began is when an incident's trouble began, as well as is known.
func began(in *outcry.Incident) time.Time {
	for _, t := range []time.Time{in.Onset.At, in.DetectedAt, in.PublishedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return in.UpdatedAt
}

// closed reports whether it is known when an incident's trouble ended.
func closed(in *outcry.Incident) bool { return !in.Open() && !in.ClosedAt.IsZero() }

// ended is when an incident's trouble ended; now while it is open.
func ended(in *outcry.Incident, now time.Time) time.Time {
	if closed(in) {
		return in.ClosedAt
	}
	return now
}

// ended is the same, as the clock has it.
func (c clock) ended(in *outcry.Incident) time.Time {
	if closed(in) {
		return in.ClosedAt
	}
	return c.now.exact()
}

func stateWord(s outcry.IncidentState) string {
	switch s {
	case outcry.StateInvestigating:
		return "Investigating"
	case outcry.StateIdentified:
		return "Cause identified"
	case outcry.StateMonitoring:
		return "Recovering"
	case outcry.StateResolved:
		return "Resolved"
	case outcry.StateDismissed:
		return "Withdrawn"
	default:
		return "Possible"
	}
}
