package probe

import (
	"testing"

	"github.com/outcry/outcry"
)

// sampleOptions is what packages of protocols have.
type sampleOptions struct{ url string }

func (o *sampleOptions) SetURL(u string) { o.url = u }

func TestFromURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://example.com":               "http",
		"https://example.com:8443/x?y=z":   "http",
		"tcp://example.com:22":             "tcp",
		"tls://[2001:db8::1]:443":          "tls",
		"dns://1.1.1.1/example.com?type=A": "dns",
		"dns+tls://1.1.1.1/example.com":    "dns",
		"icmp://example.com":               "icmp",
		"ping:example.com":                 "icmp",
		"ping://example.com":               "icmp",
		"grpc://example.com:50051/svc":     "grpc",
		"wss://example.com/socket":         "websocket",
	} {
		typ, decode, err := FromURL(url)
		if err != nil || typ != want {
			t.Errorf("%s: %q %v, wanted %s", url, typ, err, want)
			continue
		}
		var o sampleOptions
		if err := decode(&o); err != nil || o.url != url {
			t.Errorf("%s: the options got %q, %v", url, o.url, err)
		}
	}
}

func TestFromURLRefuses(t *testing.T) {
	for url, why := range map[string]string{
		"":                           "empty",
		"example.com":                "no scheme",
		"ftp://example.com":          "a scheme that is not ours",
		"http://":                    "no host",
		"http://user:pw@example.com": "credentials",
		"tcp://example.com:99999":    "no such port",
		"http://exa mple.com":        "a blank",
		"file:///etc/passwd":         "a file",
	} {
		if _, _, err := FromURL(url); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s (%s): %v", url, why, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"http://a", "ping:a", "dns://1.1.1.1/a?type=MX", "tcp://[::1]:1", "ws://a:b@c", "ping:%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := ParseURL(raw)
		if err != nil {
			if outcry.CodeOf(err) != outcry.CodeInvalid {
				t.Fatalf("%q: an error of another code: %v", raw, err)
			}
			return
		}
		if u.Hostname() == "" || u.User != nil || schemes()[u.Scheme] == "" {
			t.Fatalf("%q was taken as %q", raw, u)
		}
		if _, err := HostPort(u, "80"); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
	})
}

func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "fd00::1": true, "localhost": true, "nas": true,
		"printer.local": true, "db.internal": true, "router.lan": true, "x.home.arpa": true,
		"example.com": false, "93.184.216.34": false, "local.example.com": false, "2606:2800::1": false,
	} {
		if IsLocal(host) != want {
			t.Errorf("%s: local is %v", host, !want)
		}
	}
}
