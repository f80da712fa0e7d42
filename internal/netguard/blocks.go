package netguard

import "net/netip"

// A block is a network that is not the public's, with the word for it.
type block struct {
	net  netip.Prefix
	name string
}

// blocks are the special-purpose networks of the IANA registries (RFC 6890 and
// its updates) that are not globally reachable unicast.
func blocks() []block {
	names := []struct{ cidr, name string }{
		{"0.0.0.0/8", "unspecified"},
		{"10.0.0.0/8", "private"},
		{"100.64.0.0/10", "carrier-grade NAT"},
		{"127.0.0.0/8", "loopback"},
		{"169.254.0.0/16", "link-local"},
		{"172.16.0.0/12", "private"},
		{"192.0.0.0/24", "reserved"},
		{"192.0.2.0/24", "documentation"},
		{"192.88.99.0/24", "reserved"}, // 6to4 relays, withdrawn by RFC 7526
		{"192.168.0.0/16", "private"},
		{"198.18.0.0/15", "benchmarking"},
		{"198.51.100.0/24", "documentation"},
		{"203.0.113.0/24", "documentation"},
		{"224.0.0.0/4", "multicast"},
		{"240.0.0.0/4", "reserved"}, // with the broadcast address
		{"::/128", "unspecified"},
		{"::1/128", "loopback"},
		{"::/96", "reserved"},         // IPv4-compatible, withdrawn by RFC 4291
		{"64:ff9b:1::/48", "private"}, // NAT64 of local use, RFC 8215
		{"100::/64", "discard"},       // RFC 6666
		{"2001::/23", "reserved"},     // Teredo and other IETF assignments
		{"2001:db8::/32", "documentation"},
		{"3fff::/20", "documentation"},
		{"5f00::/16", "reserved"}, // segment routing, RFC 9602
		{"fc00::/7", "private"},   // unique local
		{"fe80::/10", "link-local"},
		{"fec0::/10", "private"}, // site-local, withdrawn by RFC 3879
		{"ff00::/8", "multicast"},
	}
	list := make([]block, len(names))
	for i, n := range names {
		list[i] = block{netip.MustParsePrefix(n.cidr), n.name}
	}
	return list
}

// isMetadata reports whether a cloud serves its machines' credentials there:
// AWS, Google and Azure share the first, Alibaba has the second, Azure's agents
// the third (of a public network) and Oracle's the fourth; the others are the
// IPv6 forms of AWS, Google and Oracle. Not even an operator's literal
// target reaches them; an entry on the list of exceptions does.
func isMetadata(a netip.Addr) bool {
	switch a.String() {
	case "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe":
		return true
	}
	return false
}

// embedded gives the IPv4 address that an IPv6 one is a wrapping of: mapped
// (::ffff:a.b.c.d), NAT64 (64:ff9b::/96, RFC 6052) or 6to4 (2002::/16).
// Any other address is given back as it is, without its zone.
func embedded(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a
	}
	b := a.As16()
	switch {
	case [12]byte(b[:12]) == [12]byte{0x00, 0x64, 0xff, 0x9b}:
		return netip.AddrFrom4([4]byte(b[12:]))
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}
