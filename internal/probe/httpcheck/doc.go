// Package httpcheck probes HTTP and HTTPS endpoints.
//
// A check is up when the answer's status is accepted (200-299, unless told
// otherwise), and its headers, body, JSON values and certificate are as
// wanted. Its steps are those of the exchange, again for each redirect:
//
//	dns, connect, tls      or "reuse" when the connection of the last run is used
//	write                  from having a connection to having sent the request
//	first byte             until the answer begins
//	body                   until it ends, or 1 MiB of it is read
//
// Connections are kept between runs, which costs target and vantage least.
// So that a kept connection that died in the middle cannot pass for an outage,
// the attempt after a failed one always makes a new connection. Checks share
// the connections of their [Pool]; HTTP/2 is spoken where the server offers it.
// Where a check is plain (http, GET or HEAD, no body, no proxy), requests are
// written and answers read without a transport of net/http, whose goroutines
// and buffers for each kept connection were most of a prober's memory.
//
// Of a body at most 1 MiB is read. Where more is sent, a text to be found may
// be in the part that was read; all other assertions about the body fail, as
// "too-large". Bodies are asked for, and taken, uncompressed.
//
// A sequence is several of them, one after the other, with a cookie jar for the
// run and values that are taken from one answer to be used in later requests.
// Each step has a line of its own, with its exchange indented below; the first
// step that fails ends the run. Values are escaped for where they stand, never
// make up a URL's host, and are not shown.
//
// Redirects are steered by whoever runs the target: hosts other than the
// check's own are dialled under the strict outbound guard, and are not sent
// the secret headers. Proxies are never taken from the environment.
package httpcheck
