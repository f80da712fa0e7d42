package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

const (
	secretPrefix = "whsec_"
	leastSecret  = 16 // bytes
)

// keyOf gives the key of a secret: "whsec_" and base64, as the specification
// writes it, or any other text of 16 bytes and more, taken as it is.
func keyOf(secret string) ([]byte, error) {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			// The cause would quote a part of the secret's place; it is left out.
			return nil, outcry.FieldErrorf("secret", "starts with whsec_ and is not base64 after that")
		}
	}
	if len(key) < leastSecret {
		return nil, outcry.FieldErrorf("secret", "has %d bytes; at least %d are needed to sign", len(key), leastSecret)
	}
	return key, nil
}

// sign gives the value of the webhook-signature header.
func sign(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
