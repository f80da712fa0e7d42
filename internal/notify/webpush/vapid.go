package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry"
)

// Keys are the pair by which push services know this site (RFC 8292). They are
// safe for concurrent use, and print as nothing.
type Keys struct {
	private *ecdsa.PrivateKey
	public  string // base64url of the uncompressed point

	mu     sync.Mutex
	tokens map[string]token // by audience
}

type token struct {
	text  string
	until time.Time
}

var b64 = base64.RawURLEncoding

// NewKey makes a private key in the form that ParseKeys reads.
func NewKey() (string, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make a key for web push: %w", err)
	}
	raw, err := k.Bytes()
	if err != nil {
		return "", fmt.Errorf("write a key for web push: %w", err)
	}
	return b64.EncodeToString(raw), nil
}

// ParseKeys reads a private key on P-256: 32 bytes in base64url, as most tools
// for web push print it, or PEM (SEC 1 or PKCS 8).
func ParseKeys(text string) (*Keys, error) {
	k, err := parseKey(strings.TrimSpace(text))
	if err != nil || k.Curve != elliptic.P256() {
		return nil, outcry.FieldErrorf("key", "must be a private key on P-256: 32 bytes in base64url, or PEM") // without its text
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		return nil, outcry.FieldErrorf("key", "has no public point on P-256")
	}
	return &Keys{private: k, public: b64.EncodeToString(point), tokens: make(map[string]token)}, nil
}

func parseKey(text string) (*ecdsa.PrivateKey, error) {
	p, _ := pem.Decode([]byte(text))
	if p == nil {
		raw, err := b64.DecodeString(strings.TrimRight(text, "="))
		if err != nil {
			return nil, err
		}
		return ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	}
	if k, err := x509.ParseECPrivateKey(p.Bytes); err == nil {
		return k, nil
	}
	any, err := x509.ParsePKCS8PrivateKey(p.Bytes)
	if err != nil {
		return nil, err
	}
	if k, ok := any.(*ecdsa.PrivateKey); ok {
		return k, nil
	}
	return nil, fmt.Errorf("a %T is no key on P-256", any)
}

// Public is the key that browsers subscribe with, in base64url.
func (k *Keys) Public() string { return k.public }

// String hides the private key.
func (k *Keys) String() string { return "[keys]" }

// GoString hides the private key from %#v.
func (k *Keys) GoString() string { return k.String() }

// tokenLife is how long a token is good for; a day is the most (RFC 8292,
// section 2). It is used for half of that, so that clocks may differ.
const tokenLife = 12 * time.Hour

// mostTokens bounds the memory of tokens; there is one per push service.
const mostTokens = 256

// authorization is the header that says to a push service who sends.
func (k *Keys) authorization(endpoint *url.URL, contact string, now time.Time) (string, error) {
	audience := endpoint.Scheme + "://" + endpoint.Host
	k.mu.Lock()
	defer k.mu.Unlock()
	t, ok := k.tokens[audience]
	if !ok || now.After(t.until) {
		text, err := k.sign(audience, contact, now.Add(tokenLife))
		if err != nil {
			return "", err
		}
		if len(k.tokens) >= mostTokens {
			clear(k.tokens)
		}
		t = token{text, now.Add(tokenLife / 2)}
		k.tokens[audience] = t
	}
	return "vapid t=" + t.text + ", k=" + k.public, nil
}

// sign makes a token: a JWT under ES256 (RFC 7515, RFC 7518).
func (k *Keys) sign(audience, contact string, until time.Time) (string, error) {
	claims := struct {
		Audience string `json:"aud"`
		Expiry   int64  `json:"exp"`
		Contact  string `json:"sub,omitempty"`
	}{audience, until.Unix(), contact}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("write a token for %s: %w", audience, err)
	}
	text := b64.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b64.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign a token for %s: %w", audience, err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64.EncodeToString(sig), nil
}

// topic names what a message is about, so that a newer one replaces one that
// the browser has not fetched (RFC 8030, section 5.4). Keyed, since a push
// service that could try names would learn which service somebody asks about.
func (k *Keys) topic(of string) string {
	m := hmac.New(sha256.New, k.private.D.Bytes()) //nolint:staticcheck // as a secret only, not for arithmetic
	m.Write([]byte("topic " + of))
	return b64.EncodeToString(m.Sum(nil))[:32]
}
