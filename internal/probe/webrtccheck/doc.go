// Package webrtccheck probes what browsers' calls stand on: STUN, TURN and the
// media that goes through the relay.
//
// A STUN binding (RFC 8489) asks a server which address it sees. An allocation at
// a TURN server (RFC 8656) with long-term credentials, over UDP, TCP or TLS, tells
// a refusal from an outage. Then two WebRTC peers in this process, which may use
// relays only, call each other through that server: ICE, DTLS and SRTP, and stamped
// frames of G.711 that the called peer sends back; see package voice.
//
// A name is looked up once, through the outbound guard, and the address is what
// the peers are given. Over TCP and TLS they are given connections that the guard
// has let through. Allocations are freed at the end.
//
// Steps: dns, connect, tls, stun, allocate, free, gather, call, media.
package webrtccheck
