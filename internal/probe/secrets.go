package probe

import (
	"fmt"
	"net/http"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
)

// SecretHeaders reads the values of headers that do not stand in the
// configuration itself. The header is never nil; its error is of CodeInvalid.
// Where only a configuration is verified, a value that cannot be read is empty:
// secrets may be elsewhere.
func (e Env) SecretHeaders(from map[string]config.Secret) (http.Header, error) {
	h := make(http.Header, len(from))
	for name, secret := range from {
		value, err := secret.Value()
		if err != nil && e.Guard != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "secret_headers: read the value of %s", name)
		}
		h.Set(name, value)
	}
	return h, nil
}

// VerifySecret reads a secret when a check is made, so that a process refuses
// to start without it. Where nothing is dialled, because only a configuration
// is verified, secrets may be elsewhere. Its error is of CodeInvalid.
func (e Env) VerifySecret(option string, s config.Secret) error {
	if e.Guard == nil {
		return nil
	}
	if _, err := s.Value(); err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "%s", option)
	}
	return nil
}

// ReadSecret reads a secret for one attempt: one that was rotated is taken up.
// That it cannot be read is our own fault, and says nothing of the target.
func ReadSecret(option string, s config.Secret) (string, error) {
	value, err := s.Value()
	if err != nil {
		return "", &Fault{Reason: ReasonInternal, Err: fmt.Errorf("%s: %w", option, err)}
	}
	return value, nil
}
