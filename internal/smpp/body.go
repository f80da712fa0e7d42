package smpp

import (
	"bytes"
	"encoding/binary"
)

// reader takes the fields of a body one after the other. After the first
// mistake it gives zero values; err tells.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = malformed("%s is cut short or too long", what)
	}
	r.b = nil
}

func (r *reader) byte(what string) byte {
	if len(r.b) < 1 {
		r.fail(what)
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) take(n int, what string) []byte {
	if len(r.b) < n {
		r.fail(what)
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

// cstring reads a C-octet string of at most size bytes, its NUL included (3.1).
func (r *reader) cstring(size int, what string) string {
	end := bytes.IndexByte(r.b[:min(len(r.b), size)], 0)
	if end < 0 {
		r.fail(what)
		return ""
	}
	s := string(r.b[:end])
	r.b = r.b[end+1:]
	return s
}

// cstring writes a C-octet string of at most size bytes, its NUL included.
// What does not fit is an error of the caller, not cut.
func cstring(b []byte, s string, size int, what string) ([]byte, error) {
	if len(s) >= size || bytes.IndexByte([]byte(s), 0) >= 0 {
		return nil, malformed("%s has at most %d bytes and no NUL", what, size-1)
	}
	return append(append(b, s...), 0), nil
}

// Tag names an optional parameter (5.3.2).
type Tag uint16

// The tags of use here.
const (
	TagReceiptedMessageID Tag = 0x001E
	TagMessageState       Tag = 0x0427
	TagMessagePayload     Tag = 0x0424
	TagNetworkErrorCode   Tag = 0x0423
)

// params reads the optional parameters to the body's end (3.2.4). Of a tag that
// comes twice the last one counts.
func (r *reader) params() map[Tag][]byte {
	var all map[Tag][]byte
	for len(r.b) > 0 && r.err == nil {
		head := r.take(4, "an optional parameter")
		if head == nil {
			return nil
		}
		value := r.take(int(binary.BigEndian.Uint16(head[2:])), "an optional parameter's value")
		if all == nil {
			all = make(map[Tag][]byte)
		}
		all[Tag(binary.BigEndian.Uint16(head))] = value
	}
	return all
}

func appendParam(b []byte, tag Tag, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(tag))
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}
