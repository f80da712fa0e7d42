package probe

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/outcry/outcry"
)

// TLSOptions are what every check that speaks TLS can be told about it.
type TLSOptions struct {
	ServerName string `yaml:"server_name"` // sent and verified instead of the host
	SkipVerify bool   `yaml:"skip_verify"` // take any certificate, also an expired one
	Min        string `yaml:"min"`         // lowest version taken: "1.0" to "1.3"; default 1.2
	DaysLeft   int    `yaml:"days_left"`   // the leaf must be valid for at least so many days
	CA         string `yaml:"ca"`          // file of the roots to trust instead of the system's
	Cert       string `yaml:"cert"`        // files of our own certificate and key
	Key        string `yaml:"key"`
}

const (
	maxPEM = 1 << 20 // bytes of a file of certificates
	day    = 24 * time.Hour
)

// Config makes the client's settings for a host. Its error is of CodeInvalid.
func (o TLSOptions) Config(env Env, host string) (*tls.Config, error) {
	cfg := &tls.Config{
		ServerName:         o.ServerName,
		InsecureSkipVerify: o.SkipVerify, //nolint:gosec // the operator's own choice, for a check only
		MinVersion:         tls.VersionTLS12,
		RootCAs:            env.Roots,
		Time:               env.Time,
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	if err := o.version(cfg); err != nil {
		return nil, err
	}
	if err := o.roots(cfg); err != nil {
		return nil, err
	}
	if o.DaysLeft < 0 {
		return nil, outcry.FieldErrorf("tls.days_left", "%d is negative", o.DaysLeft)
	}
	return cfg, o.ownCertificate(cfg)
}

func (o TLSOptions) version(cfg *tls.Config) error {
	switch o.Min {
	case "", "1.2":
	case "1.0":
		cfg.MinVersion = tls.VersionTLS10
	case "1.1":
		cfg.MinVersion = tls.VersionTLS11
	case "1.3":
		cfg.MinVersion = tls.VersionTLS13
	default:
		return outcry.FieldErrorf("tls.min", "%q is none of 1.0, 1.1, 1.2, 1.3", o.Min)
	}
	return nil
}

func (o TLSOptions) roots(cfg *tls.Config) error {
	if o.CA == "" {
		return nil
	}
	pem, err := readBounded(o.CA)
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "tls.ca: read %s", o.CA)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return outcry.FieldErrorf("tls.ca", "%s holds no certificate in PEM form", o.CA)
	}
	return nil
}

func (o TLSOptions) ownCertificate(cfg *tls.Config) error {
	if o.Cert == "" && o.Key == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "tls.cert: load %s with its key %s", o.Cert, o.Key)
	}
	cfg.Certificates = []tls.Certificate{pair}
	return nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was for
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err == nil && len(b) > maxPEM {
		err = fmt.Errorf("over %d bytes", maxPEM)
	}
	return b, err
}

// Verify checks a connection, made with the settings of Config, for what a
// handshake does not: how long the certificate has left. Its error is a [*Fault].
func (o TLSOptions) Verify(state *tls.ConnectionState, now time.Time) error {
	if o.DaysLeft == 0 {
		return nil
	}
	if state == nil || len(state.PeerCertificates) == 0 {
		return &Fault{Reason: ReasonCertificate, Err: fmt.Errorf("no certificate was shown")}
	}
	left := state.PeerCertificates[0].NotAfter.Sub(now)
	if left < time.Duration(o.DaysLeft)*day {
		return &Fault{Reason: ReasonCertificate, Err: fmt.Errorf("the certificate has %d days left, at least %d are wanted", left/day, o.DaysLeft)}
	}
	return nil
}
