package xmpp

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
)

// ErrStripped is the error of a server that offers no channel binding and, told
// that we know of it, says that it has it: somebody has changed the offer on the
// way (RFC 5802, section 6).
var ErrStripped = errors.New("the server's offer of channel binding was taken away on the way")

// binding is what ties a sign-in to the very TLS connection that it is made over
// (RFC 5929, RFC 9266): somebody in between has two of them.
type binding struct {
	kind string // empty: there is none
	data []byte
}

// Sorts of channel binding, the best first.
const (
	bindExporter = "tls-exporter"         // of TLS 1.3
	bindUnique   = "tls-unique"           // of TLS before that
	bindEndPoint = "tls-server-end-point" // of the certificate alone
)

// plus is the suffix of the mechanisms that bind.
const plus = "-PLUS"

// binding is the best that this connection has and that the server takes. One
// that offers to bind and does not say how (XEP-0440) is of a time before TLS 1.3:
// it takes what there was by default then. Within TLS 1.3 such a server cannot be
// met, whatever RFC 9266 says of the default: ejabberd 23.01 offers to bind there,
// and takes nothing that is defined.
func (c *Client) binding() binding {
	conn, ok := c.conn.(*tls.Conn)
	if !ok {
		return binding{}
	}
	state := conn.ConnectionState()
	taken := c.bindings()
	for _, b := range bindingsOf(&state) {
		if slices.Contains(taken, b.kind) || len(taken) == 0 && b.kind == bindUnique {
			return b
		}
	}
	return binding{}
}

// bindings are the sorts that the server says it takes.
func (c *Client) bindings() (kinds []string) {
	if offer := c.features.Child(nsBinding, "sasl-channel-binding"); offer != nil {
		for i := range offer.Children {
			if b := &offer.Children[i]; b.Name == "channel-binding" {
				kinds = append(kinds, b.Attr("type"))
			}
		}
	}
	return kinds
}

// bindingsOf are those that a connection has, the best first.
func bindingsOf(state *tls.ConnectionState) (all []binding) {
	if state.Version >= tls.VersionTLS13 {
		if data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32); err == nil {
			all = append(all, binding{bindExporter, data})
		}
	} else if len(state.TLSUnique) > 0 {
		all = append(all, binding{bindUnique, state.TLSUnique})
	}
	if len(state.PeerCertificates) > 0 {
		if data := endPoint(state.PeerCertificates[0]); data != nil {
			all = append(all, binding{bindEndPoint, data})
		}
	}
	return all
}

// endPoint is the digest of a certificate by the hash of its signature, or a
// better one (RFC 5929, section 4.1); nil where that is not defined.
func endPoint(cert *x509.Certificate) []byte {
	switch cert.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256:
		sum := sha256.Sum256(cert.Raw)
		return sum[:]
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		sum := sha512.Sum384(cert.Raw)
		return sum[:]
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		sum := sha512.Sum512(cert.Raw)
		return sum[:]
	}
	return nil
}

// gs2 begins a sign-in by a mechanism: it says how we bind, or that we could and
// the server does not seem to, or that we cannot in a way of the server's. What we
// say is protected by the password; a server that can bind and hears that it does
// not seem to knows that its offer was changed.
func (c *Client) gs2(mechanism string, b binding) string {
	binds := func(m string) bool { return strings.HasSuffix(m, plus) }
	switch {
	case binds(mechanism):
		return "p=" + b.kind + ",,"
	case c.secure && !slices.ContainsFunc(c.mechanisms(), binds):
		return "y,,"
	}
	return "n,,"
}
