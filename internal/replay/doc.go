// Package replay turns scenario files into signals, and compares what the
// product made of them with what really happened.
//
// A scenario ([Scenario]) describes quiet weeks, outages, noise and the
// vendor's own words. [Load] reads one and lists all its mistakes at once, each
// with line and column. [Draw] makes a stream of [Record]s of it, in order of
// time and seeded: the same scenario and seed give the same records. Its
// distribution is that of the reference draw, draw.py; a test compares them.
// [ReadSignals] reads the records that the reference draw wrote.
//
// Neither knows what becomes of the records: the caller feeds them to the
// intake on a virtual clock, and gives the incidents that came of it to
// [Score], which fills in the [Result] that `outcry replay --json` prints.
package replay
