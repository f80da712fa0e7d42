package hap

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
)

// Of pair-setup, section 5.6.
const (
	setupUser  = "Pair-Setup"
	pathSetup  = "/pair-setup"
	secretSize = 32 // bytes of SRP's a
)

// SetupCode brings a code into the form 123-45-678; ok tells whether it is one.
func SetupCode(text string) (code string, ok bool) {
	digits := strings.ReplaceAll(strings.TrimSpace(text), "-", "")
	if !regexp.MustCompile(`^[0-9]{8}$`).MatchString(digits) {
		return "", false
	}
	return digits[:3] + "-" + digits[3:5] + "-" + digits[5:], true
}

// Pair makes the accessory know the controller, by its setup code, and gives
// the completed pairing. Whatever fails after M5 was sent may have left the
// pairing at the accessory; see [Accessory.Unpair].
func (a *Accessory) Pair(ctx context.Context, code string, p Pairing) (Pairing, error) {
	m2, err := a.pairing(ctx, "pair-setup M2", pathSetup, 2, state(1), item{typeMethod, []byte{0}})
	if err != nil {
		return p, err
	}
	var secret [secretSize]byte
	rand.Read(secret[:]) //nolint:errcheck // crypto/rand.Read never fails
	s := newSRP(homeKit(), setupUser, code, secret[:])
	if err := s.challenge(m2[typeSalt], m2[typePublicKey]); err != nil {
		return p, breach("pair-setup M2: %s", err)
	}
	m4, err := a.pairing(ctx, "pair-setup M4", pathSetup, 4, state(3), item{typePublicKey, s.public}, item{typeProof, s.proof})
	if err != nil {
		return p, err
	}
	if !s.proves(m4[typeProof]) {
		return p, &Impostor{what: "it does not know the setup code either"}
	}
	return a.exchangeKeys(ctx, s.key, p)
}

// exchangeKeys is M5 and M6: each side tells the other its long-term key.
func (a *Accessory) exchangeKeys(ctx context.Context, session []byte, p Pairing) (Pairing, error) {
	key, err := derive(session, "Pair-Setup-Encrypt-Salt", "Pair-Setup-Encrypt-Info")
	if err != nil {
		return p, err
	}
	ours, err := derive(session, "Pair-Setup-Controller-Sign-Salt", "Pair-Setup-Controller-Sign-Info")
	if err != nil {
		return p, err
	}
	public, _ := p.Key.Public().(ed25519.PublicKey)
	signature := ed25519.Sign(p.Key, join(ours, []byte(p.ID), public))
	sealed, err := seal(key, "PS-Msg05", encodeTLV(
		item{typeIdentifier, []byte(p.ID)}, item{typePublicKey, public}, item{typeSignature, signature}))
	if err != nil {
		return p, err
	}
	a.told = true
	m6, err := a.pairing(ctx, "pair-setup M6", pathSetup, 6, state(5), item{typeEncrypted, sealed})
	if err != nil {
		return p, err
	}
	theirs, err := derive(session, "Pair-Setup-Accessory-Sign-Salt", "Pair-Setup-Accessory-Sign-Info")
	if err != nil {
		return p, err
	}
	inner, err := openTLV(key, "PS-Msg06", m6[typeEncrypted])
	if err != nil {
		return p, err
	}
	id, accessory := inner[typeIdentifier], inner[typePublicKey]
	if len(accessory) != ed25519.PublicKeySize || !ed25519.Verify(accessory, join(theirs, id, accessory), inner[typeSignature]) {
		return p, breach("pair-setup M6: the accessory's signature is wrong")
	}
	p.AccessoryID, p.AccessoryKey = string(id), accessory
	return p, nil
}

func openTLV(key []byte, name string, sealed []byte) (tlv, error) {
	plain, err := unseal(key, name, sealed)
	if err != nil {
		return nil, err
	}
	t, err := parseTLV(plain)
	if err != nil {
		return nil, breach("%s: %s", name, err)
	}
	return t, nil
}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

const typeTLV = "application/pairing+tlv8"

// pairing posts one message and reads the next, of the wanted state.
func (a *Accessory) pairing(ctx context.Context, doing, path string, wanted byte, items ...item) (tlv, error) {
	res, err := a.do(ctx, doing, "POST", path, typeTLV, encodeTLV(items...))
	if err != nil {
		return nil, err
	}
	t, err := parseTLV(res.body)
	if err != nil {
		return nil, breach("%s: %s", doing, err)
	}
	if code := t[typeError]; len(code) == 1 {
		return nil, &Refusal{Doing: doing, Code: code[0]}
	}
	if res.status != 200 {
		return nil, &HTTPError{Doing: doing, Code: res.status}
	}
	if got := t[typeState]; len(got) != 1 || got[0] != wanted {
		return nil, breach("%s: the state is %v", doing, got)
	}
	return t, nil
}

// Unpair takes a pairing back, over a session that it has opened. The last
// one that an accessory has makes it free to be paired again.
func (a *Accessory) Unpair(ctx context.Context, p Pairing) error {
	const methodRemove = 4
	_, err := a.pairing(ctx, "remove the pairing", "/pairings", 2,
		state(1), item{typeMethod, []byte{methodRemove}}, item{typeIdentifier, []byte(p.ID)})
	if err != nil {
		return fmt.Errorf("take the pairing back: %w", err)
	}
	return nil
}
