// Package intake is the front door: it takes people's reports and makes signals
// of them.
//
// [Door.ServeHTTP] answers POST /api/v1/reports: one report as JSON or as an
// HTML form, or many as NDJSON, each line judged by itself. [Door.Accept] is the
// same for reports that are in memory already, such as a replay's. Both answer
// only when the signals are stored, whatever the [Sender] takes that to mean.
//
// # The way of a report
//
//	parse      one pass over the JSON, no reflection; unknown fields are refused by name
//	validate   service, symptom, region …: known, or of the right shape; `at` within its bounds
//	limit      a token bucket per network of strangers
//	bound      a service has at most so many regions, carriers …; what is beyond counts as "other"
//	enrich     region, carrier and autonomous system by the address, where a database is given
//	pseudonym  address, agent and name become keyed hashes, and are forgotten
//	send       with many others, in one message
//
// Signals carry no free text. A comment goes another way, and only of services
// that ask for them: when its report is stored, it is handed to [Remarks], without
// anything that says who wrote it.
//
// # Who is who
//
// A stranger is their address (of IPv6 the /64, as the rest changes by the day)
// and user agent. A caller with a token may say `reporter`, which is any stable
// name for the person, and `at`; their reports carry no network, as the caller's
// own says nothing about the person. Without `reporter`, each counts as a person
// of its own.
//
// # Pseudonyms
//
// HMAC-SHA256 under a salt from the [Salter], cut to 64 bits. People's salts
// live for a day and networks' for 90, so that the abacus can learn which are
// large; agents' stays, as an agent is a make of telephone. To spare everybody a
// change of name in the same minute, a period does not begin at midnight for
// all: it begins for each at an hour of their own, derived from the hashed data.
// Of those who report twice within half an hour one in fifty is split so, at all
// hours alike, with no memory kept and the same on every instance. What the
// salts of past periods made cannot be linked once they are deleted.
package intake
