package probe

import (
	"net/http"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
)

// SecretHeaders reads the values of headers that do not stand in the
// configuration itself. The header is never nil; its error is of CodeInvalid.
func SecretHeaders(from map[string]config.Secret) (http.Header, error) {
	h := make(http.Header, len(from))
	for name, secret := range from {
		value, err := secret.Value()
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "secret_headers: read the value of %s", name)
		}
		h.Set(name, value)
	}
	return h, nil
}
