package intake

import (
	"net/http"
	"net/netip"
	"strings"
)

// client finds the address of whoever sent the request. Forwarding headers are
// read from right to left for as long as each hop is a trusted proxy: what
// stands left of the first one that is not may be anybody's invention.
// direct is whether there was no such header at all.
//
// X-Forwarded-For comes before Forwarded (RFC 7239): proxies that write only the
// latter are rare, and must strip the former.
func (d *Door) client(r *http.Request) (address netip.Addr, direct bool) {
	return clientOf(r, d.config.TrustedProxies)
}

func clientOf(r *http.Request, proxies []netip.Prefix) (address netip.Addr, direct bool) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	address = remote.Addr().Unmap().WithZone("")
	hops := forwardedFor(r.Header)
	for i := len(hops) - 1; i >= 0 && within(proxies, address); i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			break
		}
		address = hop
	}
	return address, len(hops) == 0
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// maxHops bounds how much of a header is looked at, from its right end.
const maxHops = 32

func forwardedFor(h http.Header) []string {
	var hops []string
	for _, line := range h["X-Forwarded-For"] {
		hops = append(hops, strings.Split(line, ",")...)
	}
	if hops == nil {
		for _, line := range h["Forwarded"] {
			for element := range strings.SplitSeq(line, ",") {
				hops = append(hops, forParameter(element))
			}
		}
	}
	return hops[max(0, len(hops)-maxHops):]
}

// forParameter is the `for` of one element of a Forwarded header; empty when it
// has none.
func forParameter(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// parseHop reads an address with or without a port, and IPv6 in brackets.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
