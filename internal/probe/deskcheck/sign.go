package deskcheck

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// leastSecret is the least length of a key, in bytes.
const leastSecret = 16

// keyOf gives the key of a secret, as the specification writes it ("whsec_" and
// base64), or any other text, as it is. Errors do not quote it.
func keyOf(secret string) ([]byte, error) {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("secret: it starts with whsec_ and is not base64 after that")
		}
	}
	if len(key) < leastSecret {
		return nil, errors.New("secret: at least 16 bytes are needed to sign")
	}
	return key, nil
}

// sign adds the headers of the Standard Webhooks specification, 1.0.
func sign(h http.Header, key []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
