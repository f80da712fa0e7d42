// Package count is the abacus: it turns the stream of signals into tallies per
// service, kind and ten-second tick. It is pure: no clock, no I/O, no
// goroutine. The caller feeds it one partition's signals in stream order and
// collects what they changed:
//
//	a := count.New(count.Config{})
//	a.Add(signal, storedAt) // every signal of some messages
//	deltas := a.Flush()     // commit these with the position, in one transaction
//
// # What is counted
//
// Total, Bad and Unknown count signals. Distinct counts people who complain, in
// the tick. Fresh is what the judge sees, and where abuse is met:
//
//   - a person counts when they have not reported the service for the repeat
//     window (30 minutes); one who keeps on reporting counts once;
//   - of one network (a /24 or /48) at most three count in ten minutes, and of
//     a wide one (a /16, /32 or autonomous system) nine, or else twice its usual
//     share of what the others bring. So three prefixes that send thousands add
//     a handful, while a carrier that puts a third of its customers behind one
//     address keeps its voice in an outage. The usual share is the mean of the
//     shares in ten-minute windows over two weeks: an hour of shouting moves it
//     by a third of a percent;
//   - a signal that took longer than the lateness allowance amends the other
//     counts and is not Fresh: the judge has moved on.
//
// Networks counts the networks of those who are Fresh, each once in ten minutes
// of the clock by the signals' own time: in the tick that it was heard in first.
// So the sum over ticks of one such window is how many different networks there
// were, and three networks stay three however often they send. Hourly counts them
// likewise, each once in an hour of the clock, up to 4096.
//
// The caps' windows are those of the time of storing, ten minutes of the clock each,
// and a network's allowance in a tick follows from the ticks before. So neither
// the order of a tick's signals nor where Flush cuts them changes a tally's
// sums. Of the cells one thing depends on the order: a person who names two
// symptoms in one tick, or a network over its cap, is Fresh in the cell that
// came first; the cells' Fresh always add up to the tally's.
//
// Probes have no reporters: they count in Total, Bad and Unknown by vantage.
// Bulletins and alerts count in Total and Bad. Coverage is not counted here.
//
// # Restart
//
// What the abacus remembers follows from the messages of the last
// [Abacus.Rebuild], and from what it has learned of usual shares, which
// [Abacus.Snapshot] carries over. After a crash:
//
//	a := count.New(cfg)
//	from, err := a.Restore(snapshot)   // or none: from = position's time − a.Rebuild()
//	… a.Add everything stored between from and the position …
//	a.Discard()                        // it is counted already
//	… go on as if nothing had happened: the numbers are the same, to the last one
//
// # Memory
//
//   - Per service: 2 KB when idle, and at most 35 KB for what is usual (512
//     networks, 512 wide ones and 128 agents of 16 bytes, with spare room).
//   - Per reporter of the last 30 minutes, and per signal's ID: at most 45
//     bytes; at most [Config.MaxReporters] of them per service and kind, beyond
//     which a person may be Fresh twice, or a repeated signal count twice.
//   - Per network of the running ten minutes: at most 80 bytes.
//   - Per open tick (the last 70 seconds) and cell: 300 bytes and 21 per
//     person, 2.8 KB at most: beyond [Config.Exact] it is a HyperLogLog of
//     2,048 registers, with a standard error of 2.3%.
//
// TestMemory measures these. Cells are bounded by [Config.MaxCells] a tally;
// the caller bounds the services.
package count
