package xmpp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// certified gives what a server and its client need.
func certified(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"example.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key, Leaf: cert}}}, &tls.Config{RootCAs: pool, ServerName: "example.com"}
}

// realm is a server of the test's own reading of RFC 5802, section 5, for one
// sign-in, and of what RFC 5929 and RFC 9266 say that it is bound to.
type realm struct {
	offers []string // mechanisms
	kinds  []string // of channel binding, that it says it takes
	cert   *x509.Certificate
	heard  string // how the sign-in began: its header
}

func (s *realm) bound(kind string, state tls.ConnectionState) []byte {
	switch kind {
	case "tls-exporter":
		b, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
		if err != nil {
			return nil
		}
		return b
	case "tls-unique":
		return state.TLSUnique
	case "tls-server-end-point":
		sum := sha256.Sum256(s.cert.Raw)
		return sum[:]
	}
	return nil
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// serve is the server's side of the stream.
func (s *realm) serve(c *tls.Conn) error {
	in := xml.NewDecoder(c)
	features := "<stream:features><mechanisms xmlns='" + nsSASL + "'><mechanism>" + strings.Join(s.offers, "</mechanism><mechanism>") + "</mechanism></mechanisms>"
	if len(s.kinds) > 0 {
		features += "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='" + strings.Join(s.kinds, "'/><channel-binding type='") + "'/></sasl-channel-binding>"
	}
	if _, err := next(in, "stream"); err != nil {
		return err
	}
	fmt.Fprint(c, hello, features, "</stream:features>")
	auth, err := next(in, "auth")
	if err != nil {
		return err
	}
	header, bare := auth[:strings.Index(auth, "n=")], auth[strings.Index(auth, "n="):]
	s.heard = header
	plus := strings.Contains(strings.Join(s.offers, " "), "-PLUS")
	if plus && header == "y,," {
		fmt.Fprint(c, "<failure xmlns='"+nsSASL+"'><malformed-request/></failure>")
		return nil
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(header, "p="), ",")
	challenge := strings.SplitAfter(bare, ",r=")[1]
	challenge = "r=" + challenge + "more,s=" + base64.StdEncoding.EncodeToString([]byte("salt")) + ",i=1"
	fmt.Fprint(c, "<challenge xmlns='"+nsSASL+"'>"+base64.StdEncoding.EncodeToString([]byte(challenge))+"</challenge>")
	final, err := next(in, "response")
	if err != nil {
		return err
	}
	unproven, proof, _ := strings.Cut(final, ",p=")
	got, _, _ := strings.Cut(strings.TrimPrefix(unproven, "c="), ",")
	want := base64.StdEncoding.EncodeToString(append([]byte(header), s.bound(kind, c.ConnectionState())...))
	salted, err := pbkdf2.Key(sha256.New, "pencil", []byte("salt"), 1, 32)
	if err != nil {
		return err
	}
	message := bare + "," + challenge + "," + unproven
	stored := sha256.Sum256(mac(salted, "Client Key"))
	signature, key := mac(stored[:], message), make([]byte, 32)
	if given, err := base64.StdEncoding.DecodeString(proof); err == nil && len(given) == len(key) {
		for i := range key {
			key[i] = given[i] ^ signature[i]
		}
	}
	if again := sha256.Sum256(key); got != want || !bytes.Equal(again[:], stored[:]) {
		fmt.Fprint(c, "<failure xmlns='"+nsSASL+"'><not-authorized/></failure>")
		return nil
	}
	verdict := "v=" + base64.StdEncoding.EncodeToString(mac(mac(salted, "Server Key"), message))
	fmt.Fprint(c, "<success xmlns='"+nsSASL+"'>"+base64.StdEncoding.EncodeToString([]byte(verdict))+"</success>")
	if _, err := next(in, "stream"); err != nil {
		return err
	}
	fmt.Fprint(c, hello, "<stream:features/>")
	_, err = io.Copy(io.Discard, c)
	return err
}

// next reads the text of the next element, out of base64.
func next(in *xml.Decoder, name string) (string, error) {
	for {
		token, err := in.RawToken()
		if err != nil {
			return "", err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			if name == "stream" {
				return "", nil
			}
			text, err := in.RawToken()
			if err != nil {
				return "", err
			}
			data, _ := text.(xml.CharData)
			b, err := base64.StdEncoding.DecodeString(string(data))
			return string(b), err
		}
	}
}

// meets has a client sign in at the server, perhaps through somebody in between
// who changes what the one says to the other.
func (s *realm) meets(t *testing.T, version uint16, between func(fromServer bool, text string) string) (mechanism string, err error) {
	t.Helper()
	server, client := certified(t)
	s.cert, client.MaxVersion = server.Certificates[0].Leaf, version
	here, there := wire(t)
	var all sync.WaitGroup
	var near, far net.Conn
	if between != nil {
		near, far = wire(t)
	}
	all.Go(func() {
		c := tls.Server(there, server)
		defer c.Close()
		if between == nil {
			s.serve(c)
			return
		}
		all.Go(func() {
			inner := tls.Server(far, server)
			defer inner.Close()
			s.serve(inner)
		})
		behind := tls.Client(near, client.Clone())
		all.Go(func() { pass(behind, c, func(text string) string { return between(false, text) }) })
		pass(c, behind, func(text string) string { return between(true, text) })
	})
	conn := tls.Client(here, client)
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := NewClient(conn, "example.com")
	defer all.Wait()
	defer c.Close()
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	return c.SignIn("user", "pencil")
}

// wire is a connection, as both of its ends have it.
func wire(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if here, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if there, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return here, there
}

func pass(to, from net.Conn, change func(string) string) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if _, err := io.WriteString(to, change(string(b[:n]))); err != nil {
			return
		}
	}
}

