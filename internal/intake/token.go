package intake

import (
	"crypto/sha256"
	"net"
	"net/http"
	"strings"

	"github.com/outcry/outcry"
)

// tokens finds a token by the hash of its secret: looking up tells nothing of a
// secret by how long it takes.
type tokens map[[sha256.Size]byte]Token

func newTokens(list []Token) tokens {
	t := make(tokens, len(list))
	for _, token := range list {
		sum := sha256.Sum256([]byte(token.Secret))
		token.Secret = ""
		t[sum] = token
	}
	return t
}

// maxKey bounds an Idempotency-Key, in bytes.
const maxKey = 255

// caller says who sends the request.
func (d *Door) caller(r *http.Request) (by Caller, err *outcry.Error) {
	if by.Key, err = idempotencyKey(r); err != nil {
		return by, err
	}
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		return d.tokens.caller(authorization, by)
	}
	address, direct := d.client(r)
	by.Address, by.Agent, by.Host = address, r.UserAgent(), hostOnly(r.Host)
	by.Exempt = direct && address.IsLoopback() // this machine's own scripts
	return by, nil
}

func (t tokens) caller(authorization string, by Caller) (Caller, *outcry.Error) {
	scheme, secret, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return by, outcry.Errorf(outcry.CodeUnauthorized, "the Authorization header is not of the form Bearer TOKEN")
	}
	token, ok := t[sha256.Sum256([]byte(strings.TrimSpace(secret)))]
	if !ok {
		return by, outcry.Errorf(outcry.CodeUnauthorized, "the token is not known")
	}
	if !token.Report {
		return by, outcry.Errorf(outcry.CodeForbidden, "the token %s may not report", token.Name)
	}
	by.Name, by.Trusted, by.Exempt = token.Name, true, true
	return by, nil
}

// hostOnly is what a Host header names, without the port.
func hostOnly(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func idempotencyKey(r *http.Request) (string, *outcry.Error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return "", outcry.FieldErrorf("Idempotency-Key", "has %d bytes, at most %d are allowed", len(key), maxKey)
	}
	return key, nil
}
