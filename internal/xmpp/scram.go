package xmpp

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // SCRAM-SHA-1 is what many servers have; RFC 5802
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxIterations bounds the work that a server can ask of us: about a second.
const maxIterations = 2_000_000

// scram is a client's side of one exchange of RFC 5802, with the hash of RFC 7677
// or of RFC 5802 itself.
type scram struct {
	hash       func() hash.Hash
	user, pass string
	nonce      string
	gs2        string // what is said of channel binding
	bound      []byte // what the exchange is bound to
	first      string // client-first-message-bare
	signature  []byte // of the server, as it must be
}

func newScram(mechanism, user, pass, nonce string) *scram {
	s := &scram{hash: sha256.New, user: user, pass: prepare(pass), nonce: nonce, gs2: "n,,"}
	if strings.TrimSuffix(mechanism, plus) == "SCRAM-SHA-1" {
		s.hash = sha1.New
	}
	s.first = "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(prepare(user)) + ",r=" + nonce
	return s
}

// prepare normalises as SASLprep does (RFC 4013): NFKC, and one sort of blank.
// What it forbids is left to the server to refuse.
func prepare(s string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case r == 0x00a0, r == 0x1680, r >= 0x2000 && r <= 0x200b, r == 0x202f, r == 0x205f, r == 0x3000:
			return ' '
		case r == 0x00ad, r == 0x034f, r == 0x200c, r == 0x200d, r == 0x2060, r == 0xfeff:
			return -1
		}
		return r
	}, s))
}

// begin is the client's first message.
func (s *scram) begin() string { return s.gs2 + s.first }

// answer gives the client's final message for the server's first one.
func (s *scram) answer(challenge string) (string, error) {
	fields := attributesOf(challenge)
	nonce, salt := fields["r"], fields["s"]
	iterations, err := strconv.Atoi(fields["i"])
	switch {
	case err != nil || iterations < 1 || iterations > maxIterations:
		return "", fmt.Errorf("a SCRAM challenge with %.20q iterations", fields["i"])
	case !strings.HasPrefix(nonce, s.nonce) || len(nonce) == len(s.nonce):
		return "", errors.New("a SCRAM challenge that does not extend our nonce")
	case fields["m"] != "":
		return "", errors.New("a SCRAM challenge with an extension that we do not know")
	}
	salted, err := base64.StdEncoding.DecodeString(salt)
	if err != nil {
		return "", fmt.Errorf("a SCRAM challenge whose salt is not base64: %w", err)
	}
	return s.proof(challenge, nonce, salted, iterations)
}

func (s *scram) proof(challenge, nonce string, salt []byte, iterations int) (string, error) {
	salted, err := pbkdf2.Key(s.hash, s.pass, salt, iterations, s.hash().Size())
	if err != nil {
		return "", fmt.Errorf("derive the SCRAM key: %w", err)
	}
	final := "c=" + base64.StdEncoding.EncodeToString(append([]byte(s.gs2), s.bound...)) + ",r=" + nonce
	message := s.first + "," + challenge + "," + final
	clientKey := s.mac(salted, "Client Key")
	stored := s.hash()
	stored.Write(clientKey)
	proof := s.mac(stored.Sum(nil), message)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	s.signature = s.mac(s.mac(salted, "Server Key"), message)
	return final + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

func (s *scram) mac(key []byte, text string) []byte {
	m := hmac.New(s.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// verify sees that the server, too, knows the password.
func (s *scram) verify(final string) error {
	fields := attributesOf(final)
	if e := fields["e"]; e != "" {
		return &SASLError{Condition: "not-authorized", Text: e}
	}
	got, err := base64.StdEncoding.DecodeString(fields["v"])
	if err != nil || s.signature == nil || !bytes.Equal(got, s.signature) {
		return errors.New("the server's SCRAM signature is wrong: it does not know the password either")
	}
	return nil
}

// suspect sees whether a server that refuses us does so because it has heard
// that it does not seem to know of channel binding.
func (s *scram) suspect(err error) error {
	refusal, ok := errors.AsType[*SASLError](err)
	if !ok || s.gs2 != "y,," {
		return err
	}
	if refusal.Condition == "malformed-request" || strings.Contains(refusal.Text, "server-does-support-channel-binding") {
		return fmt.Errorf("%w: %w", ErrStripped, err)
	}
	return err
}

// attributesOf reads a SCRAM message: letters with values, the first of a
// letter counting.
func attributesOf(message string) map[string]string {
	fields := make(map[string]string)
	for part := range strings.SplitSeq(message, ",") {
		name, value, ok := strings.Cut(part, "=")
		if _, twice := fields[name]; ok && !twice {
			fields[name] = value
		}
	}
	return fields
}
