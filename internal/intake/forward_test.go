package intake

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func sameAddr(a, b netip.Addr) bool { return a == b }

func TestClientsAddress(t *testing.T) {
	d, _ := open(t, func(c *Config, _ *Parts) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/48")}
	})
	for _, c := range []struct {
		sentence, remote string
		xff, forwarded   []string
		want             string
		direct           bool
	}{
		{"without a header it is the connection's", "198.51.100.1:99", nil, nil, "198.51.100.1", true},
		{"a stranger's header is not believed", "198.51.100.1:99", []string{"192.0.2.1"}, nil, "198.51.100.1", false},
		{"a proxy's is", "127.0.0.1:99", []string{"192.0.2.1"}, nil, "192.0.2.1", false},
		{"the rightmost that is no proxy counts", "127.0.0.1:99", []string{"8.8.8.8, 192.0.2.1, 10.1.1.1"}, nil, "192.0.2.1", false},
		{"over several headers", "127.0.0.1:99", []string{"8.8.8.8", "192.0.2.1", "10.1.1.1"}, nil, "192.0.2.1", false},
		{"what is invented left of it does not", "127.0.0.1:99", []string{"127.0.0.1, 192.0.2.1"}, nil, "192.0.2.1", false},
		{"garbage ends the walk", "127.0.0.1:99", []string{"192.0.2.1, unknown, 10.1.1.1"}, nil, "10.1.1.1", false},
		{"IPv6, with a port", "127.0.0.1:99", []string{"[2001:db8::7]:4711"}, nil, "2001:db8::7", false},
		{"IPv4 with a port", "127.0.0.1:99", []string{"192.0.2.1:4711"}, nil, "192.0.2.1", false},
		{"IPv4 in IPv6 clothes", "[::ffff:127.0.0.1]:99", []string{"::ffff:192.0.2.1"}, nil, "192.0.2.1", false},
		{"a zone says nothing", "127.0.0.1:99", []string{"fe80::1%eth0"}, nil, "fe80::1", false},
		{"Forwarded is read too", "127.0.0.1:99", nil, []string{`for=192.0.2.1;proto=https, For="[2001:db8:f::1]:99"`}, "192.0.2.1", false},
		{"an element without for ends the walk", "127.0.0.1:99", nil, []string{`for=192.0.2.1, proto=http`}, "127.0.0.1", false},
		{"X-Forwarded-For comes first", "127.0.0.1:99", []string{"192.0.2.1"}, []string{"for=192.0.2.2"}, "192.0.2.1", false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.RemoteAddr = c.remote
			r.Header["X-Forwarded-For"] = c.xff
			r.Header["Forwarded"] = c.forwarded
			got, direct := d.client(r)
			if got.String() != c.want || direct != c.direct {
				t.Errorf("got %v, direct %v; want %s, %v", got, direct, c.want, c.direct)
			}
		})
	}
}

func FuzzForwarding(f *testing.F) {
	f.Add("127.0.0.1, [::1]:9", `for="[::1]";by=x`)
	d, _ := open(f, nil)
	f.Fuzz(func(t *testing.T, xff, forwarded string) {
		for _, h := range []http.Header{{"X-Forwarded-For": {xff}}, {"Forwarded": {forwarded}}} {
			r := &http.Request{RemoteAddr: "127.0.0.1:1", Header: h}
			if a, _ := d.client(r); !a.IsValid() || a.Zone() != "" || a.Is4In6() {
				t.Fatalf("%v gave the address %v", h, a)
			}
		}
	})
}
