package intake

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/outcry/outcry"
)

// writeDB makes a database of records by network.
func writeDB(t *testing.T, kind string, records map[string]mmdbtype.DataType) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for cidr, record := range records {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, record); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), kind+".mmdb")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return path
}

func testDB(t *testing.T) *MMDB {
	t.Helper()
	country := func(iso string, subdivision ...string) mmdbtype.DataType {
		list := mmdbtype.Slice{}
		for _, s := range subdivision {
			list = append(list, mmdbtype.Map{"iso_code": mmdbtype.String(s)})
		}
		return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(iso)}, "subdivisions": list}
	}
	system := func(n uint32, name string) mmdbtype.DataType {
		return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n), "autonomous_system_organization": mmdbtype.String(name)}
	}
	m, err := OpenMMDB(
		writeDB(t, "City", map[string]mmdbtype.DataType{
			"192.0.2.0/24": country("US", "TX"), "198.51.100.0/24": country("GB"), "2001:db8::/32": country("DE", "BE"),
			"203.0.113.0/25": mmdbtype.String("not a place"), "203.0.113.128/25": country("nowhere"),
		}),
		writeDB(t, "ASN", map[string]mmdbtype.DataType{
			"192.0.2.0/24": system(64500, "Verizon"), "198.51.100.0/24": system(64501, "<b>EE</b>"), "203.0.113.0/24": system(64502, ""),
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestAddressesHavePlaces(t *testing.T) {
	m := testDB(t)
	for address, want := range map[string]Place{
		"192.0.2.7":       {Region: "US-TX", Carrier: "Verizon", ASN: 64500},
		"::ffff:c000:207": {Region: "US-TX", Carrier: "Verizon", ASN: 64500},
		"198.51.100.7":    {Region: "GB", Carrier: "<b>EE</b>", ASN: 64501},
		"2001:db8::1":     {Region: "DE-BE"},
		"203.0.113.7":     {ASN: 64502},
		"10.0.0.1":        {},
	} {
		for range 2 { // the second time from memory
			if diff := cmp.Diff(want, m.Locate(netip.MustParseAddr(address).Unmap())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", address, diff)
			}
		}
	}
}

func TestReportsAreEnriched(t *testing.T) {
	d, sent := open(t, func(_ *Config, p *Parts) { p.Places = testDB(t) })
	send := func(address string, r Raw) outcry.Signal {
		t.Helper()
		r.Service = "imessage"
		if result, err := d.Accept(t.Context(), []Raw{r}, stranger(address)); err != nil || result.Accepted != 1 {
			t.Fatalf("result %+v, %v", result, err)
		}
		return sent.signals[len(sent.signals)-1]
	}
	a := send("192.0.2.7", Raw{})
	for _, c := range []struct {
		sentence  string
		got, want outcry.Scope
	}{
		{"the address says where", a.Scope, outcry.Scope{Region: "US-TX", Carrier: "Verizon"}},
		{"the person knows better", send("192.0.2.7", Raw{Region: "GB", Carrier: "EE"}).Scope, outcry.Scope{Region: "GB", Carrier: "EE"}},
		{"a carrier's name with markup is none", send("198.51.100.7", Raw{}).Scope, outcry.Scope{Region: "GB"}},
		{"a region of the wrong shape is none", send("203.0.113.200", Raw{}).Scope, outcry.Scope{}},
	} {
		if c.got != c.want {
			t.Errorf("%s: scope is %+v, want %+v", c.sentence, c.got, c.want)
		}
	}
	without := send("10.9.9.9", Raw{})
	if a.Wide == 0 || a.Wide == without.Wide {
		t.Error("the autonomous system does not make the wide network")
	}
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "garbage.mmdb")
	if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := writeDB(t, "City", nil)
	for _, asn := range []string{path, path + ".missing"} {
		if _, err := OpenMMDB(good, asn); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s gave %v, want %s", asn, err, outcry.CodeInvalid)
		}
	}
	none, err := OpenMMDB("", "")
	if err != nil {
		t.Fatal(err)
	}
	if p := none.Locate(netip.MustParseAddr("192.0.2.1")); p != (Place{}) {
		t.Errorf("without files an address is in %+v", p)
	}
}
