package hap

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// maxFrame is the longest text of a frame: section 6.5.2.
const maxFrame = 1024

// session is an encrypted stream over a connection: frames of a length (which
// is authenticated, too), the text and its tag.
type session struct {
	under    io.ReadWriter
	in, out  cipher.AEAD
	received uint64 // frames: their numbers are the nonces
	sent     uint64
	plain    []byte // read, and not yet taken
}

func newSession(under io.ReadWriter, read, write []byte) (*session, error) {
	in, err := chacha20poly1305.New(read)
	if err != nil {
		return nil, fmt.Errorf("begin the session: %w", err)
	}
	out, err := chacha20poly1305.New(write)
	if err != nil {
		return nil, fmt.Errorf("begin the session: %w", err)
	}
	return &session{under: under, in: in, out: out}, nil
}

func counter(n uint64) []byte {
	return binary.LittleEndian.AppendUint64(make([]byte, 4, chacha20poly1305.NonceSize), n)
}

// Write sends all of b in as many frames as it takes, in one write.
func (s *session) Write(b []byte) (int, error) {
	var frames []byte
	for rest := b; len(rest) > 0; {
		text := rest[:min(maxFrame, len(rest))]
		rest = rest[len(text):]
		length := binary.LittleEndian.AppendUint16(nil, uint16(len(text)))
		frames = s.out.Seal(append(frames, length...), counter(s.sent), text, length)
		s.sent++
	}
	if _, err := s.under.Write(frames); err != nil {
		return 0, err //nolint:wrapcheck // an io.Writer passes on
	}
	return len(b), nil
}

// Read gives the text of frames.
func (s *session) Read(b []byte) (int, error) {
	for len(s.plain) == 0 {
		if err := s.frame(); err != nil {
			return 0, err
		}
	}
	n := copy(b, s.plain)
	s.plain = s.plain[n:]
	return n, nil
}

func (s *session) frame() error {
	var length [2]byte
	if _, err := io.ReadFull(s.under, length[:]); err != nil {
		return err //nolint:wrapcheck // an io.Reader passes on
	}
	n := int(binary.LittleEndian.Uint16(length[:]))
	if n > maxFrame {
		return breach("a frame of %d bytes, at most %d are allowed", n, maxFrame)
	}
	sealed := make([]byte, n+s.in.Overhead())
	if _, err := io.ReadFull(s.under, sealed); err != nil {
		return err //nolint:wrapcheck // as above
	}
	plain, err := s.in.Open(sealed[:0], counter(s.received), sealed, length[:])
	if err != nil {
		return breach("a frame cannot be decrypted")
	}
	s.received++
	s.plain = plain
	return nil
}
