package apnscheck

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// tokenAge is how long a token is used. Apple takes them for an hour, and wants
// them made at most once in 20 minutes.
const tokenAge = 45 * time.Minute

// signer makes the tokens that say who we are (RFC 7519, RFC 7518 section 3.4).
type signer struct {
	key         config.Secret
	keyID, team string
	now         func() time.Time

	mu    sync.Mutex
	token string
	made  time.Time
}

// get gives the token that is in use, or a new one.
func (s *signer) get() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.made); s.token != "" && age >= 0 && age < tokenAge {
		return s.token, nil
	}
	text, err := probe.ReadSecret("key", s.key)
	if err != nil {
		return "", err
	}
	key, err := parseKey(text)
	if err != nil {
		return "", &probe.Fault{Reason: probe.ReasonInternal, Err: err}
	}
	if s.token, err = sign(key, s.keyID, s.team, now); err != nil {
		return "", &probe.Fault{Reason: probe.ReasonInternal, Err: err}
	}
	s.made = now
	return s.token, nil
}

// forget has the next attempt make a token.
func (s *signer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// parseKey reads the .p8 file that Apple gives out: PKCS #8 in PEM form.
func parseKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the signing key is not in PEM form: it is the .p8 file of the developer account")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the signing key cannot be read as PKCS #8") // its own error may show parts of it
	}
	key, ok := any.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the signing key is none of the curve P-256")
	}
	return key, nil
}

// sign makes a token: header, claims and signature, in base64url with dots.
func sign(key *ecdsa.PrivateKey, keyID, team string, now time.Time) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "ES256", "kid": keyID})
	if err != nil {
		return "", fmt.Errorf("write the token's header: %w", err)
	}
	claims, err := json.Marshal(map[string]any{"iss": team, "iat": now.Unix()})
	if err != nil {
		return "", fmt.Errorf("write the token's claims: %w", err)
	}
	b64 := base64.RawURLEncoding
	signed := b64.EncodeToString(header) + "." + b64.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign the token: %w", err)
	}
	const size = 32 // bytes of each number of P-256
	var sig [2 * size]byte
	r.FillBytes(sig[:size])
	s.FillBytes(sig[size:])
	return signed + "." + b64.EncodeToString(sig[:]), nil
}
