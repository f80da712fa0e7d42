package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/outcry/outcry"
)

// token is an operator's credential; the secret itself is not kept.
type token struct {
	name string
	sum  [sha256.Size]byte
}

func newTokens(operators map[string]string) []token {
	var out []token
	for name, secret := range operators {
		if secret != "" {
			out = append(out, token{name, sha256.Sum256([]byte(secret))})
		}
	}
	return out
}

// authenticate names the operator of a request: empty without a credential, an
// error with one that is not known. Every token is compared, each in constant
// time.
func (s *Server) authenticate(r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", nil
	}
	scheme, secret, _ := strings.Cut(header, " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	name := ""
	for _, t := range s.tokens {
		if subtle.ConstantTimeCompare(t.sum[:], sum[:]) == 1 {
			name = t.name
		}
	}
	if name == "" || !strings.EqualFold(scheme, "Bearer") {
		return "", outcry.Errorf(outcry.CodeUnauthorized, "this token is not known")
	}
	return name, nil
}

// operator lets only operators through, and hands their name on.
func (s *Server) operator(next func(http.ResponseWriter, *http.Request, string) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := s.authenticate(r)
		if err != nil {
			return err
		}
		if name == "" {
			return outcry.Errorf(outcry.CodeUnauthorized, "an operator's token is required: Authorization: Bearer …")
		}
		return next(w, r, name)
	}
}
