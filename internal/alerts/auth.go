package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// Token is a sender that is known.
type Token struct {
	Name   string
	Secret string
}

// keyring checks credentials. The secrets are kept: signatures need them.
type keyring struct {
	tokens []Token
	sums   [][sha256.Size]byte
}

func newKeyring(tokens []Token) keyring {
	k := keyring{}
	for _, t := range tokens {
		if t.Secret != "" {
			k.tokens, k.sums = append(k.tokens, t), append(k.sums, sha256.Sum256([]byte(t.Secret)))
		}
	}
	return k
}

// signatureAge is how old a signature may be, and how far ahead a sender's
// clock.
const signatureAge = 5 * time.Minute

// authenticate names the sender: by a bearer token, a password, a query
// parameter, a header or field of the integration's own, or a signature over
// the body (https://www.standardwebhooks.com).
func (k *keyring) authenticate(r *Request, in Integration, now time.Time) (string, error) {
	given := credential(r)
	if own, ok := in.(Credentialer); ok && given == "" {
		given = own.Credential(r)
	}
	if given != "" {
		if name := k.holder(given); name != "" {
			return name, nil
		}
		return "", outcry.Errorf(outcry.CodeUnauthorized, "the token is not known, or is none of the role alert")
	}
	if sig := r.Header.Get("Webhook-Signature"); sig != "" {
		return k.signer(r, sig, now)
	}
	return "", outcry.Errorf(outcry.CodeUnauthorized, "a token of the role alert is required: Authorization: Bearer …, or ?token=…")
}

// credential finds a secret in the places where senders put one.
func credential(r *Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	value = strings.TrimSpace(value)
	switch strings.ToLower(scheme) {
	case "bearer", "token", "geniekey":
		return value
	case "basic":
		_, password, _ := (&http.Request{Header: r.Header}).BasicAuth()
		return password
	}
	return r.Query.Get("token")
}

// holder compares with every token, each in constant time.
func (k *keyring) holder(secret string) (name string) {
	sum := sha256.Sum256([]byte(secret))
	for i := range k.sums {
		if subtle.ConstantTimeCompare(k.sums[i][:], sum[:]) == 1 {
			name = k.tokens[i].Name
		}
	}
	return name
}

// signer finds the token whose secret has signed the request.
func (k *keyring) signer(r *Request, signatures string, now time.Time) (string, error) {
	refused := outcry.Errorf(outcry.CodeUnauthorized, "the signature is not of a known token over this body, or is older than %s", signatureAge)
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > signatureAge {
		return "", refused
	}
	name := ""
	for i := range k.tokens {
		mac := hmac.New(sha256.New, keyOf(k.tokens[i].Secret))
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(r.Body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for have := range strings.FieldsSeq(signatures) {
			if hmac.Equal([]byte(have), []byte(want)) {
				name = k.tokens[i].Name
			}
		}
	}
	if name == "" {
		return "", refused
	}
	return name, nil
}

// keyOf is the key of a secret: "whsec_" and base64, or the text as it is.
func keyOf(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return key
		}
	}
	return []byte(secret)
}
