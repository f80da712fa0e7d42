// Package notify is the messenger: it sends the notices that wait in the store,
// each to one subscriber over one channel, until the receiver says that it has
// it or a day has passed.
//
// A notice is stored in the transaction that made it true, so nothing that was
// published goes untold. [Dispatcher.Run] claims notices under a lease, sends
// them through the [Channel] of their name and stores what became of each:
//
//   - delivered: the receiver has said so;
//   - again later: backoff doubles from seconds to an hour, with jitter, and
//     waits at least as long as the receiver asks for (see [Failure]);
//   - failed: the receiver refuses for good, or the time to give up has come.
//
// Delivery is at least once. A worker that dies after sending and before it
// stored so leaves a notice that is sent again when the lease is over, under
// the same ID, by which receivers drop repeats. Channels are independent: one
// that stalls holds up nobody else. Of one incident, a channel hears in order
// (where it has many subscribers, each of them does): while an earlier notice
// waits for its next attempt, later ones wait with it.
// Several instances share the work through the store's leases; each keeps that
// order among what it has claimed itself, so after a restart, or between
// instances, a receiver that was failing may hear a later word first. The
// incident's version in each notice tells.
//
// Integrations are packages below this one, such as notify/webhook.
package notify