func TestSignInsAreBoundToTLS(t *testing.T) {
	plain, both := []string{"SCRAM-SHA-256"}, []string{"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}
	for _, c := range []struct {
		says      string
		version   uint16
		offers    []string
		kinds     []string
		mechanism string
		heard     string
	}{
		{"TLS 1.3 has keying material of its own", tls.VersionTLS13, both, []string{"tls-server-end-point", "tls-exporter"}, "SCRAM-SHA-256-PLUS", "p=tls-exporter,,"},
		{"before that the first message is what is unique", tls.VersionTLS12, both, nil, "SCRAM-SHA-256-PLUS", "p=tls-unique,,"},
		{"a proxy that ends TLS has the server know the certificate alone", tls.VersionTLS13, both, []string{"tls-server-end-point"}, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,"},
		{"a server within TLS 1.3 that does not say how it binds is of a time before that", tls.VersionTLS13, both, nil, "SCRAM-SHA-256", "n,,"},
		{"we have none of those that the server takes", tls.VersionTLS13, both, []string{"tls-unique", "tls-new"}, "SCRAM-SHA-256", "n,,"},
		{"the server cannot bind, and hears that we could", tls.VersionTLS13, plain, nil, "SCRAM-SHA-256", "y,,"},
	} {
		s := &realm{offers: c.offers, kinds: c.kinds}
		mechanism, err := s.meets(t, c.version, nil)
		if err != nil || mechanism != c.mechanism || s.heard != c.heard {
			t.Errorf("%s: signed in by %s, which began with %q: %v", c.says, mechanism, s.heard, err)
		}
	}
}

// Whoever is in between, with a certificate that the client trusts, is found.
func TestSomebodyInBetweenIsNoticed(t *testing.T) {
	strip := func(fromServer bool, text string) string {
		if fromServer {
			return strings.ReplaceAll(text, "<mechanism>SCRAM-SHA-256-PLUS</mechanism>", "")
		}
		return text
	}
	for _, c := range []struct {
		says     string
		between  func(fromServer bool, text string) string
		stripped bool
	}{
		{"passes everything on", func(_ bool, text string) string { return text }, false},
		{"takes the mechanisms away that bind", strip, true},
		{"and says in our name that we cannot bind", func(fromServer bool, text string) string {
			if _, said, ok := strings.Cut(text, "mechanism='SCRAM-SHA-256'>"); ok && !fromServer {
				said, _, _ = strings.Cut(said, "<")
				first, err := base64.StdEncoding.DecodeString(said)
				if err != nil {
					return text
				}
				changed := strings.Replace(string(first), "y,,", "n,,", 1)
				return strings.Replace(text, said, base64.StdEncoding.EncodeToString([]byte(changed)), 1)
			}
			return strip(fromServer, text)
		}, false},
	} {
		s := &realm{offers: []string{"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}, kinds: []string{"tls-exporter"}}
		_, err := s.meets(t, tls.VersionTLS13, c.between)
		if _, refused := errors.AsType[*SASLError](err); !refused || errors.Is(err, ErrStripped) != c.stripped {
			t.Errorf("one who %s: %v", c.says, err)
		}
	}
}

// Without TLS there is nothing to be bound to, and nothing is said of it.
func TestNothingIsBoundWithoutTLS(t *testing.T) {
	c := Client{}
	if b := c.binding(); b.kind != "" || c.gs2("SCRAM-SHA-1", b) != "n,," {
		t.Errorf("bound by %q", b.kind)
	}
}

// The hash is that of the certificate's signature (RFC 5929, section 4.1).
func TestCertificatesOfOtherHashes(t *testing.T) {
	for algorithm, size := range map[x509.SignatureAlgorithm]int{
		x509.SHA1WithRSA: 32, x509.ECDSAWithSHA256: 32, x509.ECDSAWithSHA384: 48, x509.SHA512WithRSAPSS: 64, x509.PureEd25519: 0,
	} {
		if got := endPoint(&x509.Certificate{SignatureAlgorithm: algorithm, Raw: []byte("x")}); len(got) != size {
			t.Errorf("%s: %d bytes, wanted %d", algorithm, len(got), size)
		}
	}
}
