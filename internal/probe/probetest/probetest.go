// Package probetest has what the tests of the protocols' packages share: a
// certificate authority, servers that misbehave at a chosen point, and the
// wording of an expectation. It is for tests only.
package probetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// Authority signs certificates for tests.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	Pool *x509.CertPool
}

// NewAuthority makes an authority.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := &Authority{key: key, Pool: x509.NewCertPool()}
	a.cert = sign(t, template, template, key, key)
	a.Pool.AddCert(a.cert)
	return a
}

// Config is a server's, with a certificate for the names and addresses that is
// valid for so long from now; a negative time makes one that has expired.
func (a *Authority) Config(t testing.TB, valid time.Duration, names ...string) *tls.Config {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(valid),
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	leaf := sign(t, template, a.cert, key, a.key)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}}
}

// Client is what a client needs to speak with a server at 127.0.0.1, and the
// protocols that it offers.
func (a *Authority) Client(protocols ...string) *tls.Config {
	return &tls.Config{RootCAs: a.Pool, ServerName: "127.0.0.1", NextProtos: protocols}
}

// PEM is its certificate.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Files writes the authority's certificate and a server's for the names, with
// its key, into a folder, for a server that is another program. All can read
// them.
func (a *Authority) Files(t testing.TB, dir string, names ...string) (ca, cert, key string) {
	t.Helper()
	pair := a.Config(t, 24*time.Hour, names...).Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("ca.pem", "CERTIFICATE", a.cert.Raw), write("cert.pem", "CERTIFICATE", pair.Certificate[0]), write("key.pem", "PRIVATE KEY", der)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// Serve accepts connections on loopback and hands each to the function, which
// need not close it. It gives HOST:PORT.
func Serve(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ServeOn(t, l, serve)
}

// ServeOn is Serve on a listener.
func ServeOn(t testing.TB, l net.Listener, serve func(net.Conn)) string {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() {
				serve(c)
				c.Close() //nolint:errcheck // its client tells
			})
		}
	})
	t.Cleanup(func() {
		l.Close() //nolint:errcheck // ends the loop
		mu.Lock()
		for _, c := range open {
			c.Close() //nolint:errcheck // those that stall
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

// Stall reads, and never answers.
func Stall(c net.Conn) {
	_, _ = io.Copy(io.Discard, c) //nolint:errcheck // until it is closed
}

// Garbage answers whatever comes first with what no protocol knows.
func Garbage(c net.Conn) {
	read(c)
	_, _ = c.Write([]byte("\x00\xff\x17\x03\x99 this is no protocol \r\n\r\n\x00\x01\x02\x03")) //nolint:errcheck // the client tells
}

// Close hangs up at once.
func Close(net.Conn) {}

// CloseAfterRequest hangs up when something was sent.
func CloseAfterRequest(c net.Conn) { read(c) }

// Say gives a server that says something after the first thing that it is told.
func Say(text string) func(net.Conn) {
	return func(c net.Conn) {
		read(c)
		_, _ = io.WriteString(c, text) //nolint:errcheck // the client tells
	}
}

// Flood gives a server that says something and then never stops sending.
func Flood(text string) func(net.Conn) {
	return func(c net.Conn) {
		Say(text)(c)
		chunk := make([]byte, 64<<10)
		for i := range chunk {
			chunk[i] = 'x'
		}
		for {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	}
}

func read(c net.Conn) { _, _ = c.Read(make([]byte, 64<<10)) } //nolint:errcheck // nothing read is fine, too

// ClosedPort is an address where nobody listens.
func ClosedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // that is what it is for
	return l.Addr().String()
}

// Patience is how long an attempt of a test may take: little where waiting for
// its end is what is expected, and much where a loaded machine must not make a
// difference.
func Patience(expected probe.Reason) time.Duration {
	switch expected {
	case probe.ReasonTimeout, probe.ReasonBody:
		return 400 * time.Millisecond
	}
	return 10 * time.Second
}

// Attempt runs a prober once, and sees that it returns by its deadline.
func Attempt(t testing.TB, p probe.Prober, err error) probe.Result {
	t.Helper()
	return Within(t, p, err, 10*time.Second)
}

// Within is Attempt with a deadline.
func Within(t testing.TB, p probe.Prober, err error, timeout time.Duration) probe.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r := probe.Attempt(context.Background(), p, timeout)
	if r.Latency > timeout+2*time.Second {
		t.Errorf("it took %s, with %s allowed", r.Latency, timeout)
	}
	return r
}

// Want compares a result with the reason that it should have; "" is up.
func Want(t testing.TB, says string, r probe.Result, reason probe.Reason) {
	t.Helper()
	outcome := outcry.Bad
	switch reason {
	case "":
		outcome = outcry.Good
	case probe.ReasonBlocked, probe.ReasonUnsupported, probe.ReasonVantage, probe.ReasonInternal:
		outcome = outcry.Unknown
	}
	if r.Outcome != outcome || r.Reason != reason {
		t.Errorf("%s: %s; wanted reason %q", says, r.Summary(), reason)
	}
}

// Steps are the names of a result's steps.
func Steps(r probe.Result) string {
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}
