package hap

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
)

const pathVerify = "/pair-verify"

// Verify opens a session by a pairing (section 5.7): each side proves its
// long-term key, and all that follows is encrypted. Of a pairing that is not
// complete, the accessory's proof is not asked for: that is for taking it back.
func (a *Accessory) Verify(ctx context.Context, p Pairing) error {
	ours, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key for the session: %w", err)
	}
	public := ours.PublicKey().Bytes()
	m2, err := a.pairing(ctx, "pair-verify M2", pathVerify, 2, state(1), item{typePublicKey, public})
	if err != nil {
		return err
	}
	theirs, err := ecdh.X25519().NewPublicKey(m2[typePublicKey])
	if err != nil {
		return breach("pair-verify M2: the accessory's key is not valid")
	}
	shared, err := ours.ECDH(theirs)
	if err != nil {
		return breach("pair-verify M2: the accessory's key is not valid")
	}
	key, err := derive(shared, "Pair-Verify-Encrypt-Salt", "Pair-Verify-Encrypt-Info")
	if err != nil {
		return err
	}
	inner, err := openTLV(key, "PV-Msg02", m2[typeEncrypted])
	if err != nil {
		return err
	}
	if err := p.recognize(inner, theirs.Bytes(), public); err != nil {
		return err
	}
	signature := ed25519.Sign(p.Key, join(public, []byte(p.ID), theirs.Bytes()))
	sealed, err := seal(key, "PV-Msg03", encodeTLV(item{typeIdentifier, []byte(p.ID)}, item{typeSignature, signature}))
	if err != nil {
		return err
	}
	if _, err := a.pairing(ctx, "pair-verify M4", pathVerify, 4, state(3), item{typeEncrypted, sealed}); err != nil {
		return err
	}
	return a.encrypt(shared)
}

// recognize sees that it is the accessory that we were paired with.
func (p Pairing) recognize(inner tlv, theirs, ours []byte) error {
	if !p.Complete() {
		return nil
	}
	id := inner[typeIdentifier]
	if string(id) != p.AccessoryID {
		return &Impostor{what: "it has another identifier"}
	}
	if !ed25519.Verify(p.AccessoryKey, join(theirs, id, ours), inner[typeSignature]) {
		return &Impostor{what: "its signature is wrong"}
	}
	return nil
}
