package netguard

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/outcry/outcry"
)

// Guard decides which addresses may be dialled. It does not change once made,
// and is safe for use by many goroutines. A nil Guard is the strictest one.
type Guard struct {
	blocks []block
	nets   []netip.Prefix      // exceptions by address
	names  map[string]struct{} // exceptions by host name
	own    bool                // see Own
	closed bool                // see Closed
}

// New makes a guard with the operator's exceptions: networks ("10.0.0.0/8"),
// addresses and host names. Its error is of CodeInvalid and says which entry
// is none of these.
func New(allow []string) (*Guard, error) {
	g := &Guard{blocks: blocks(), names: make(map[string]struct{})}
	for _, entry := range allow {
		if err := g.allow(entry); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *Guard) allow(entry string) error {
	if p, err := netip.ParsePrefix(entry); err == nil {
		g.nets = append(g.nets, p.Masked())
		return nil
	}
	if a, ok := Literal(entry); ok {
		g.nets = append(g.nets, netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	if entry == "" || strings.ContainsAny(entry, "/:@ \t\r\n*") {
		return outcry.FieldErrorf("outbound.allow", "%q is no network (10.0.0.0/8), address or host name", entry)
	}
	g.names[fold(entry)] = struct{}{}
	return nil
}

// Own is the guard for a host that the operator wrote as the target: it also
// lets through an address that was written as an address, and loopback where
// "localhost" was written. The clouds' metadata services stay closed. Use it
// for nothing that came from elsewhere, such as a redirect.
func (g *Guard) Own() *Guard {
	var own Guard
	if g != nil {
		own = *g
	}
	own.own, own.blocks = !own.closed, blocksOf(g) // read once, and not at each dial
	return &own
}

// Closed is the guard for targets that another process names, such as a core to
// its remote vantages: [Guard.Own] adds nothing to it, so that only this
// machine's own list of exceptions opens what is near it.
func (g *Guard) Closed() *Guard {
	var closed Guard
	if g != nil {
		closed = *g
	}
	closed.own, closed.closed, closed.blocks = false, true, blocksOf(g)
	return &closed
}

// Check says whether an address, as which host resolved, may be dialled.
// The error is a [*Refused].
func (g *Guard) Check(host string, addr netip.Addr) error {
	inner := embedded(addr)
	if g.excepted(host, addr, inner) {
		return nil
	}
	if name := g.blocked(inner); name != "" && !g.isOwn(host, inner) {
		return &Refused{Host: host, Addr: addr, Network: name}
	}
	return nil
}

func (g *Guard) excepted(host string, addrs ...netip.Addr) bool {
	if g == nil {
		return false
	}
	if _, ok := g.names[fold(host)]; ok {
		return true
	}
	for _, p := range g.nets {
		for _, a := range addrs {
			if p.Contains(a) {
				return true
			}
		}
	}
	return false
}

// isOwn applies the rule of [Guard.Own].
func (g *Guard) isOwn(host string, addr netip.Addr) bool {
	if g == nil || !g.own || isMetadata(addr) {
		return false
	}
	if lit, ok := Literal(host); ok {
		return embedded(lit) == addr
	}
	return IsLocalhost(host) && addr.IsLoopback()
}

// blocked names the special network that the address is of; "" is public.
func (g *Guard) blocked(addr netip.Addr) string {
	if !addr.IsValid() {
		return "invalid"
	}
	if isMetadata(addr) {
		return "metadata"
	}
	list := blocksOf(g)
	for i := range list {
		if list[i].net.Contains(addr) {
			return list[i].name
		}
	}
	return ""
}

func blocksOf(g *Guard) []block {
	if g == nil || g.blocks == nil {
		return blocks()
	}
	return g.blocks
}

// Refused is the error of a dial that the guard did not let through.
type Refused struct {
	Host    string
	Addr    netip.Addr
	Network string // "loopback", "private", "metadata", …
}

func (e *Refused) Error() string {
	return fmt.Sprintf("the outbound guard refuses %s: %s is a %s address; if that is meant, add it to outbound.allow", e.Host, e.Addr, e.Network)
}

// IsRefused reports whether an error comes from a guard's refusal.
func IsRefused(err error) bool {
	_, ok := errors.AsType[*Refused](err)
	return ok
}

// Literal parses a host that was written as an address, with or without the
// brackets of a URL and a zone.
func Literal(host string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return a, err == nil
}

// IsLocalhost reports whether the host is a name of this machine (RFC 6761).
func IsLocalhost(host string) bool {
	h := fold(host)
	return h == "localhost" || strings.HasSuffix(h, ".localhost")
}

// fold gives a host name's one spelling: lower case, no root dot.
func fold(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
