package listen

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
)

// Decode reads one JSON document whole: a byte-order mark is stepped over, and
// what follows the document is an error, as are none and null.
func Decode(body []byte, into any) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 || bytes.Equal(body, []byte("null")) {
		return errors.New("the document is empty")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not the JSON that was expected: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON document")
	}
	return nil
}

// Text is a JSON value that pages write as a text, a number or null.
type Text string

// UnmarshalJSON takes any of them.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*t = Text(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("%.40q is neither a text nor a number", b)
	}
	*t = Text(n)
	return nil
}

// UTF8 makes UTF-8 of UTF-16, by its byte-order mark; what has none stays as it is.
func UTF8(body []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case len(body) >= 2 && body[0] == 0xfe && body[1] == 0xff:
		order = binary.BigEndian
	case len(body) >= 2 && body[0] == 0xff && body[1] == 0xfe:
		order = binary.LittleEndian
	default:
		return body, nil
	}
	body = body[2:]
	if len(body)%2 != 0 {
		return nil, errors.New("the UTF-16 text is cut off within a character")
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	return []byte(string(utf16.Decode(units))), nil
}
