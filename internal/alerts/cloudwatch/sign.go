package cloudwatch

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SignatureVersion 1 of SNS is of it
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

const (
	messageAge = time.Hour // SNS tries again for about this long
	maxAnswer  = 64 << 10  // bytes of a certificate or confirmation
	maxCerts   = 32
	getTimeout = 10 * time.Second
)

var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$`)

// ofSNS holds an address that stands in a message to SNS's own hosts: a
// stranger's would give us a certificate of theirs.
func ofSNS(raw, field string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || !snsHost.MatchString(u.Host) || u.User != nil {
		return outcry.FieldErrorf(field, "is no https address of sns.REGION.amazonaws.com")
	}
	return nil
}

// verify checks a message's signature, as
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
// says. Its errors are of CodeForbidden where the signature is wrong.
func (c *integration) verify(ctx context.Context, e *envelope) error {
	at, err := time.Parse(time.RFC3339, e.Timestamp)
	if err != nil || c.now().Sub(at).Abs() > messageAge {
		return outcry.Errorf(outcry.CodeForbidden, "the message is older than %s, or is dated ahead", messageAge)
	}
	if err := ofSNS(e.SigningCertURL, "SigningCertURL"); err != nil {
		return err
	}
	if u, err := url.Parse(e.SigningCertURL); err != nil || !strings.HasSuffix(u.Path, ".pem") || u.RawQuery != "" {
		return outcry.FieldErrorf("SigningCertURL", "leads to no certificate")
	}
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil {
		return outcry.FieldErrorf("Signature", "is not base64")
	}
	text, err := e.signed()
	if err != nil {
		return err
	}
	key, err := c.key(ctx, e.SigningCertURL)
	if err != nil {
		return err
	}
	if err := check(key, e.SignatureVersion, text, signature); err != nil {
		return outcry.Wrap(outcry.CodeForbidden, err, "the message's signature is not of SNS over this message")
	}
	return nil
}

// signed is the text that is signed: names and values by name, each on a line.
func (e *envelope) signed() (string, error) {
	fields := []string{"Message", e.Message, "MessageId", e.MessageID}
	switch e.Type {
	case "Notification":
		if e.Subject != nil {
			fields = append(fields, "Subject", *e.Subject)
		}
		fields = append(fields, "Timestamp", e.Timestamp)
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		fields = append(fields, "SubscribeURL", e.SubscribeURL, "Timestamp", e.Timestamp, "Token", e.Token)
	default:
		return "", outcry.FieldErrorf("Type", "%.30q is none of SNS's", e.Type)
	}
	fields = append(fields, "TopicArn", e.TopicArn, "Type", e.Type)
	return strings.Join(fields, "\n") + "\n", nil
}

func check(key *rsa.PublicKey, version, text string, signature []byte) error {
	switch version {
	case "1":
		sum := sha1.Sum([]byte(text)) //nolint:gosec // as SNS does it
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	case "2":
		sum := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	default:
		return fmt.Errorf("signature version %.10q is not known", version)
	}
}

// certs remembers certificates by their addresses.
type certs struct {
	mu   sync.Mutex
	byID map[string]*x509.Certificate
}

// key gives the key of the certificate at an address.
func (c *integration) key(ctx context.Context, address string) (*rsa.PublicKey, error) {
	c.certs.mu.Lock()
	defer c.certs.mu.Unlock()
	cert := c.certs.byID[address]
	if cert == nil {
		var err error
		if cert, err = c.fetch(ctx, address); err != nil {
			return nil, err
		}
		if c.certs.byID == nil || len(c.certs.byID) >= maxCerts {
			c.certs.byID = make(map[string]*x509.Certificate)
		}
		c.certs.byID[address] = cert
	}
	if now := c.now(); now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return nil, outcry.Errorf(outcry.CodeForbidden, "the certificate that signs the message is out of its dates")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, outcry.Errorf(outcry.CodeForbidden, "the certificate that signs the message has no RSA key")
	}
	return key, nil
}

func (c *integration) fetch(ctx context.Context, address string) (*x509.Certificate, error) {
	body, err := c.get(ctx, address)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(body)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, outcry.Errorf(outcry.CodeUnavailable, "SNS gave no certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "read the certificate of SNS")
	}
	return cert, nil
}

// get fetches from SNS; the address has been checked.
func (c *integration) get(ctx context.Context, address string) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, getTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "ask SNS")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "ask SNS")
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return nil, outcry.Errorf(outcry.CodeUnavailable, "SNS answered with status %d", resp.StatusCode)
	}
	if body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "read the answer of SNS")
	}
	return body, nil
}
