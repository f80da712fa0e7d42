// Package xmppcheck probes XMPP servers as people use them: a message that
// arrives ([NewMessage]), and a business that answers ([NewConversation]).
//
// Both sign in with accounts of the check's own, over TLS (STARTTLS or from
// the first byte), with a resource of their own per run and a negative
// priority: other devices of the account keep their messages, and runs from
// several vantages do not take each other's. Messages are marked as not to be
// stored. However a run ends, its streams are closed, so that the accounts go
// offline; a server notices the same when the process is killed.
//
// Steps, of each side: srv, dns, connect, stream, starttls, tls, sign-in,
// bind; and then send, deliver, receipt, or ask and answer.
package xmppcheck
