// Package outcry is the vocabulary of the product: the words that every other
// package speaks, and nothing else. It imports only the standard library.
//
// Evidence arrives as a [Signal]: a person's report, a probe's run, a public
// post, a vendor's bulletin, an alert. Signals of one service and kind are
// counted per [Tick] into a [Tally], whose [Cell]s break the count down by
// [Scope] and symptom. From tallies the judge forms a [Verdict] about each
// service, with the [Evidence] for it in nats. A run of verdicts about one
// fault is an [Incident]; what is sent to a subscriber about it is a [Notice].
//
// Data flows one way: signals → tallies → verdicts → incidents → pages and
// notices. docs/architecture.md draws the flow and names the package of every
// stage.
package outcry
