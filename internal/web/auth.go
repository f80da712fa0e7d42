package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/outcry/outcry"
)

// token is an operator's or a reader's credential; the secret itself is not
// kept.
type token struct {
	name   string
	sum    [sha256.Size]byte
	reader bool // it opens what may be seen, and commands nothing
	only   bool // nor anything else: it has no other role
}

func newTokens(operators map[string]string, readers []Reader) []token {
	var out []token
	for name, secret := range operators {
		if secret != "" {
			out = append(out, token{name: name, sum: sha256.Sum256([]byte(secret))})
		}
	}
	for _, r := range readers {
		if r.Secret != "" {
			out = append(out, token{name: r.Name, sum: sha256.Sum256([]byte(r.Secret)), reader: true, only: r.Only})
		}
	}
	return out
}

// holder finds who sends a bearer token; nil when nobody is known by it. Every
// token is compared, each in constant time; an operator's comes first.
func (s *Server) holder(r *http.Request) *token {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	var found *token
	for i := range s.tokens {
		if subtle.ConstantTimeCompare(s.tokens[i].sum[:], sum[:]) == 1 && found == nil {
			found = &s.tokens[i]
		}
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return found
}

// mayChange refuses whatever is no reading from a token that is for reading only,
// before the route looks at it: it would call the token unknown.
func (s *Server) mayChange(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Header.Get("Authorization") == "" {
		return nil
	}
	if t := s.holder(r); t != nil && t.only {
		return readsOnly(t)
	}
	return nil
}

func readsOnly(t *token) error {
	return outcry.Errorf(outcry.CodeForbidden, "the token %s has the role read: it may look, and change nothing", t.name)
}

// authenticate names the operator or reader of a request: empty without a
// credential, an error with one that is not known.
func (s *Server) authenticate(r *http.Request) (string, error) {
	if r.Header.Get("Authorization") == "" {
		return "", nil
	}
	t := s.holder(r)
	if t == nil {
		return "", outcry.Errorf(outcry.CodeUnauthorized, "this token is not known")
	}
	return t.name, nil
}

// operator lets only operators through, and hands their name on.
func (s *Server) operator(next func(http.ResponseWriter, *http.Request, string) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.authenticate(r); err != nil {
			return err
		}
		switch t := s.holder(r); {
		case t == nil:
			return outcry.Errorf(outcry.CodeUnauthorized, "an operator's token is required: Authorization: Bearer …")
		case t.reader:
			return readsOnly(t)
		default:
			return next(w, r, t.name)
		}
	}
}
