package hap

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
)

// Pairing is what lets a controller into an accessory. Its private key opens
// the home: keep it like a password.
type Pairing struct {
	ID           string             `json:"id"`  // of this controller
	Key          ed25519.PrivateKey `json:"key"` // its long-term key
	AccessoryID  string             `json:"accessory_id,omitempty"`
	AccessoryKey ed25519.PublicKey  `json:"accessory_key,omitempty"`
}

// NewPairing makes a controller's identity, not yet known to any accessory.
func NewPairing() (Pairing, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Pairing{}, fmt.Errorf("make the controller's key: %w", err)
	}
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return Pairing{ID: fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), Key: key}, nil
}

// Complete tells whether the accessory has taken it.
func (p Pairing) Complete() bool {
	return p.AccessoryID != "" && len(p.AccessoryKey) == ed25519.PublicKeySize
}

// Usable tells whether the controller's part is there.
func (p Pairing) Usable() bool { return p.ID != "" && len(p.Key) == ed25519.PrivateKeySize }

// String tells whose it is, without the key.
func (p Pairing) String() string { return fmt.Sprintf("pairing of %s with %q", p.ID, p.AccessoryID) }

// GoString hides the key from %#v.
func (p Pairing) GoString() string { return p.String() }
