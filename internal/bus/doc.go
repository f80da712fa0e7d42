// Package bus carries signals from whoever hears them to whoever counts them,
// over a JetStream stream: one that runs inside this process and stores in a
// folder, or one of an external NATS cluster. It is one code path; [Config]
// says which.
//
// [Open] gives a [Bus]. [Bus.Publish] returns when a message is on disk
// (embedded: fsynced; cluster: on a quorum of replicas), and a repeat under the
// same id is stored once. [Bus.Consume] reads one partition in order, without
// loss or repeat over reconnects, from wherever the consumer's own store says
// that it stands. [Bus.Own] makes one instance at a time the owner of a
// partition. [Bus.Trim] drops what has been counted.
//
// [Gatherer] is what makes an fsync per report affordable: many callers' signals
// become one message. It never waits for company: an idle partition publishes a
// lone signal at once, a busy one publishes whatever has gathered while the
// messages before were being written.
//
// # When it cannot store
//
// A full disk, a stream at its limit and a cluster without quorum are all
// outcry.CodeUnavailable, and pass by themselves: the embedded server is kept
// from filling the disk to the last byte, and is reopened when a write has
// failed for lack of space and there is space again. Any other failed write or
// fsync is final until somebody looks at the disk and restarts: what the kernel
// has dropped once it may pretend to have written next time.
package bus
