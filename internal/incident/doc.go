// Package incident is the ledger: it turns the judge's verdicts, people's
// commands and the passing of time into incidents, their timeline and what must
// be told about them.
//
// A [Ledger] is pure: no I/O, no clock, no goroutine. The caller hands it the
// verdicts of all services at one instant ([Ledger.Judge]) or one person's
// command ([Ledger.Do]) and stores each [Change] that comes back. The same
// inputs in the same order give the same changes, byte for byte, if NewID does.
// It is not safe for concurrent use.
//
//	ledger, err := incident.New(incident.Config{Services: services, NewID: newID}, stored)
//	for _, change := range ledger.Judge(tick.End(), verdicts) { … }
//
// # The life of an incident
//
//	possible ─▶ investigating ⇄ identified ─▶ monitoring ─▶ resolved
//	    └────────────┴─────────────┴──────────────┴──▶ dismissed
//
// A verdict that is failing at [outcry.TierOutage] opens an incident, or feeds
// one. Below that tier nothing is kept: the judge's own record has it. A
// suspicious verdict opens a hidden one, with a note for the team, which is
// dismissed when the noise dies down and which nothing but a person, or a better
// verdict, publishes. [Policy] says, service by service, whether the public
// hears at once, after a deadline or only from a person; and while planned work is
// under way on all that fails, it does not hear by itself. A published incident
// stays public: it can be resolved or dismissed with a word, not withdrawn.
//
// # What belongs together
//
// A failing service joins an open incident when both are one carrier's fault;
// when one depends on the other; or when they began together and reach equally
// far. [Windows] holds the distances in time, and belongs.go the rules. Services
// of different publication modes, and private and public ones, never share an
// incident. Faults of which people tell nothing in common must have begun
// together for sure. A member of less than ten minutes that has seemed to be
// another fault's for a minute is split off, and a young incident may turn out
// to be part of an older one. A neighbour that a fault merely raises is noted as
// collateral.
//
// # Who has the last word
//
// People. A title or impact that a person set is not touched again; a state
// that a person set holds until the verdicts change; a fault that a person
// dismissed or resolved does not come back until every service in it was well
// once. An incident that a person opened is closed by people, unless verdicts
// have fed it.
//
// # Restart
//
// [New] takes the incidents that are open, and those that closed within a day:
// all that the ledger needs is in them. What is not (each member's last
// verdict, whether it was split off) comes with the next verdicts; until a
// member was heard again it counts as its incident's state says, neither better
// nor worse.
package incident
