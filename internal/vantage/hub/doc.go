// Package hub is the core's side of NATS for remote vantages: a server inside
// this process, which has nothing to do with the stream of signals, stores
// nothing, and knows nobody but vantages.
//
// A vantage comes by one of two doors. The core's public listener takes a
// WebSocket, authenticates it as any request of a vantage, and hands its bytes
// to the server ([Hub.Join]): no port, no certificate of its own, and whatever
// proxy ends TLS for the pages does so for vantages. Or [Config.Listen] opens a
// listener of NATS with TLS.
//
// Whoever connects shows the token of a vantage, in either case, and becomes a
// user of that vantage's account, which may ask on two subjects, hear one, and
// hear the answers to its own questions. The account sees nothing else of the
// server: its two questions are services, and the news a stream, that the core's
// account lends to it alone. What is asked is answered by [vantage.Door], as it
// answers HTTP.
//
// Bounds: a message is at most [vantage.MaxBody], a vantage has a few
// connections, of which the oldest makes room, each with a few subscriptions; who
// does not read is cut off by the server, and who asks on and on, although it was
// told that it asks too much, by the hub.
package hub
