package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/outcry/outcry/internal/netguard"
)

// Reason is one word for why a check failed or cannot tell. The words are
// stable: ledgers, metrics and people's queries rely on them. A protocol's
// package may add words of its own, in lower case with dashes.
type Reason string

// Reasons on the way to the target.
const (
	ReasonTimeout     Reason = "timeout"       // no end within the check's time
	ReasonRefused     Reason = "refused"       // nobody listens at the port
	ReasonUnreachable Reason = "unreachable"   // no route to the host
	ReasonReset       Reason = "reset"         // closed or reset in the middle
	ReasonDNSFailed   Reason = "dns-failed"    // the name could not be looked up
	ReasonDNSNoName   Reason = "dns-no-name"   // there is no such name
	ReasonTLS         Reason = "tls"           // the handshake failed
	ReasonTLSExpired  Reason = "tls-expired"   // the certificate is out of its dates
	ReasonTLSHostname Reason = "tls-hostname"  // the certificate is for other names
	ReasonTLSChain    Reason = "tls-untrusted" // nobody whom we trust has signed it
	ReasonProtocol    Reason = "protocol"      // the answer is not of the protocol
)

// Reasons within an answer.
const (
	ReasonStatus      Reason = "status"      // a status, or rcode, that is not accepted
	ReasonBody        Reason = "body"        // the body, banner or message is not as wanted
	ReasonHeader      Reason = "header"      // a header is not as wanted
	ReasonJSON        Reason = "json"        // a value of a JSON document is not as wanted
	ReasonAnswer      Reason = "answer"      // records of a DNS answer are not as wanted
	ReasonRedirect    Reason = "redirect"    // too many redirects, or one that is broken
	ReasonTooLarge    Reason = "too-large"   // more was sent than is read
	ReasonCertificate Reason = "certificate" // valid, but not for as long, or not of the version, wanted
	ReasonNotServing  Reason = "not-serving" // it says of itself that it does not serve
	ReasonLoss        Reason = "loss"        // packets got lost
	ReasonSlow        Reason = "slow"        // right, but later than wanted
)

// Reasons that we cannot tell: the outcome is unknown.
const (
	ReasonBlocked     Reason = "blocked"     // the outbound guard refused the address
	ReasonUnsupported Reason = "unsupported" // this machine or build cannot do it
	ReasonVantage     Reason = "vantage"     // the vantage itself is cut off
	ReasonInternal    Reason = "internal"    // a fault of ours
)

// Reasons lists the words of this package, in the order of the documentation.
func Reasons() []Reason {
	return []Reason{
		ReasonTimeout, ReasonRefused, ReasonUnreachable, ReasonReset, ReasonDNSFailed, ReasonDNSNoName,
		ReasonTLS, ReasonTLSExpired, ReasonTLSHostname, ReasonTLSChain, ReasonProtocol,
		ReasonStatus, ReasonBody, ReasonHeader, ReasonJSON, ReasonAnswer, ReasonRedirect, ReasonTooLarge,
		ReasonCertificate, ReasonNotServing, ReasonLoss, ReasonSlow,
		ReasonSignIn, ReasonNoSecurity, ReasonQuery, ReasonUnsynchronised, ReasonOffset, ReasonRejected, ReasonThrottled, ReasonUndelivered, ReasonExpired, ReasonNotDelivered,
		ReasonLate, ReasonAltered, ReasonSpam, ReasonNoReceipt, ReasonNobodyAnswered, ReasonAnsweredLate, ReasonWrongAnswer,
		ReasonBlocked, ReasonUnsupported, ReasonVantage, ReasonInternal,
	}
}

// cannotTell reports whether the reason says nothing of the target.
func (r Reason) cannotTell() bool {
	switch r {
	case ReasonBlocked, ReasonUnsupported, ReasonVantage, ReasonInternal:
		return true
	}
	return false
}

// onTheWay reports whether a vantage that is cut off could be the cause.
// Whatever was found within an answer cannot be blamed on the vantage.
func (r Reason) onTheWay() bool {
	switch r {
	case ReasonTimeout, ReasonRefused, ReasonUnreachable, ReasonReset, ReasonDNSFailed, ReasonDNSNoName, ReasonLoss:
		return true
	}
	return false
}

// Classify finds the reason of an error of the network, of TLS or of the
// context. What it does not know is taken for a breach of protocol.
func Classify(err error) Reason {
	if r, ok := errors.AsType[*Fault](err); ok {
		return r.Reason
	}
	if netguard.IsRefused(err) {
		return ReasonBlocked
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return classifyDNS(dns)
	}
	if r := classifyCertificate(err); r != "" {
		return r
	}
	return classifyConn(err)
}

func classifyDNS(err *net.DNSError) Reason {
	switch {
	case err.IsNotFound:
		return ReasonDNSNoName
	case err.IsTimeout && errors.Is(err.UnwrapErr, context.DeadlineExceeded):
		return ReasonTimeout
	default:
		return ReasonDNSFailed
	}
}

func classifyCertificate(err error) Reason {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return ReasonTLSExpired
		}
		return ReasonTLSChain
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return ReasonTLSHostname
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return ReasonTLSChain
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ReasonTLSChain
	}
	return ""
}

func classifyConn(err error) Reason {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return ReasonTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return ReasonRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return ReasonUnreachable
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOBUFS):
		return ReasonInternal // out of descriptors: our own limit, not the target's fault
	case isTLS(err):
		return ReasonTLS
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return ReasonReset
	case strings.Contains(err.Error(), "server closed idle connection"): // net/http has no value for it
		return ReasonReset
	case isTooLarge(err):
		return ReasonTooLarge
	default:
		return ReasonProtocol
	}
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

func isTLS(err error) bool {
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	return strings.Contains(err.Error(), "tls: ") // most of its errors have no type
}

// isTooLarge reports whether net/http gave an answer up for its header's size,
// over HTTP/1.1 or HTTP/2: these errors have no type either.
func isTooLarge(err error) bool {
	text := err.Error()
	return strings.Contains(text, "server response headers exceeded") || strings.Contains(text, "response header list larger than advertised limit")
}

// Fault is an error whose reason is known where it arises.
type Fault struct {
	Reason Reason
	Err    error
}

func (f *Fault) Error() string { return f.Err.Error() }

func (f *Fault) Unwrap() error { return f.Err }
