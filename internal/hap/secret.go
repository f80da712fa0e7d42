package hap

import (
	"crypto/hkdf"
	"crypto/sha512"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// derive makes a key of 32 bytes: HKDF-SHA-512 (RFC 5869).
func derive(secret []byte, salt, info string) ([]byte, error) {
	key, err := hkdf.Key(sha512.New, secret, []byte(salt), info, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}

// nonce is that of a message of pairing: its name, after four zero bytes.
func nonce(name string) []byte {
	return append(make([]byte, chacha20poly1305.NonceSize-len(name)), name...)
}

func seal(key []byte, name string, plain []byte) ([]byte, error) {
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt %s: %w", name, err)
	}
	return aead.Seal(nil, nonce(name), plain, nil), nil
}

func unseal(key []byte, name string, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, fmt.Errorf("decrypt %s: %w", name, err)
	}
	plain, err := aead.Open(nil, nonce(name), sealed, nil)
	if err != nil {
		return nil, breach("%s cannot be decrypted", name)
	}
	return plain, nil
}
