package redischeck

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/outcry/outcry/internal/probe"
)

// Bounds of an answer, in bytes.
const (
	maxLine = 4 << 10
	maxBulk = 1 << 20
)

// serverError is an answer that begins with "-".
type serverError string

func (e serverError) Error() string { return "the server says: " + probe.Printable(string(e)) }

// errNil is an answer for a key that is not there.
var errNil = errors.New("there is no such key")

// command writes a command as an array of bulk strings (RESP2).
func command(args ...string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

// answer reads one answer that is no array.
func answer(r *bufio.Reader) (string, error) {
	text, err := line(r)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", malformed("an empty line")
	}
	switch rest := text[1:]; text[0] {
	case '+', ':':
		return rest, nil
	case '-':
		return "", serverError(rest)
	case '$':
		return bulk(r, rest)
	}
	return "", malformed("an answer that begins with %q", text[0])
}

func bulk(r *bufio.Reader, length string) (string, error) {
	n, err := strconv.Atoi(length)
	switch {
	case err != nil || n < -1:
		return "", malformed("a length of %.20q", length)
	case n == -1:
		return "", errNil
	case n > maxBulk:
		return "", &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("an answer of %d bytes", n)}
	}
	b := make([]byte, n+2)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	if string(b[n:]) != "\r\n" {
		return "", malformed("an answer that is longer than it says")
	}
	return string(b[:n]), nil
}

// line reads up to a line feed, bounded.
func line(r *bufio.Reader) (string, error) {
	b, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("a line of over %d bytes", maxLine)}
	}
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	text, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok {
		return "", malformed("a line that does not end with CRLF")
	}
	return text, nil
}

func malformed(format string, args ...any) error {
	return &probe.Fault{Reason: probe.ReasonProtocol, Err: fmt.Errorf("not the protocol of Redis: "+format, args...)}
}
