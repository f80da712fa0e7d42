package webhook

import (
	"time"
)

// Sign is the signature under a secret, for the tests' vectors.
func Sign(secret, id string, at time.Time, body []byte) string {
	key, err := keyOf(secret)
	if err != nil {
		return err.Error()
	}
	return sign(key, id, at, body)
}
