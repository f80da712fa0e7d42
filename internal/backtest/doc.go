// Package backtest takes recorded counts through the judge: when it would have
// alerted, what it had learned, and how that compares with what is known to
// have happened.
//
// The judge lives in ticks of ten seconds. Recorded counts have bins of their
// own, up to a day, and a bin says how many there were and not when. So the
// events of a bin are put at random, independent instants of it, in proportion
// to what the judge expects there: given the number of events of a Poisson
// process, that is how they lie. What the judge sees then has the distribution
// of what it would have seen live, as long as the service was well. The other
// ways were worse: a bin for a tick makes hours of weeks, and the day's rhythm
// is lost; shares of the bin in every tick are more even than chance allows,
// and the judge learns from them that there is no chance. The draw follows from
// the seed, and an alert counts from the end of its bin, when the number is
// known.
//
// [ReadCSV] and [ReadLabels] read files, [Run] judges, [Result] is the document
// of `outcry backtest --json`, and [Draw] the picture.
package backtest
