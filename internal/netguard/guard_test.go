package netguard_test

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
)

func guard(t testing.TB, allow ...string) *netguard.Guard {
	t.Helper()
	g, err := netguard.New(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheckTellsPublicAddressesFromOthers(t *testing.T) {
	for addr, network := range map[string]string{
		"93.184.216.34":          "",
		"2606:2800:220:1::1":     "",
		"1.1.1.1":                "",
		"::ffff:93.184.216.34":   "", // mapped, and public within
		"64:ff9b::5db8:d822":     "", // NAT64 of a public one
		"127.0.0.1":              "loopback",
		"127.255.255.254":        "loopback",
		"::1":                    "loopback",
		"0.0.0.0":                "unspecified",
		"0.1.2.3":                "unspecified",
		"::":                     "unspecified",
		"10.0.0.1":               "private",
		"172.16.0.1":             "private",
		"172.31.255.255":         "private",
		"192.168.1.1":            "private",
		"fd12::1":                "private",
		"fec0::1":                "private",
		"100.64.0.1":             "carrier-grade NAT",
		"100.127.255.255":        "carrier-grade NAT",
		"169.254.1.1":            "link-local",
		"fe80::1":                "link-local",
		"fe80::1%eth0":           "link-local",
		"169.254.169.254":        "metadata",
		"fd00:ec2::254":          "metadata",
		"100.100.100.200":        "metadata",
		"168.63.129.16":          "metadata", // Azure's agents
		"192.0.0.192":            "metadata", // Oracle's
		"fd00:c1::a9fe:a9fe":     "metadata",
		"::ffff:168.63.129.16":   "metadata",
		"2002:a83f:8110::":       "metadata",
		"224.0.0.1":              "multicast",
		"ff02::1":                "multicast",
		"255.255.255.255":        "reserved",
		"240.0.0.1":              "reserved",
		"198.18.0.1":             "benchmarking",
		"192.0.2.1":              "documentation",
		"2001:db8::1":            "documentation",
		"::ffff:127.0.0.1":       "loopback",
		"::ffff:169.254.169.254": "metadata",
		"::127.0.0.1":            "reserved", // IPv4-compatible
		"64:ff9b::7f00:1":        "loopback", // NAT64
		"64:ff9b::a9fe:a9fe":     "metadata",
		"64:ff9b:1::7f00:1":      "private",  // NAT64 of local use
		"2002:7f00:1::":          "loopback", // 6to4
		"2002:a9fe:a9fe::":       "metadata",
		"2001:0:4136:e378::":     "reserved", // Teredo
	} {
		for name, g := range map[string]*netguard.Guard{"made": guard(t), "nil": nil} {
			err := g.Check("host.example", netip.MustParseAddr(addr))
			if network == "" && err != nil {
				t.Errorf("%s guard: %s is public, got %v", name, addr, err)
			}
			if network != "" && (err == nil || !strings.Contains(err.Error(), " a "+network+" address") || !netguard.IsRefused(err)) {
				t.Errorf("%s guard: %s is %s, got %v", name, addr, network, err)
			}
		}
	}
}

func TestExceptionsAreByNetworkAddressAndName(t *testing.T) {
	g := guard(t, "10.0.0.0/8", "fd12::7", "Intranet.Example.", "169.254.169.254")
	for _, c := range []struct {
		says, host, addr string
		allowed          bool
	}{
		{"an address of an allowed network", "x", "10.20.30.40", true},
		{"the same one, mapped into IPv6", "x", "::ffff:10.20.30.40", true},
		{"its neighbour is not", "x", "11.0.0.0", true}, // public anyway
		{"another private network is not", "x", "192.168.0.1", false},
		{"an allowed address", "x", "fd12::7", true},
		{"the one next to it is not", "x", "fd12::8", false},
		{"an allowed name, whatever it resolves to", "intranet.example", "192.168.0.1", true},
		{"however it is spelled", "INTRANET.example.", "127.0.0.1", true},
		{"but not a name below it", "evil.intranet.example", "192.168.0.1", false},
		{"even metadata, when it is listed", "x", "169.254.169.254", true},
	} {
		if err := g.Check(c.host, netip.MustParseAddr(c.addr)); (err == nil) != c.allowed {
			t.Errorf("%s: %s at %s: %v", c.says, c.host, c.addr, err)
		}
	}
}

func TestOwnTargetsAreTrustedLiterally(t *testing.T) {
	for _, c := range []struct {
		says, host, addr string
		allowed          bool
	}{
		{"an address that was written as an address", "127.0.0.1", "127.0.0.1", true},
		{"in brackets", "[::1]", "::1", true},
		{"a private one", "192.168.7.7", "192.168.7.7", true},
		{"localhost on loopback", "localhost", "127.0.0.1", true},
		{"a name below localhost", "api.localhost", "::1", true},
		{"localhost that resolves to something else", "localhost", "10.0.0.1", false},
		{"a literal that was turned into another", "127.0.0.1", "10.0.0.1", false},
		{"a name that resolves to loopback", "rebind.example", "127.0.0.1", false},
		{"metadata, even as a literal", "169.254.169.254", "169.254.169.254", false},
		{"metadata, mapped", "::ffff:169.254.169.254", "::ffff:169.254.169.254", false},
		{"a decimal form is a name to us", "2130706433", "127.0.0.1", false},
		{"an octal form, too", "0177.0.0.1", "127.0.0.1", false},
		{"a public address", "example.com", "93.184.216.34", true},
	} {
		for name, g := range map[string]*netguard.Guard{"made": guard(t), "nil": nil} {
			if err := g.Own().Check(c.host, netip.MustParseAddr(c.addr)); (err == nil) != c.allowed {
				t.Errorf("%s (%s guard): %s at %s: %v", c.says, name, c.host, c.addr, err)
			}
		}
	}
	g := guard(t)
	g.Own()
	if g.Check("127.0.0.1", netip.MustParseAddr("127.0.0.1")) == nil {
		t.Error("making the own guard opened the one that it was made of")
	}
}

func TestNewRefusesWhatIsNoException(t *testing.T) {
	for _, bad := range []string{"", "http://x", "10.0.0.0/33", "a b", "*.example.com", "host:80", "x\n"} {
		if _, err := netguard.New([]string{bad}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%q was taken: %v", bad, err)
		}
	}
}

// Wrapping an IPv4 address into any IPv6 form opens nothing that is closed.
func TestWrappingNeverOpens(t *testing.T) {
	g := guard(t)
	rapid.Check(t, func(t *rapid.T) {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4"))
		plain := g.Check("h", netip.AddrFrom4(b)) == nil
		nat := [16]byte{0: 0, 1: 0x64, 2: 0xff, 3: 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}
		sixToFour := [16]byte{0: 0x20, 1: 0x02, 2: b[0], 3: b[1], 4: b[2], 5: b[3], 15: 1}
		mapped := [16]byte{10: 0xff, 11: 0xff, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}
		for _, wrapped := range [][16]byte{nat, sixToFour, mapped} {
			if open := g.Check("h", netip.AddrFrom16(wrapped)) == nil; open != plain {
				t.Fatalf("%v: %v, within %v: %v", netip.AddrFrom4(b), plain, netip.AddrFrom16(wrapped), open)
			}
		}
	})
}

// What another process names as a target opens nothing that this machine's own
// list does not.
func TestClosedGuardHasNoOwnTargets(t *testing.T) {
	near, listed := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.1.2.3")
	g := guard(t, "10.1.2.0/24")
	if err := g.Own().Check("127.0.0.1", near); err != nil {
		t.Errorf("the operator's own target: %v", err)
	}
	if g.Closed().Own().Check("127.0.0.1", near) == nil {
		t.Error("another's target on loopback is let through")
	}
	if err := g.Closed().Own().Check("10.1.2.3", listed); err != nil {
		t.Errorf("an exception: %v", err)
	}
	var none *netguard.Guard
	if none.Closed().Own().Check("127.0.0.1", near) == nil {
		t.Error("the strictest guard lets another's target on loopback through")
	}
}
