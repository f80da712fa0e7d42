package hap

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// Bounds of a message.
const (
	maxHeader  = 16 << 10 // bytes of all lines before the body
	maxBody    = 4 << 20  // the attribute database of a bridge with 150 accessories has some 500 KB
	maxHeaders = 100
)

// TooLarge is the error of a message beyond the bounds.
type TooLarge struct{ what string }

func (t *TooLarge) Error() string { return t.what }

// message is an answer, or an event, which has the form of an answer and may
// come between them: section 6.8.
type message struct {
	event  bool
	status int
	body   []byte
}

// readMessage reads the next message from a stream.
func readMessage(r *bufio.Reader) (message, error) {
	var m message
	left := maxHeader
	line, err := readLine(r, &left)
	if err != nil {
		return m, err
	}
	protocol, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	m.event = protocol == "EVENT/1.0"
	m.status, err = strconv.Atoi(code)
	if err != nil || m.status < 100 || m.status > 999 || (protocol != "HTTP/1.1" && !m.event) {
		return m, breach("what came is not HTTP: %.40q", line)
	}
	length, chunked, err := readHeader(r, &left)
	if err != nil {
		return m, err
	}
	switch {
	case m.status == 204 || m.status/100 == 1:
		return m, nil
	case chunked:
		return m, m.readChunks(r)
	case length > maxBody:
		return m, &TooLarge{what: fmt.Sprintf("a body of %d bytes", length)}
	case length > 0:
		m.body = make([]byte, length)
		if _, err := io.ReadFull(r, m.body); err != nil {
			return m, fmt.Errorf("read the body: %w", err)
		}
	}
	return m, nil
}

func (m *message) readChunks(r *bufio.Reader) error {
	body, err := io.ReadAll(io.LimitReader(httputil.NewChunkedReader(r), maxBody+1))
	switch {
	case err != nil && (strings.Contains(err.Error(), "chunk") || strings.Contains(err.Error(), "CRLF")):
		return breach("the body's chunks cannot be read")
	case err != nil:
		return fmt.Errorf("read the body: %w", err)
	case len(body) > maxBody:
		return &TooLarge{what: fmt.Sprintf("a body of more than %d bytes", maxBody)}
	}
	m.body = body
	left := maxHeader // trailers, and the empty line that the chunked reader leaves
	_, _, err = readHeader(r, &left)
	return err
}

// readHeader reads the fields up to the empty line.
func readHeader(r *bufio.Reader, left *int) (length int64, chunked bool, err error) {
	for range maxHeaders {
		line, err := readLine(r, left)
		if err != nil {
			return 0, false, err
		}
		if line == "" {
			return length, chunked, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return 0, false, breach("a header without a colon: %.40q", line)
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil || length < 0 {
				return 0, false, breach("a Content-Length of %.40q", value)
			}
		case "transfer-encoding":
			if !strings.EqualFold(value, "chunked") {
				return 0, false, breach("a Transfer-Encoding of %.40q", value)
			}
			chunked = true
		}
	}
	return 0, false, &TooLarge{what: fmt.Sprintf("over %d headers", maxHeaders)}
}

// readLine reads a line without its end, within what is left of the header.
func readLine(r *bufio.Reader, left *int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if *left -= len(part); *left < 0 {
			return "", &TooLarge{what: fmt.Sprintf("a header of more than %d bytes", maxHeader)}
		}
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err //nolint:wrapcheck // the caller says what it was doing
		}
	}
}
