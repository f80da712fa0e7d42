// Package netguard stands between the product and every address that a
// stranger can steer it to: the target of a redirect, a name whose DNS record
// is somebody else's, the URL of a subscriber's webhook.
//
// A [Guard] decides per address, after resolution and at the moment of the
// connect, so that it covers redirects and rebinding: what is checked is what
// is dialled. It lets public unicast addresses through and refuses loopback,
// link-local (with the clouds' metadata services), private, unique-local,
// carrier-grade NAT, multicast, reserved and unspecified ones, also where they
// hide within IPv4-mapped, NAT64 or 6to4 forms. Decimal, octal and hexadecimal
// spellings (http://2130706433/, 0177.0.0.1) need no parser here: they are
// names to us, and whatever a resolver makes of them is checked as an address.
//
// The operator's list of exceptions holds networks, addresses and host names.
// A name on the list may resolve to anything: it is trusted with its DNS.
//
//	guard, err := netguard.New([]string{"10.0.0.0/8", "intranet.example"})
//	conn, err := guard.Dialer(nil).DialContext(ctx, "tcp", "example.com:443")
//
// What the operator wrote as the literal target of a check, such as
// 127.0.0.1:8080 or localhost, needs no exception: [Guard.Own] gives the guard
// for dialling exactly that, and nothing that was found on the way.
package netguard
