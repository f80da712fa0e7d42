// Package probe runs checks of services on schedule, from one vantage, and
// tells what they found as signals.
//
// A [Check] has a [Prober], made by the package of its protocol (httpcheck,
// tcpcheck, tlscheck, dnscheck, icmpcheck, grpccheck, wscheck) through its
// [Type]. One attempt gives a [Result]: an outcome, one [Reason] of a stable
// list, and the steps with their times, which [Result.Format] shows.
//
// The [Scheduler] spreads the checks of each interval evenly from the first
// one, and calls a run failed when the attempt and all its retries have. Each
// run is one signal, Good, Bad or Unknown. Unknown means that the run says
// nothing about the service: the guard refused the address, this machine
// cannot do it, or the vantage itself is cut off, which the [Vantage] tells
// from its references or from its other targets.
//
// The [Outbox] sends signals in small batches, and keeps them, bounded, while
// nobody takes them. Their ids make a second delivery harmless.
//
// A service seen from several vantages fails when [Quorum] says so.
package probe
