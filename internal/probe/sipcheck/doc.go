// Package sipcheck probes telephony over SIP (RFC 3261): it signs in, calls,
// talks, listens, and hangs up.
//
// With credentials and register, a binding is made for the length of the
// check (REGISTER with digest, RFC 8760) and taken back. The call is an INVITE
// with an offer of G.711 (RFC 3264); for some seconds stamped frames are sent over RTP and
// what comes back is measured, see package voice. Then BYE. A call that was
// answered is always hung up, and one that rings is always cancelled, also when
// the check fails, is out of time or is called off: a part of its time is kept
// back for that.
//
// Everything goes over the one flow to the server that the check names, over
// UDP, TCP or TLS, as to an outbound proxy (RFC 5626): what a peer puts into
// Contact or Record-Route goes into requests and is not dialled. The address for
// media in a peer's answer is asked of the outbound guard, unless it is the
// server's own.
//
// Steps: dns, connect, tls, register, invite, media, bye, unregister.
//
// The messages are read and written by sipgo's package sip; its user agent is
// not used, since it dials without the guard and has timers that outlive an
// attempt.
package sipcheck
