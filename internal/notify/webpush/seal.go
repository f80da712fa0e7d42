package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/outcry/outcry"
)

const (
	recordSize = 4096 // that every push service takes (RFC 8291, section 4)
	saltBytes  = 16
	authBytes  = 16
	tagBytes   = 16
	pointBytes = 65
	// block is what a text is padded to, so that its length tells neither its
	// language nor its service.
	block = 1024
)

// maxText is the longest text that fits into the one record of a message.
const maxText = recordSize - (saltBytes + 4 + 1 + pointBytes) - tagBytes - 1

// seal encrypts a text for one subscriber (RFC 8291, section 3).
func seal(to *outcry.Subscriber, text []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for one message: %w", err)
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails, by its documentation
	padded := min((len(text)/block+1)*block, maxText+1)
	return sealWith(to, text, own, salt, padded)
}

// sealWith encrypts with a key and a salt that serve for this message only;
// padded is the length of the text with its delimiter and padding.
func sealWith(to *outcry.Subscriber, text []byte, own *ecdh.PrivateKey, salt []byte, padded int) ([]byte, error) {
	theirs, err := ecdh.P256().NewPublicKey(to.Key)
	if err != nil {
		return nil, fmt.Errorf("read the subscriber's key: %w", err)
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return nil, fmt.Errorf("agree on a key with the subscriber: %w", err)
	}
	mine := own.PublicKey().Bytes()
	ikm, err := hkdf.Key(sha256.New, shared, to.Auth, "WebPush: info\x00"+string(to.Key)+string(mine), 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a message: %w", err)
	}
	return encode(ikm, salt, mine, text, padded)
}

// encode makes the one record of a body in aes128gcm (RFC 8188, section 2).
func encode(ikm, salt, keyID, text []byte, padded int) ([]byte, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("a message of %d bytes does not fit into one record: at most %d", len(text), maxText)
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, fmt.Errorf("derive the content's key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, fmt.Errorf("derive the content's nonce: %w", err)
	}
	cb, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	gcm, err := cipher.NewGCM(cb)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	plain := make([]byte, max(padded, len(text)+1))
	copy(plain, text)
	plain[len(text)] = 2 // the delimiter of the last record
	out := append([]byte{}, salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(append(out, byte(len(keyID))), keyID...) //nolint:gosec // at most 65
	return gcm.Seal(out, nonce, plain, nil), nil
}
