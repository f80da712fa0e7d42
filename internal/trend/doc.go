// Package trend tells what people suddenly talk about: the terms of all posts
// that the streams bring, in bounded memory, and which of them are trending.
// It is pure: no clock, no I/O.
//
//	t := trend.New(trend.Config{Known: []string{"imessage", …}})
//	t.Add("imessage", at)        // a watched service: counted exactly
//	t.Add("#imessagedown", at)   // anything else: a heavy hitter, or forgotten
//	top := t.Top(at, 10)
//
// [Complaints] tells when complaints of a watched service trend, beside all other
// talk of it: that is evidence, where a trend of mentions is a fact and no more.
//
// # How it ranks
//
// Each term has two exponentially decayed counts (forward decay: Cormode,
// Shkapenyuk, Srivastava, Xu, ICDE 2009): a fast one, with a half-life of five
// minutes, and a slow one, of twelve hours, which is what is usual. Terms are
// ranked by a lower confidence bound on the excess of the fast rate over the
// slow: what rises for certain comes before what merely may. The variance of a
// rate estimated by a count that decays at δ a second is rate × δ/2.
//
// Terms that nobody watches share Config.Counters places by Space-Saving
// (Metwally, Agrawal, El Abbadi, ICDT 2005): whoever arrives takes the place of
// the smallest and inherits its count as a possible error, which is at most N/m
// of a decayed total N, and is taken off before ranking. A term costs about 150
// bytes and its text.
package trend
