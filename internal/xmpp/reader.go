package xmpp

import (
	"bufio"
	"errors"
	"io"
)

// MaxRead is how many bytes a client reads from its server, in all.
const MaxRead = 1 << 20

// ErrTooLarge is the error of a server that sends more.
var ErrTooLarge = errors.New("the server sent more than a check reads")

// source reads a connection with a budget, byte by byte as an XML decoder
// asks, so that nothing is lost between the streams of one connection.
type source struct {
	in   *bufio.Reader
	left *int
}

func newSource(r io.Reader, left *int) *source { return &source{in: bufio.NewReader(r), left: left} }

// ReadByte implements [io.ByteReader].
func (s *source) ReadByte() (byte, error) {
	if *s.left <= 0 {
		return 0, ErrTooLarge
	}
	*s.left--
	return s.in.ReadByte()
}

// Read implements [io.Reader]; a decoder that finds ReadByte does not call it.
func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// errText is the error of a server that does not speak XML.
var errText = errors.New("the server sends text instead of XML elements")

// between passes over the blanks between elements. What is not the beginning
// of one is an error at once: an XML decoder would wait for the text's end.
func (s *source) between() error {
	for {
		b, err := s.ReadByte()
		switch {
		case err != nil:
			return err
		case b == ' ', b == '\t', b == '\r', b == '\n':
			continue
		case b != '<':
			return errText
		}
		*s.left++
		return s.in.UnreadByte() //nolint:wrapcheck // it cannot fail after a read
	}
}
