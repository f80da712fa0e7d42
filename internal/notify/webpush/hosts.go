package webpush

import (
	"net/url"
	"slices"
	"strings"

	"github.com/outcry/outcry"
)

// Hosts are the push services that are sent to: HOST, HOST:PORT or *.DOMAIN.
// Without a port it is 443.
type Hosts []string

// KnownHosts are the push services of the browsers in use: Chrome and its kin,
// Firefox, Edge on Windows, Safari.
func KnownHosts() Hosts {
	return Hosts{"fcm.googleapis.com", "updates.push.services.mozilla.com", "*.notify.windows.com", "web.push.apple.com"}
}

// maxEndpoint bounds an endpoint, in bytes; those in use have up to about 500.
const maxEndpoint = 1024

// read makes a URL of what a stranger says is an endpoint.
func (h Hosts) read(endpoint string) (*url.URL, error) {
	if len(endpoint) > maxEndpoint {
		return nil, outcry.FieldErrorf("endpoint", "is longer than %d bytes", maxEndpoint)
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || strings.ContainsFunc(endpoint, notPlain) {
		return nil, outcry.FieldErrorf("endpoint", "must be an absolute https address")
	}
	if !h.has(u) {
		return nil, outcry.FieldErrorf("endpoint", "is at a push service that this site does not send to")
	}
	return u, nil
}

func notPlain(r rune) bool { return r <= ' ' || r >= 0x7f }

func (h Hosts) has(u *url.URL) bool {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = "443"
	}
	return slices.ContainsFunc(h, func(entry string) bool {
		name, p, found := strings.Cut(strings.ToLower(entry), ":")
		if !found {
			p = "443"
		}
		if p != port {
			return false
		}
		if domain, ok := strings.CutPrefix(name, "*."); ok {
			return strings.HasSuffix(host, "."+domain)
		}
		return host == name
	})
}
