// Package web is the HTTP server: the public pages, the API and the live
// stream. The admin handler for probes of readiness and metrics is apart, for
// a listener of its own.
//
// What the public reads is never made on request. The rest of the product
// hands a [page.World] to [Server.Publish] whenever something has changed;
// documents whose view is new are rendered and compressed then, once, and
// swapped in as one map. A request for a page is a look-up in that map and one
// write: no store, no lock, no template. So the last page is still there when
// everything behind it is down, and [Server.Run] makes it say how old it is.
//
// Everything else (the tallies, the operators' commands) goes through handlers
// that return an error; [Server.Fail] is the one place where errors become
// statuses, as JSON for programs and as a page for people.
//
// What a stranger may not see is gone before this package stores anything: it
// keeps only [page.World.Public].
package web
