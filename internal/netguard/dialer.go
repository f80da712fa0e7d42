package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Dialer connects through a guard. Every connect that the standard dialer
// tries, for each address of a name, is checked in its Control hook: between
// the resolution and the connect there is no second look-up to rebind.
type Dialer struct {
	guard    *Guard
	resolver *net.Resolver
	brief    bool
	pace     *pace // nil: as often as is asked
}

// keepAlive is how often an idle connection is tested by the kernel.
const keepAlive = 30 * time.Second

// Dialer gives a dialer under the guard; a nil resolver is the system's.
func (g *Guard) Dialer(resolver *net.Resolver) *Dialer {
	return &Dialer{guard: g, resolver: resolver}
}

// Brief gives the same for connections that are closed soon: the kernel is not
// asked to test them, which is four calls of some fifteen that a connection costs.
func (d *Dialer) Brief() *Dialer {
	b := *d
	b.brief = true
	return &b
}

// DialContext has the signature that net/http and others take. The error of a
// refusal wraps a [*Refused].
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read the address to dial: %w", err)
	}
	if err := d.pace.wait(ctx, address); err != nil {
		return nil, err
	}
	nd := net.Dialer{Resolver: d.resolver, KeepAlive: keepAlive, Control: d.guard.Control(host)}
	if d.brief {
		nd.KeepAlive = -1
	}
	return nd.DialContext(ctx, network, address)
}

// Control is the hook of a [net.Dialer] that dials host: it refuses, per
// address, right before the connect.
func (g *Guard) Control(host string) func(network, address string, c syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("the outbound guard cannot read the address %q: %w", address, err)
		}
		return g.Check(host, ap.Addr())
	}
}

// Lookup resolves a host to the addresses that the guard lets through, for
// protocols that do not dial (ICMP). Network is "ip", "ip4" or "ip6". When all
// addresses are refused, the error is the first [*Refused].
func (d *Dialer) Lookup(ctx context.Context, network, host string) ([]netip.Addr, error) {
	resolver := d.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupNetIP(ctx, network, host)
	if err != nil {
		return nil, err //nolint:wrapcheck // a *net.DNSError names the host and the server itself
	}
	var allowed []netip.Addr
	var refused []error
	for _, a := range found {
		if err := d.guard.Check(host, a); err != nil {
			refused = append(refused, err)
			continue
		}
		allowed = append(allowed, a.Unmap())
	}
	if len(allowed) == 0 && len(refused) > 0 {
		return nil, errors.Join(refused...)
	}
	return allowed, nil
}

// Check asks the dialer's guard about an address that host was resolved to,
// or is, for protocols that do not dial.
func (d *Dialer) Check(host string, addr netip.Addr) error { return d.guard.Check(host, addr) }
