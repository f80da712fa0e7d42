// Package pushtest is the other side of web push, for tests: a browser's keys,
// and a push service that is as strict as the RFCs let it be. It shares no code
// with what it tests: keys are derived with HMAC as RFC 5869 writes it down, and
// tokens are read field by field.
package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Browser has one subscription's secrets.
type Browser struct {
	private *ecdh.PrivateKey
	Key     []byte // public, as it goes to the site
	Auth    []byte
}

// NewBrowser makes the secrets of a new subscription.
func NewBrowser() *Browser {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	return &Browser{private: k, Key: k.PublicKey().Bytes(), Auth: auth}
}

// BrowserOf has the given secrets.
func BrowserOf(private, auth []byte) (*Browser, error) {
	k, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		return nil, err
	}
	return &Browser{private: k, Key: k.PublicKey().Bytes(), Auth: auth}, nil
}

// Open decrypts a message (RFC 8291, section 3.4). A message is one record.
func (b *Browser) Open(body []byte) ([]byte, error) {
	h, err := readHeader(body)
	if err != nil {
		return nil, err
	}
	sender, err := ecdh.P256().NewPublicKey(h.keyID)
	if err != nil {
		return nil, fmt.Errorf("the sender's key: %w", err)
	}
	shared, err := b.private.ECDH(sender)
	if err != nil {
		return nil, err
	}
	if len(h.rest) > h.size {
		return nil, errors.New("a message of more than one record")
	}
	prk := mac(b.Auth, shared)
	ikm := mac(prk, []byte("WebPush: info\x00"), b.Key, h.keyID, []byte{1})
	return Decode(ikm, body)
}

type header struct {
	salt, keyID, rest []byte
	size              int
}

func readHeader(body []byte) (h header, err error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return h, errors.New("the header is cut")
	}
	h.salt, h.size = body[:16], int(binary.BigEndian.Uint32(body[16:20]))
	h.keyID, h.rest = body[21:21+int(body[20])], body[21+int(body[20]):]
	if h.size < 18 {
		return h, fmt.Errorf("a record size of %d", h.size)
	}
	return h, nil
}

// Decode undoes the coding aes128gcm (RFC 8188, section 2).
func Decode(ikm, body []byte) (text []byte, err error) {
	h, err := readHeader(body)
	if err != nil {
		return nil, err
	}
	prk := mac(h.salt, ikm)
	key := mac(prk, []byte("Content-Encoding: aes128gcm\x00\x01"))[:16]
	nonce := mac(prk, []byte("Content-Encoding: nonce\x00\x01"))[:12]
	c, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(c)
	if err != nil {
		return nil, err
	}
	for n := uint64(0); len(h.rest) > 0; n++ {
		record := h.rest[:min(h.size, len(h.rest))]
		h.rest = h.rest[len(record):]
		iv := append([]byte{}, nonce...)
		binary.BigEndian.PutUint64(iv[4:], binary.BigEndian.Uint64(iv[4:])^n)
		plain, err := gcm.Open(nil, iv, record, nil)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", n, err)
		}
		end := len(plain) - 1
		for end >= 0 && plain[end] == 0 {
			end--
		}
		last := byte(1)
		if len(h.rest) == 0 {
			last = 2
		}
		if end < 0 || plain[end] != last {
			return nil, fmt.Errorf("record %d has no delimiter %d", n, last)
		}
		text = append(text, plain[:end]...)
	}
	return text, nil
}

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}
