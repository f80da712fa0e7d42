package probe

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

// maxURL bounds the length of a target's URL, in bytes.
const maxURL = 8 << 10

// schemes maps the scheme of a URL to the type of check for it.
func schemes() map[string]string {
	return map[string]string{
		"http": "http", "https": "http",
		"tcp": "tcp", "tls": "tls",
		"dns": "dns", "dns+tcp": "dns", "dns+tls": "dns",
		"icmp": "icmp", "ping": "icmp",
		"grpc": "grpc", "grpcs": "grpc",
		"ws": "websocket", "wss": "websocket",
		"smpp": "sms/smpp", "smpps": "sms/smpp",
		"xmpp": "message/xmpp", "xmpps": "message/xmpp",
		"postgres": "postgres", "mysql": "mysql", "redis": "redis", "rediss": "redis", "ntp": "ntp",
		"mqtt": "message/mqtt", "mqtts": "message/mqtt",
		"smtp": "message/mail", "smtps": "message/mail", "imap": "message/mail", "imaps": "message/mail",
	}
}

// FromURL tells the type of check that a URL is for, by its scheme, and gives
// the decoder that hands the URL to the options of that type:
//
//	typ, decode, err := probe.FromURL("dns://1.1.1.1/example.com?type=A")
//	prober, err := types[typ](decode, env)
//
// Its error is of CodeInvalid and names the field "url".
func FromURL(raw string) (typ string, decode func(options any) error, err error) {
	u, err := ParseURL(raw)
	if err != nil {
		return "", nil, err
	}
	set := func(options any) error {
		o, ok := options.(interface{ SetURL(string) })
		if !ok {
			return outcry.FieldErrorf("url", "a check of type %s needs more than a URL, such as accounts: put it into a configuration", schemes()[u.Scheme])
		}
		o.SetURL(raw)
		return nil
	}
	return schemes()[u.Scheme], set, nil
}

// ParseURL reads the URL of a target and sees that its scheme is one of ours
// and its host is there. Errors do not repeat what follows the host.
func ParseURL(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, outcry.FieldErrorf("url", "longer than %d bytes", maxURL)
	}
	if rest, ok := strings.CutPrefix(raw, "ping:"); ok && !strings.HasPrefix(rest, "//") {
		raw = "ping://" + rest
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, outcry.FieldErrorf("url", "not a URL; one looks like https://example.com/health or tcp://host:port")
	}
	if _, known := schemes()[u.Scheme]; !known {
		return nil, outcry.FieldErrorf("url", "scheme %q is none of %s", u.Scheme, strings.Join(schemeNames(), ", "))
	}
	if u.User != nil {
		return nil, outcry.FieldErrorf("url", "credentials do not belong into a URL: give them as a secret of the check")
	}
	if u.Hostname() == "" {
		return nil, outcry.FieldErrorf("url", "a host is missing after %s://", u.Scheme)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, outcry.FieldErrorf("url", "port %q is not from 1 to 65535", p)
		}
	}
	return u, nil
}

func schemeNames() []string {
	var names []string
	for s := range schemes() {
		names = append(names, s)
	}
	slices.Sort(names)
	return names
}

// HostPort is the URL's address to dial. An empty def means that the port must
// be in the URL.
func HostPort(u *url.URL, def string) (string, error) {
	port := u.Port()
	if port == "" {
		port = def
	}
	if port == "" {
		return "", outcry.FieldErrorf("url", "a port is missing: %s://%s:PORT", u.Scheme, u.Host)
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}
