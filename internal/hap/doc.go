// Package hap is a controller of HomeKit accessories over IP, by the HomeKit
// Accessory Protocol (Apple's specification for non-commercial use, release R2).
//
//	acc := hap.NewAccessory(conn)             // a connection to its port
//	pairing, err := acc.Pair(ctx, code, id)   // once: SRP-6a with the setup code
//	err = acc.Verify(ctx, pairing)            // each time: X25519, and all is encrypted from here on
//	values, err := acc.Read(ctx, hap.ID{AID: 1, IID: 10})
//
// What it is made of, each in a file of its own: TLV8 (tlv8.go), SRP-6a of
// RFC 5054 with SHA-512 (srp.go), pair-setup and pair-verify (setup.go,
// verify.go), the encrypted frames of a session (session.go), HTTP messages
// with the events between them (message.go), characteristics (client.go), and
// the look-up of an accessory by multicast DNS (mdns.go).
//
// All that comes from an accessory is bounded. The caller dials, and closes.
package hap
