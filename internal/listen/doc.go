// Package listen reads vendors' own status pages, and tells what they say of
// the services that they are mapped to as signals of kind bulletin.
//
// A [Source] is one page with its [Format], made by the package of that format
// (apple, statuspage, feed, …): where its documents are, and how they are read
// into a [Document]. A [Listener] polls every source at its interval, spread
// out and with jitter, by conditional requests, and backs off from one that
// fails or that asks for it (429, Retry-After).
//
// Only what has changed is said: a fault admitted (Bad), an all-clear (Good),
// or that the page cannot be relied on (Unknown). What stands is repeated every
// half hour, so that whoever was away knows it. A page that turns to nonsense,
// or has been out of reach for a while, is in quarantine: it says Unknown, and
// never that all is well, until it was sound twice in a row. An admission is
// believed at once.
//
// Everything that is read is hostile: dials go through the guard, bodies are
// bounded, a reader that panics has read nonsense.
package listen
